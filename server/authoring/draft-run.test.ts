import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { TINY_COURSE } from "../../tests/tiny-course.ts";
import { saveDraft } from "../content/drafts.ts";
import { importInto } from "../content/import.ts";
import { storedDocuments } from "../content/store.ts";
import { hashOf } from "../content/tree.ts";
import { db, transaction } from "../db/index.ts";
import { closeSandboxes } from "../grading/index.ts";
import { judgeDraft, outputsOfDraft } from "./draft-run.ts";

ownDatabase();
vi.setConfig({ testTimeout: 120_000 });
afterAll(closeSandboxes);

const LECTURE = "lectures/01-sums";
let courseId = "";
let userId = "";
beforeEach(async () => {
  const slug = crypto.randomUUID();
  courseId = (await db().course.create({ data: { slug, title: "Sums" } })).id;
  userId = crypto.randomUUID();
  await db().user.create({ data: { id: userId, name: "A", email: userId } });
  const bytes = Object.entries(TINY_COURSE).map(
    ([path, text]) => [path, new TextEncoder().encode(text)] as const,
  );
  const tree = new Map(bytes.map(([path, one]) => [path, hashOf(one)]));
  const blobs = new Map(bytes.map(([, one]) => [hashOf(one), one]));
  await transaction((tx) => importInto(tx, { courseId }, { tree, blobs, refused: [] }));
});

test("what the cells of a draft leave behind is answered as outputs.json, and nothing is stored", async () => {
  const key = await typed(LECTURE, "lecture.mdx", (text) => text.replace("1 + 1", "6 * 7"));
  const outcome = await outputsOfDraft(key);
  expect(outcome).toMatchObject({ kind: "ran", text: expect.stringContaining('"42"') });
});

test("a cell that fails is named with its error", async () => {
  const key = await typed(LECTURE, "lecture.mdx", (text) => text.replace("1 + 1", "missing"));
  expect(await outputsOfDraft(key)).toEqual({
    kind: "problems",
    problems: [expect.stringMatching(/^Cell one-and-one fails: ReferenceError/)],
  });
});

test("each file of an exercise's draft is judged by the draft's own hidden tests", async () => {
  const path = `${LECTURE}/exercises/add-up`;
  const key = await typed(path, "starter.ts", (text) =>
    text.replace("_a: number, _b", "a: number, b").replace("0", "a + b"),
  );
  const outcome = await judgeDraft(key);
  if (outcome.kind !== "judged") throw new Error("nothing was judged");
  expect(outcome.files.map(({ path: file, score, tests }) => [file, score, tests])).toEqual([
    ["solution.ts", 2, { adds: "passed" }],
    ["starter.ts", 2, { adds: "passed" }],
    ["mutants/subtracts.ts", 0, { adds: "failed" }],
  ]);
});

async function typed(path: string, file: string, change: (text: string) => string) {
  const documentId = (await storedDocuments(db(), courseId)).get(path)?.id ?? "";
  const text = change(TINY_COURSE[`${path}/${file}`] ?? "");
  const files = new Map([[file, { kind: "text", text } as const]]);
  await saveDraft(db(), { documentId, userId, revision: 0, base: 1, files });
  return { courseId, documentId, userId };
}
