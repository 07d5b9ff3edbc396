import { afterAll, beforeAll, expect, test } from "vitest";
import { createAccount } from "../../server/auth/create-account.ts";
import { remember } from "../../server/config.ts";
import { db, disconnect } from "../../server/db/client.ts";
import { STAND_IN_HEADER } from "../../server/operation/stand-in.ts";
import { type Site, startSite, TEST_SECRET } from "../site.ts";
import { cookieOf } from "./visitors.ts";

interface Student {
  readonly userId: string;
  readonly name: string;
  readonly username: string;
  readonly cookie: string;
  /** What only they may read. */
  readonly own: readonly string[];
}

const LECTURE = "11-ebpf-1-machine";
const PATH = `/lectures/${LECTURE}`;

let site: Site;
let runId: string;
let [ada, bea, cy]: Student[] = [];

beforeAll(async () => {
  site = await startSite();
  remember({ databaseUrl: site.databaseUrl, secret: TEST_SECRET });
  ({ id: runId } = await db().courseRun.findFirstOrThrow());
  ada = await student("Ada Nordlund", "only-for-ada");
  bea = await student("Bea Østerby", "only-for-bea");
  cy = await student("Cy Twombly");
});

afterAll(async () => {
  await disconnect();
  await site.stop();
});

/** One of the run; with `feedback`, who has handed something in and been told that. */
async function student(name: string, feedback?: string): Promise<Student> {
  const username = name.split(" ").join("-").toLowerCase();
  const email = `${username}@example.edu`;
  const made = await createAccount(db(), { name, username, email });
  if (made.kind === "taken") throw new Error(`${username} is taken`);
  const { userId } = made;
  await db().enrolment.create({ data: { userId, runId, role: "student" } });
  const own = [userId, name, username];
  if (feedback !== undefined) own.push(feedback, await gradedAttempt(userId, feedback));
  return { userId, name, username, own, cookie: await cookieOf(userId) };
}

async function gradedAttempt(userId: string, feedback: string): Promise<string> {
  const exercise = await db().exercise.findFirstOrThrow({
    where: { runId, lectureSlug: LECTURE },
    select: { id: true, versions: { select: { id: true, manifest: true } } },
  });
  const [version] = exercise.versions;
  const { tests = [] } = (version?.manifest ?? {}) as { tests?: { id: string }[] };
  const outcome = { id: tests[0]?.id ?? "", kind: "failed", points: 0, max: 1, feedback };
  const { id } = await db().submission.create({
    data: {
      ...{ exerciseId: exercise.id, userId, clientKey: crypto.randomUUID(), attempt: 1 },
      ...{ source: "export {};", sourceHash: "0" },
      results: {
        create: {
          ...{ versionId: version?.id ?? "", status: "graded", ms: 1 },
          ...{ score: 0, max: 1, tests: [outcome] },
        },
      },
    },
  });
  return id;
}

async function read(
  { cookie }: Pick<Student, "cookie">,
  path = PATH,
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await fetch(site.url + path, { headers: { cookie, ...headers } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toContain("no-store");
  return answer.text();
}

/** What everybody's page has in common: without nonce, words and work of one's own. */
function common(page: string, { userId, name, username }: Student): string {
  const [, nonce = "none"] = /nonce="(\w+)"/.exec(page) ?? [];
  const initials = name
    .split(" ")
    .map(([letter]) => letter)
    .join("");
  return page
    .replaceAll(/(packed\\":\\")[^\\]*/g, "$1")
    .replaceAll("0; url=?whole", "")
    .replaceAll(nonce, "NONCE")
    .replaceAll(userId, "ID")
    .replaceAll(name, "NAME")
    .replaceAll(username, "USERNAME")
    .replaceAll(new RegExp(`(?<!\\p{L})${initials}(: your account|\\\\"|<)`, "gu"), "INITIALS$1");
}

/** What the page shows without a script, but for what leads away from it. */
function shown(page: string): string {
  return page
    .replaceAll(/nonce="\w+"/g, "")
    .replaceAll(/<script.*?<\/script>/gs, "")
    .replaceAll(/<noscript>.*?<\/noscript>/gs, "");
}

test("students get one page, each with a name and work of their own and nobody else's", async () => {
  const students = [ada, bea, cy].filter((one) => one !== undefined);
  const pages = await Promise.all(students.map((one) => read(one)));
  const words = students.flatMap(({ own }) => own);
  const found = pages.map((page) => words.filter((word) => page.includes(word)));
  expect(found).toEqual(students.map(({ own }) => own));
  const texts = students.map((one, place) => common(pages[place] ?? "", one));
  expect(new Set(texts).size).toBe(1);
});

test("the page of one's own is drawn for who has no scripts, and is the same where nothing is one's own", async () => {
  for (const one of [ada, cy]) {
    if (one === undefined) throw new Error("nobody");
    const [kept, whole] = [await read(one), await read(one, `${PATH}?whole`)];
    expect(kept.includes('content="0; url=?whole"')).toBe(one === ada);
    expect(shown(whole).includes("only-for-ada")).toBe(one === ada);
    expect(shown(whole) === shown(kept)).toBe(one === cy);
    expect(whole).not.toContain("<noscript>");
  }
});

test("nobody draws in another's name: the word of a header is not believed", async () => {
  for (const path of [PATH, `${PATH}?whole`]) {
    const page = await read(ada as Student, path, { [STAND_IN_HEADER]: "nobody".repeat(6) });
    const words = ["Ada Nordlund", "nobodynobody"];
    expect(words.map((word) => page.includes(word))).toEqual([true, false]);
  }
});

test("a session that has ended gets the page of nobody at once", async () => {
  const gone = await student("Dee Gone");
  expect(await read(gone)).toContain("Dee Gone");
  await db().session.deleteMany({ where: { userId: gone.userId } });
  const page = await read(gone);
  expect(page).toContain('href="/signin"');
  expect(gone.own.filter((word) => page.includes(word))).toEqual([]);
});
