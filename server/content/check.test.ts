import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { waitsForLock } from "../../tests/lock-wait.ts";
import { TINY_COURSE } from "../../tests/tiny-course.ts";
import { db, transaction } from "../db/index.ts";
import { closeSandboxes } from "../grading/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { cancelCheck, carryOut, requestCheck } from "./check.ts";
import { importFolder } from "./import.ts";
import { carryOutMutants } from "./mutants.ts";
import { commitVersion } from "./publish.ts";
import { publishedTree, storeBlobs, storedDocuments, storePublication } from "./store.ts";
import { hashOf } from "./tree.ts";

ownDatabase();
vi.setConfig({ testTimeout: 120_000 });
afterAll(async () => {
  closeSandboxes();
  await closeQueue();
});

const LECTURE = "lectures/01-sums";
const EXERCISE = `${LECTURE}/exercises/add-up`;
let courseId = "";
let authorId = "";

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-check-"));
  for (const [path, text] of Object.entries(TINY_COURSE)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const course = await db().course.create({ data: { slug: folder, title: "Sums" } });
  courseId = course.id;
  await importFolder({ courseId, folder });
  rmSync(folder, { recursive: true });
  authorId = crypto.randomUUID();
  await db().user.create({ data: { id: authorId, name: "A", email: authorId } });
});

test("a lecture that passes is shown to readers from then on, and its check says so", async () => {
  const mended = textOf(`${LECTURE}/lecture.mdx`).replace("Numbers can be", "All numbers can be");
  const check = await checked(LECTURE, { "lecture.mdx": mended });
  expect(check).toMatchObject({ state: "passed", problems: [] });
  expect(check.done).toBe(check.total);
  expect(await shownHash(`${LECTURE}/lecture.mdx`)).toBe(hashOf(bytesOf(mended)));
});

test.each([
  {
    name: "a cell that leaves something else than is stored",
    path: `${LECTURE}/lecture.mdx`,
    change: (text: string) => text.replace("1 + 1", "1 + 2"),
    says: /^lectures\/01-sums\/outputs\.json:2: cell one-and-one leaves something else/,
  },
  {
    name: "a cell that fails",
    path: `${LECTURE}/lecture.mdx`,
    change: (text: string) => text.replace("1 + 1", "(\n  1 + missing\n)"),
    says: /^lectures\/01-sums\/lecture\.mdx:23: cell one-and-one fails: ReferenceError/,
  },
  {
    name: "a link that leads nowhere",
    path: `${LECTURE}/lecture.mdx`,
    change: (text: string) => text.replace("A cell adds", "A [cell](#nowhere) adds"),
    says: /^lectures\/01-sums\/lecture\.mdx:19: #nowhere leads nowhere/,
  },
  {
    name: "a starter that solves it",
    path: `${EXERCISE}/starter.ts`,
    change: (text: string) => text.replace("_a: number, _b", "a: number, b").replace("0", "a + b"),
    says: /starter\.ts:1: gets all 2 points/,
  },
  {
    name: "a solution that does not compile",
    path: `${EXERCISE}/solution.ts`,
    change: (text: string) => text.replace("a + b", "a +"),
    says: /solution\.ts:1: gets 0 of 2 points \(compile-error, Line 2/,
  },
  {
    name: "a hidden test that depends on luck",
    path: `${EXERCISE}/hidden.test.ts`,
    change: (text: string) =>
      text
        .replace("a + 7,", "a + 7 || random.int(0, 3) > 0,")
        .replace("=== a + 7 ||", "=== a + 7 && random.int(0, 3) > 0 ||"),
    says: /solution\.ts:1: /,
  },
])("$name is refused at its file and line, and readers see what they saw", async (one) => {
  const { path, change, says } = one;
  const document = path.startsWith(EXERCISE) ? EXERCISE : LECTURE;
  const before = await shownHash(path);
  const changed = change(textOf(path));
  expect(changed).not.toBe(textOf(path));
  const check = await checked(document, { [path.slice(document.length + 1)]: changed });
  expect(check.state).toBe("refused");
  expect(check.problems).toContainEqual(expect.stringMatching(says));
  expect(await shownHash(path)).toBe(before);
});

test("a check that is taken back while somebody takes it up publishes nothing", async () => {
  const before = await shownHash(`${LECTURE}/lecture.mdx`);
  const mended = textOf(`${LECTURE}/lecture.mdx`).replace("Numbers can be", "All numbers can be");
  const checkId = await requested(LECTURE, { "lecture.mdx": mended });
  const carried = await transaction(async (tx) => {
    expect(await cancelCheck(tx, courseId, checkId)).toBe(true);
    const carrying = carryOut(checkId);
    await waitsForLock();
    return { carrying };
  });
  await carried.carrying;
  expect(await db().contentCheck.findUnique({ where: { id: checkId } })).toMatchObject({
    state: "cancelled",
  });
  expect(await shownHash(`${LECTURE}/lecture.mdx`)).toBe(before);
});

test("a version is not shown over a newer one that was published while its check waited, and is told", async () => {
  const path = `${LECTURE}/lecture.mdx`;
  const checkId = await requested(LECTURE, {
    "lecture.mdx": textOf(path).replace("can be", "may be"),
  });
  const newest = textOf(path).replace("can be", "must be");
  await publishUnchecked(LECTURE, { "lecture.mdx": newest });
  await carryOut(checkId);
  expect(await db().contentCheck.findUnique({ where: { id: checkId } })).toMatchObject({
    state: "refused",
    problems: [
      `${path}:1: version 2 is older than version 3, which was published meanwhile: publish the newest one`,
    ],
  });
  expect(await shownHash(path)).toBe(hashOf(bytesOf(newest)));
});

test("a check that was left right after it had published brings the runs its exercises when it is taken up", async () => {
  const run = { courseId, slug: `run-${courseId}`, title: "Run" };
  const { id: runId } = await db().courseRun.create({ data: run });
  const checkId = await requested(EXERCISE, { "task.mdx": "Write `sum`, please.\n" });
  const { versionId } = await db().contentCheckPart.findFirstOrThrow({ where: { checkId } });
  await publish(versionId);
  await db().contentCheck.update({ where: { id: checkId }, data: { state: "passed" } });
  await carryOut(checkId);
  expect(await db().exerciseVersion.count({ where: { exercise: { runId } } })).toBe(1);
});

test("mistakes in a solution that its hidden tests do not notice are found and kept", async () => {
  const weak = textOf(`${EXERCISE}/hidden.test.ts`)
    .replace("const a = random.int(1, 99);", "const a = random.int(1, 99) * 0;")
    .replace('"sum", a, 7)) === a + 7', '"sum", 5, a)) === 5');
  const versionId = await commit(EXERCISE, { "hidden.test.ts": weak });
  await carryOutMutants(versionId);
  const report = await db().mutationReport.findUniqueOrThrow({ where: { versionId } });
  const survivors = [{ line: 2, what: "return a + b; → return a - b;" }];
  expect(report).toMatchObject({ tried: 1, killed: 0, survivors });
});

test("what is wrong elsewhere in the course already keeps nobody from publishing a part", async () => {
  const broken = textOf(`${LECTURE}/lecture.mdx`).replace("A cell", "A [cell](#nowhere)");
  await publishUnchecked(LECTURE, { "lecture.mdx": broken });
  const mended = textOf(`${EXERCISE}/task.mdx`).replace("Write", "Please write");
  expect(await checked(EXERCISE, { "task.mdx": mended })).toMatchObject({ state: "passed" });
});

function textOf(path: string): string {
  return TINY_COURSE[path] ?? "";
}

function bytesOf(text: string) {
  return new TextEncoder().encode(text);
}

async function shownHash(path: string): Promise<string | undefined> {
  return publishedTree(await storedDocuments(db(), courseId)).get(path);
}

async function commit(path: string, changes: Readonly<Record<string, string>>): Promise<string> {
  const document = (await storedDocuments(db(), courseId)).get(path);
  if (document === undefined) throw new Error(`there is no ${path}`);
  const files = new Map(document.head.files);
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, text] of Object.entries(changes)) {
    const bytes = bytesOf(text);
    files.set(name, hashOf(bytes));
    blobs.set(hashOf(bytes), bytes);
  }
  return transaction(async (tx) => {
    await storeBlobs(tx, blobs);
    const base = document.head.number;
    const rest = { documentId: document.id, authorId, base, files, message: "Mended" };
    const outcome = await commitVersion(tx, { courseId, ...rest });
    return outcome.kind === "stored" ? outcome.versionId : "";
  });
}

async function requested(path: string, changes: Readonly<Record<string, string>>) {
  const versionId = await commit(path, changes);
  const request = { courseId, versionIds: [versionId], askedById: authorId, publishes: true };
  return transaction((tx) => requestCheck(tx, request));
}

async function checked(path: string, changes: Readonly<Record<string, string>>) {
  const checkId = await requested(path, changes);
  await carryOut(checkId);
  return db().contentCheck.findUniqueOrThrow({ where: { id: checkId } });
}

async function publishUnchecked(path: string, changes: Readonly<Record<string, string>>) {
  await publish(await commit(path, changes));
}

async function publish(versionId: string) {
  const { documentId } = await db().contentVersion.findUniqueOrThrow({ where: { id: versionId } });
  await storePublication(db(), documentId, versionId);
}
