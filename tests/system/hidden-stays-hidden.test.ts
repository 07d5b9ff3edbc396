import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { parseSync } from "oxc-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SubmissionProgress } from "#notebook/document";
import { submitText } from "#server/queries";
import { remember } from "../../server/config.ts";
import { db, disconnect, transaction } from "../../server/db/client.ts";
import { closeQueue } from "../../server/operation/job-queue.ts";
import { type Site, startSite } from "../site.ts";

const root = join(import.meta.dirname, "../..");
const lectures = join(root, "content/lectures");

/** Long enough not to occur by chance: the text of a literal, a line of code. */
const LITERAL_CHARS_MIN = 16;
const LINE_CHARS_MIN = 40;
const PAGES_MAX = 300;

/** A text that occurs in a secret file and in nothing that students are shown. */
interface Canary {
  readonly file: string;
  readonly text: string;
}

const exercises = foldersOfExercises();
const shown = shownTexts();
const canaries = exercises.flatMap(canariesOf);
/** Mutants are copies of the solution: each text is searched for once. */
const searchedFor = [...new Map(canaries.map((canary) => [canary.text, canary])).values()];
let site: Site;

beforeAll(async () => {
  site = await startSite();
});

afterAll(() => site.stop());

test("every hidden test and every solution holds a text by which it would be found", () => {
  const watched = new Set(canaries.map(({ file }) => file));
  const secret = exercises.flatMap((folder) => [
    join(folder, "hidden.test.ts"),
    join(folder, "solution.ts"),
  ]);
  expect(secret.filter((file) => !watched.has(file)).map(named)).toEqual([]);
});

test("no asset and no source map holds one", () => {
  const assets = [".next-test/static", "public"].flatMap((folder) => filesIn(join(root, folder)));
  expect(assets.length).toBeGreaterThan(0);
  const leaks = assets.flatMap((asset) =>
    leaksIn(readFileSync(asset, "utf8")).map((leak) => `${named(asset)}: ${leak}`),
  );
  expect(leaks).toEqual([]);
});

test("no page that a visitor can reach holds one", async () => {
  const leaks: string[] = [];
  const seen = new Set(["/"]);
  for (const path of seen) {
    const response = await fetch(site.url + path, { redirect: "manual" });
    if (!/text|json|xml|javascript/.test(response.headers.get("content-type") ?? "")) continue;
    const text = await response.text();
    leaks.push(...leaksIn(text).map((leak) => `${path}: ${leak}`));
    for (const next of linksIn(text)) if (seen.size < PAGES_MAX) seen.add(next);
  }
  expect(leaks).toEqual([]);
});

describe("a student who hands in what is wrong", () => {
  let cookie: string;

  beforeAll(async () => {
    remember({ databaseUrl: site.databaseUrl });
    cookie = await enterAs("mira.kovac");
  });

  afterAll(async () => {
    await closeQueue();
    await disconnect();
  });

  test.each(exercises.map((folder) => ({ exercise: basename(folder), folder })))(
    "finds nothing of $exercise in any page, payload or event",
    async ({ exercise, folder }) => {
      const ids = await Promise.all(
        [readFileSync(join(folder, "starter.ts"), "utf8"), "export {}", "not TypeScript ("].map(
          (source) => handIn(exercise, source),
        ),
      );
      const followed: { id: string; events: string }[] = [];
      for (const id of ids)
        followed.push({ id, events: await answerTo(`/submissions/${id}/events`) });
      // The exercise's page shows the results of all of them.
      const said = followed.flatMap(({ events }) => spokenIn(events));
      const leaks: string[] = [];
      for (const { id, events } of followed) {
        const pages = [`/exercises/${exercise}`, `/submissions/${id}`];
        const payloads = pages.map((path) => answerTo(path, { rsc: "1" }));
        const answers = [
          events,
          ...(await Promise.all([...pages.map((p) => answerTo(p)), ...payloads])),
        ];
        for (const text of answers) leaks.push(...leaksIn(text, said));
        expect(events).toContain('"kind":"graded"');
        expect(answers[1]).toContain("submission.ts");
      }
      expect(leaks).toEqual([]);
    },
  );

  async function answerTo(path: string, headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(site.url + path, { headers: { cookie, ...headers } });
    expect(response.status, path).toBe(200);
    return response.text();
  }

  async function handIn(exercise: string, source: string): Promise<string> {
    const user = await db().user.findUniqueOrThrow({
      where: { username: "mira.kovac" },
      select: { id: true, name: true, enrolments: { select: { runId: true, role: true } } },
    });
    const { id: userId, name, enrolments: roles } = user;
    const viewer = { userId, name, username: "mira.kovac", isAdmin: false, roles, courses: [] };
    const clientKey = crypto.randomUUID();
    const answer = await transaction((tx) =>
      submitText(tx, viewer, { exercise, source, clientKey, at: Date.now() }),
    );
    if (answer.kind === "denied") throw new Error(answer.because);
    return answer.receipt.id;
  }
});

/** Signs in by the form of the page, and answers the session's cookie. */
async function enterAs(username: string): Promise<string> {
  const text = await (await fetch(`${site.url}/signin`)).text();
  const form = text.split("<form").find((part) => part.includes(`value="${username}"`)) ?? "";
  const body = new FormData();
  for (const [, name = ""] of form.matchAll(/type="hidden" name="([^"]+)"/g)) body.set(name, "");
  body.set("username", username);
  const headers = { origin: site.url };
  const answer = await fetch(`${site.url}/signin`, {
    method: "POST",
    body,
    headers,
    redirect: "manual",
  });
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
}

/** What the judge tells a student on purpose: it is in the hidden tests as well. */
function spokenIn(events: string): string[] {
  const last =
    events
      .trim()
      .split("\n")
      .findLast((line) => line.startsWith("data: ")) ?? "";
  const progress: SubmissionProgress = JSON.parse(last.replace("data: ", ""));
  const tests = progress.kind === "graded" ? progress.result.tests : [];
  return tests.flatMap(({ feedback }) => feedback ?? []);
}

function foldersOfExercises(): string[] {
  return readdirSync(lectures).flatMap((lecture) => {
    const folder = join(lectures, lecture, "exercises");
    return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  });
}

function canariesOf(folder: string): Canary[] {
  const secret = filesIn(folder).filter((file) => isSecret(relative(folder, file)));
  return secret.flatMap((file) =>
    [...literalsIn(file), ...linesIn(file)]
      .filter((text) => !shown.includes(text))
      .map((text) => ({ file, text })),
  );
}

/** All that students are shown of the course: a lecture stands on one page with all its exercises. */
function shownTexts(): string {
  const files = exercises.flatMap((folder) => [
    ...filesIn(folder).filter((file) => !isSecret(relative(folder, file))),
    ...textsOfLecture(folder),
  ]);
  return [...new Set(files)].map((file) => plain(readFileSync(file, "utf8"))).join("\n");
}

function isSecret(path: string): boolean {
  return /^(hidden\.test|solution)\.ts$|^mutants\//.test(path);
}

function textsOfLecture(folder: string): string[] {
  const lecture = join(folder, "../..");
  return readdirSync(lecture, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(lecture, entry.name));
}

/** Each line of each string and template in a file: what survives a minifier. */
function literalsIn(file: string): string[] {
  const found: string[] = [];
  const { program } = parseSync(file, readFileSync(file, "utf8"));
  JSON.stringify(program, (_key, node) => {
    if (node?.type === "Literal" && typeof node.value === "string") found.push(node.value);
    if (node?.type === "TemplateElement") found.push(node.value.cooked ?? node.value.raw);
    return typeof node === "bigint" ? String(node) : node;
  });
  return found
    .flatMap((text) => text.split("\n"))
    .map(plain)
    .filter((text) => text.length >= LITERAL_CHARS_MIN);
}

/** What a page that shows the file, or sends it along, would hold. */
function linesIn(file: string): string[] {
  const lines = readFileSync(file, "utf8").split("\n").map(plain);
  return lines.filter((text) => text.length >= LINE_CHARS_MIN);
}

function leaksIn(text: string, allowed: readonly string[] = []): string[] {
  const searched = allowed.reduce((rest, said) => rest.replaceAll(plain(said), ""), plain(text));
  return searchedFor
    .filter((canary) => searched.includes(canary.text))
    .map((canary) => `"${canary.text}" of ${named(canary.file)}`);
}

/** Without the ways in which HTML, JSON and source write the same text differently. */
function plain(text: string): string {
  return (
    text
      .replaceAll("&quot;", '"')
      .replaceAll("&#x27;", "'")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&")
      .replaceAll("\\u003c", "<")
      .replaceAll("\\u003e", ">")
      .replaceAll("\\u0026", "&")
      // A text within a text within a script has them more than once.
      .replaceAll(/\\+n/g, " ")
      .replaceAll(/\\+(["'`])/g, "$1")
      .replaceAll(/\s+/g, " ")
      .trim()
  );
}

function linksIn(text: string): string[] {
  return [...text.matchAll(/(?:href|src|action)="(\/[^"#]*)"/g)].map(([, path = ""]) =>
    path.replaceAll("&amp;", "&"),
  );
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function named(file: string): string {
  return relative(root, file);
}
