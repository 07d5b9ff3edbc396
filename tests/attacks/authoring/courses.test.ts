/** An author who reaches beyond what is theirs: into another document past the gate, or into another course. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  cancelCheck,
  checkById,
  documentIn,
  editedDocument,
  requestPublication,
  saveDraft,
} from "../../../server/authoring/index.ts";
import { carryOut, requestCheck } from "../../../server/content/check.ts";
import { importFolder } from "../../../server/content/import.ts";
import { draftedDocument } from "../../../server/content/preview/drafted-files.ts";
import { commitVersion } from "../../../server/content/publish.ts";
import { updateRuns } from "../../../server/content/run-exercises.ts";
import { publishedTree, storeBlobs, storedDocuments } from "../../../server/content/store.ts";
import { hashOf } from "../../../server/content/tree.ts";
import { db, transaction } from "../../../server/db/index.ts";
import { closeQueue } from "../../../server/operation/job-queue.ts";
import { ownDatabase } from "../../database.ts";
import { TINY_COURSE } from "../../tiny-course.ts";
import { courseWith, EXERCISE, LECTURE } from "./attacked-course.ts";

ownDatabase();
afterAll(closeQueue);

/** Two courses; the first one is what the site shows. */
let theirs = "";
let mine = "";
let authorId = "";

beforeEach(async () => {
  await db().course.deleteMany();
  theirs = await course("theirs", {});
  mine = await course("mine", {
    "lectures/01-sums/exercises/add-up/exercise.yaml": TINY_COURSE[
      `${EXERCISE}/exercise.yaml`
    ]?.replace("Add up", "Add up, my way"),
  });
  authorId = crypto.randomUUID();
  await db().user.create({ data: { id: authorId, name: "A", email: authorId } });
});

describe("files of another document", () => {
  const EASY = "export default 1;\n";
  test.each([
    {
      name: "a lecture has no file of its exercise",
      document: LECTURE,
      path: "exercises/add-up/hidden.test.ts",
    },
    {
      name: "a lecture begins no exercise",
      document: LECTURE,
      path: "exercises/new/hidden.test.ts",
    },
    {
      name: "the shared files are in no lecture",
      document: "",
      path: "lectures/01-sums/lecture.mdx",
    },
    { name: "nor in an exercise", document: "", path: `${EXERCISE}/hidden.test.ts` },
  ])("$name: neither as a draft nor past the gate", async ({ document, path }) => {
    const { id: documentId, head } = await documentOf(mine, document);
    const files = new Map([[path, { kind: "text", text: EASY } as const]]);
    const change = { documentId, userId: authorId, revision: 0, base: head.number, files };
    expect(await saveDraft(db(), change)).toEqual({ kind: "refused", path });
    const before = await published(mine);
    const check = await checked(mine, documentId, new Map([...head.files, [path, EASY]]));
    expect(check).toMatchObject({ state: "refused" });
    expect(check.problems).toContainEqual(expect.stringMatching(/:1: belongs to another document/));
    expect(await published(mine)).toEqual(before);
  });

  test("a file in the place of a folder is told, and blamed on nobody else", async () => {
    const { id, head } = await documentOf(mine, EXERCISE);
    const check = await checked(mine, id, new Map([...head.files, ["mutants", EASY]]));
    expect(check.problems).toEqual([
      `${EXERCISE}/mutants:1: is a file and a folder: rename one of them`,
    ]);
  });
});

describe("another course", () => {
  test("its documents, drafts and checks are found by no id", async () => {
    const document = await documentOf(theirs, LECTURE);
    const key = { courseId: mine, documentId: document.id, userId: authorId };
    const versionIds = [document.head.id];
    const request = { courseId: theirs, versionIds, askedById: authorId, publishes: true };
    const checkId = await transaction((tx) => requestCheck(tx, request));
    expect([
      await documentIn(db(), mine, document.id),
      await editedDocument(db(), key),
      await draftedDocument(db(), "mine", document.id),
      await checkById(db(), mine, checkId),
      await cancelCheck(db(), mine, checkId),
      await requestPublication(db(), {
        ...key,
        documents: [{ id: document.id, number: document.head.number }],
      }),
    ]).toEqual([undefined, undefined, undefined, undefined, false, { kind: "unknown" }]);
    expect(await cancelCheck(db(), theirs, checkId)).toBe(true);
  });

  test("a publication brings each run the exercises of its own course", async () => {
    for (const courseId of [theirs, mine]) {
      const run = { courseId, slug: `run-${courseId}`, title: "Run" };
      await db().courseRun.create({ data: run });
    }
    await updateRuns(mine);
    const exercises = await db().exercise.findMany({ select: { title: true, run: true } });
    expect(exercises.map(({ title, run }) => [title, run.courseId])).toEqual([
      ["Add up, my way", mine],
    ]);
  });
});

async function course(slug: string, changes: Readonly<Record<string, string | undefined>>) {
  const { id } = await db().course.create({ data: { slug, title: slug } });
  await importFolder({ courseId: id, folder: courseWith(changes) });
  return id;
}

async function documentOf(courseId: string, path: string) {
  const found = (await storedDocuments(db(), courseId)).get(path);
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found;
}

async function published(courseId: string) {
  return publishedTree(await storedDocuments(db(), courseId));
}

/** Stores a version as an author's tool might, past the editor, and asks to publish it; a file's hash or text. */
async function checked(courseId: string, documentId: string, given: ReadonlyMap<string, string>) {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const files = new Map<string, string>();
  for (const [path, text] of given) {
    const isHash = /^[0-9a-f]{64}$/.test(text);
    const bytes = new TextEncoder().encode(text);
    if (!isHash) blobs.set(hashOf(bytes), bytes);
    files.set(path, isHash ? text : hashOf(bytes));
  }
  const checkId = await transaction(async (tx) => {
    await storeBlobs(tx, blobs);
    const commit = { courseId, documentId, authorId, base: 1, files, message: "Mine" };
    const stored = await commitVersion(tx, commit);
    const versionIds = stored.kind === "stored" ? [stored.versionId] : [];
    return requestCheck(tx, { courseId, versionIds, askedById: authorId, publishes: true });
  });
  await carryOut(checkId);
  return db().contentCheck.findUniqueOrThrow({ where: { id: checkId } });
}
