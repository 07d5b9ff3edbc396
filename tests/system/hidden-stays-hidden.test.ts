import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseSync } from "oxc-parser";
import { afterAll, beforeAll, expect, test } from "vitest";
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
const canaries = exercises.flatMap(canariesOf);
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

function foldersOfExercises(): string[] {
  return readdirSync(lectures).flatMap((lecture) => {
    const folder = join(lectures, lecture, "exercises");
    return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  });
}

function canariesOf(folder: string): Canary[] {
  const secret = filesIn(folder).filter((file) => isSecret(relative(folder, file)));
  const shown = [
    ...filesIn(folder).filter((file) => !secret.includes(file)),
    ...textsOfLecture(folder),
  ]
    .map((file) => plain(readFileSync(file, "utf8")))
    .join("\n");
  return secret.flatMap((file) =>
    [...literalsIn(file), ...linesIn(file)]
      .filter((text) => !shown.includes(text))
      .map((text) => ({ file, text })),
  );
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

function leaksIn(text: string): string[] {
  const searched = plain(text);
  return canaries
    .filter((canary) => searched.includes(canary.text))
    .map((canary) => `"${canary.text}" of ${named(canary.file)}`);
}

/** Without the ways in which HTML, JSON and source write the same text differently. */
function plain(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll("\\n", " ")
    .replaceAll(/\\(["'`])/g, "$1")
    .replaceAll(/\s+/g, " ")
    .trim();
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
