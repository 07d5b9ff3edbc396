import { afterAll, beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { waitsForLock } from "../../tests/lock-wait.ts";
import { draftOf, saveDraft } from "../content/drafts.ts";
import { documentAt, storeBlobs, storeVersion } from "../content/store.ts";
import { hashOf } from "../content/tree.ts";
import { db, transaction } from "../db/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { draftNews } from "./draft-news.ts";
import { editedDocument } from "./edited-document.ts";
import { rebaseDraft } from "./replace-draft.ts";
import { documentIn, requestPublication, storeDraft } from "./store-draft.ts";

ownDatabase();
afterAll(closeQueue);

const PATH = "lectures/01-sums";
let courseId = "";
let documentId = "";
let ada = "";
let bo = "";

beforeEach(async () => {
  courseId = await newCourse();
  documentId = await lectureIn(courseId);
  [ada, bo] = [await newPerson(), await newPerson()];
});

const type = async (userId: string, text: string, { revision = 0, base = 1 } = {}) => {
  const change = { documentId, userId, revision, base };
  await rebaseDraft(db(), change);
  const files = new Map([["lecture.mdx", { kind: "text", text } as const]]);
  return saveDraft(db(), { ...change, files });
};
const store = (userId: string, revision = 1) =>
  transaction((tx) =>
    storeDraft(tx, { courseId, documentId, userId, revision, message: "Mended" }),
  );

test("a draft becomes the next version, and is gone then", async () => {
  await type(ada, "# Two");
  expect(await store(ada)).toMatchObject({ kind: "stored", number: 2 });
  const document = await editedDocument(db(), { courseId, documentId, userId: ada });
  expect(document).toMatchObject({ head: 2, base: 2, revision: 0, changes: [] });
  expect(document?.files).toEqual([{ path: "lecture.mdx", kind: "text", text: "# Two" }]);
});

test("of two authors the second is told, and the draft stays as it was typed", async () => {
  await type(ada, "# Ada's");
  await type(bo, "# Bo's");
  await store(ada);
  expect(await store(bo)).toEqual({ kind: "behind", head: 2 });
  const document = await editedDocument(db(), { courseId, documentId, userId: bo });
  expect(document).toMatchObject({ head: 2, base: 1 });
  expect(document?.changes).toEqual([{ path: "lecture.mdx", kind: "text", text: "# Bo's" }]);
});

test("a draft that another tab has changed is not stored unseen", async () => {
  await type(ada, "# Two");
  await type(ada, "# Three", { revision: 1 });
  expect(await store(ada, 1)).toMatchObject({ kind: "changed", draft: { revision: 2 } });
});

test("what another tab saves at this very moment stays, and is not stored unseen", async () => {
  await type(ada, "# Two");
  const { storing } = await transaction(async (tx) => {
    const files = new Map([["lecture.mdx", { kind: "text", text: "# Three" } as const]]);
    await saveDraft(tx, { documentId, userId: ada, revision: 1, base: 1, files });
    const storing = store(ada, 1);
    await waitsForLock();
    return { storing };
  });
  expect(await storing).toMatchObject({ kind: "changed", draft: { revision: 2 } });
  const draft = await draftOf(db(), { documentId, userId: ada });
  expect(draft?.files.get("lecture.mdx")).toEqual({ kind: "text", text: "# Three" });
});

test("another tab learns what was saved since, and when the draft has become a version", async () => {
  await type(ada, "# Two");
  const key = { documentId, userId: ada };
  expect(await draftNews(db(), key, 1)).toEqual({ head: 1, draft: undefined });
  await type(ada, "# Three", { revision: 1 });
  const changes = [{ path: "lecture.mdx", kind: "text", text: "# Three" }];
  expect(await draftNews(db(), key, 1)).toEqual({
    head: 1,
    draft: { revision: 2, base: 1, changes },
  });
  await store(ada, 2);
  expect(await draftNews(db(), key, 2)).toEqual({
    head: 2,
    draft: { revision: 0, base: 2, changes: [] },
  });
  expect(await draftNews(db(), { documentId, userId: bo }, 0)).toEqual({
    head: 2,
    draft: undefined,
  });
});

test("a draft in which nothing differs begins again with the newest version", async () => {
  await type(ada, "# Two");
  const nothing = new Map([["lecture.mdx", undefined]]);
  await saveDraft(db(), { documentId, userId: ada, revision: 1, base: 1, files: nothing });
  await type(bo, "# Bo's");
  await store(bo);
  await type(ada, "# Three", { revision: 2, base: 2 });
  expect(await store(ada, 3)).toMatchObject({ kind: "stored", number: 3 });
});

test("a text that was typed over an older version meets the newer one, though the draft lies over that", async () => {
  await type(bo, "# Bo's");
  await store(bo);
  await type(ada, "# Two", { base: 2 });
  await type(ada, "# Typed over version 1", { revision: 1, base: 1 });
  expect(await store(ada, 2)).toEqual({ kind: "behind", head: 2 });
});

test("an id of another course's document finds nothing there", async () => {
  const elsewhere = await newCourse();
  expect(await documentIn(db(), elsewhere, documentId)).toBeUndefined();
  const key = { courseId: elsewhere, documentId, userId: ada };
  expect(await editedDocument(db(), key)).toBeUndefined();
});

test("documents of two courses are not published together", async () => {
  const elsewhere = await newCourse();
  const documents = [documentId, await lectureIn(elsewhere)].map((id) => ({ id, number: 1 }));
  const request = { courseId, documents, userId: ada };
  expect(await transaction((tx) => requestPublication(tx, request))).toEqual({ kind: "unknown" });
  expect(await db().contentCheck.count({ where: { courseId } })).toBe(0);
});

test("a version that somebody has stored since is not published unseen", async () => {
  const publish = (number: number) => {
    const request = { courseId, documents: [{ id: documentId, number }], userId: bo };
    return transaction((tx) => requestPublication(tx, request));
  };
  await type(ada, "# Two");
  await store(ada);
  expect(await publish(1)).toEqual({ kind: "newer" });
  expect(await db().contentCheck.count({ where: { courseId } })).toBe(0);
  expect(await publish(2)).toMatchObject({ kind: "requested" });
  const part = await db().contentCheckPart.findFirst({ select: { version: true } });
  expect(part?.version).toMatchObject({ documentId, number: 2 });
});

async function newCourse(): Promise<string> {
  const slug = crypto.randomUUID();
  return (await db().course.create({ data: { slug, title: "Sums" } })).id;
}

async function newPerson(): Promise<string> {
  const id = crypto.randomUUID();
  await db().user.create({ data: { id, name: "A", email: id } });
  return id;
}

async function lectureIn(course: string): Promise<string> {
  const id = await documentAt(db(), course, PATH);
  const bytes = new TextEncoder().encode("# One");
  await storeBlobs(db(), new Map([[hashOf(bytes), bytes]]));
  const files = new Map([["lecture.mdx", hashOf(bytes)]]);
  await storeVersion(db(), { documentId: id, files, origin: "site", message: "First" });
  return id;
}
