import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { TINY_COURSE } from "../../tests/tiny-course.ts";
import { carryOut } from "../content/check.ts";
import { storedDocuments, storePublication, storeVersion } from "../content/store.ts";
import { courseFolder } from "../course/course-files.ts";
import { db } from "../db/index.ts";
import { closeSandboxes } from "../grading/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { seed } from "./seed.ts";

ownDatabase();
vi.setConfig({ testTimeout: 120_000 });

const LECTURE = "lectures/01-sums/lecture.mdx";
const SHEET = "lectures/01-sums/exercises/add-up/exercise.yaml";
const made = mkdtempSync(join(tmpdir(), "kernelbook-offer-"));
const folder = join(made, "course");

beforeAll(() => vi.stubEnv("COURSE_DIR", folder));
beforeEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of Object.entries(TINY_COURSE)) write(path, text);
  await db().courseRun.deleteMany();
  await db().course.deleteMany();
  await seed();
});
afterEach(() => vi.clearAllMocks());
afterAll(async () => {
  vi.unstubAllEnvs();
  closeSandboxes();
  await closeQueue();
  rmSync(made, { recursive: true });
});

test("an empty database takes the folder as it is, and its pages are read from a copy", async () => {
  expect(courseFolder()).not.toBe(folder);
  expect(shown(LECTURE)).toBe(TINY_COURSE[LECTURE]);
  write(LECTURE, mended("Numbers may be added."));
  expect(shown(LECTURE)).toBe(TINY_COURSE[LECTURE]);
  expect(await db().contentCheck.count()).toBe(0);
});

test("what the folder has changed is shown when it has passed the gate, and not before", async () => {
  write(LECTURE, mended("Numbers may be added."));
  await seed();
  expect(shown(LECTURE)).toBe(TINY_COURSE[LECTURE]);
  const { id } = await onlyCheck();
  // A second start while it waits asks for nothing.
  await seed();
  expect((await onlyCheck()).id).toBe(id);
  await carryOut(id);
  expect(await onlyCheck()).toMatchObject({ state: "passed", publishes: true, problems: [] });
  expect(shown(LECTURE)).toBe(mended("Numbers may be added."));
  // The folder goes on from there.
  write(LECTURE, mended("Numbers must be added."));
  await seed();
  expect(await db().contentCheck.count()).toBe(2);
});

test("what the gate refuses is not shown, nor tried again before the folder is another", async () => {
  write(SHEET, "title: [broken\n");
  await seed();
  await carryOut((await onlyCheck()).id);
  const { state, problems } = await onlyCheck();
  expect([state, problems[0]]).toEqual(["refused", expect.stringMatching(/exercise\.yaml:\d+: /)]);
  expect(shown(SHEET)).toBe(TINY_COURSE[SHEET]);
  await seed();
  expect(await db().contentCheck.count()).toBe(1);
  write(SHEET, `${TINY_COURSE[SHEET]}\n`);
  await seed();
  expect(await db().contentCheck.count()).toBe(2);
  expect(await db().contentVersion.count({ where: { document: { kind: "exercise" } } })).toBe(3);
});

test("what was refused is tried again once something else was published", async () => {
  write(SHEET, "title: [broken\n");
  await seed();
  await carryOut((await onlyCheck()).id);
  await seed();
  expect(await db().contentCheck.count()).toBe(1);
  await publishInSite("lectures/01-sums");
  await seed();
  expect(await db().contentCheck.count()).toBe(2);
  expect(await onlyCheck()).toMatchObject({ state: "waiting", publishes: true });
});

test("a folder that holds again what readers see takes what was refused out of the authors' way", async () => {
  const document = "lectures/01-sums/exercises/add-up";
  write(SHEET, "title: [broken\n");
  await seed();
  const before = await documentAt(document);
  expect([before?.isAhead, before?.head.number, before?.published?.number]).toEqual([true, 2, 1]);
  write(SHEET, TINY_COURSE[SHEET] ?? "");
  for (const _ of [1, 2]) {
    await seed();
    const after = await documentAt(document);
    expect([after?.isAhead, after?.head.number, after?.published?.number]).toEqual([false, 3, 3]);
    expect(after?.head.files).toEqual(before?.published?.files);
  }
  // The check of the other text comes too late, whatever it finds.
  await carryOut((await onlyCheck()).id);
  expect((await onlyCheck()).problems).toEqual([
    expect.stringMatching(/exercise\.yaml:1: version 2 is older than version 3/),
  ]);
  expect(shown(SHEET)).toBe(TINY_COURSE[SHEET]);
});

test.each([
  ["is not there", () => rmSync(folder, { recursive: true })],
  [
    "is empty",
    () => {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    },
  ],
  ["has lost an exercise", () => rmSync(dirname(join(folder, SHEET)), { recursive: true })],
])("a folder that %s takes nothing down", async (_, lose) => {
  const before = await db().contentPublication.count();
  lose();
  await seed();
  expect(await db().contentPublication.count()).toBe(before);
  expect([shown(LECTURE), shown(SHEET)]).toEqual([TINY_COURSE[LECTURE], TINY_COURSE[SHEET]]);
});

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function documentAt(path: string) {
  const { id } = await db().course.findFirstOrThrow();
  return (await storedDocuments(db(), id)).get(path);
}

/** The document as it is, as a newer version that an author has published. */
async function publishInSite(path: string): Promise<void> {
  const document = await documentAt(path);
  if (document === undefined) throw new Error(`there is no ${path}`);
  const { id: documentId, head } = document;
  const version = { documentId, files: head.files, origin: "site", message: "Mended" } as const;
  await storePublication(db(), documentId, (await storeVersion(db(), version)).id);
}

function mended(lead: string): string {
  return (TINY_COURSE[LECTURE] ?? "").replace("Numbers can be added.", lead);
}

function shown(path: string): string {
  return readFileSync(join(courseFolder(), path), "utf8");
}

function onlyCheck() {
  return db().contentCheck.findFirstOrThrow({ orderBy: { id: "desc" } });
}
