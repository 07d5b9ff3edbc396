import { rmSync } from "node:fs";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { layOut } from "../content/served.ts";
import { storedDocuments, treeWith } from "../content/store.ts";
import { db, transaction } from "../db/index.ts";
import { checkDocuments } from "../gate/index.ts";
import { closeSandboxes } from "../grading/index.ts";
import { createDocument, type NewDocument } from "./create.ts";

ownDatabase();
vi.setConfig({ testTimeout: 120_000 });
afterAll(closeSandboxes);

let courseId = "";
let authorId = "";
beforeEach(async () => {
  courseId = (await db().course.create({ data: { slug: crypto.randomUUID(), title: "Sums" } })).id;
  authorId = crypto.randomUUID();
  await db().user.create({ data: { id: authorId, name: "A", email: authorId } });
});

const LECTURE: NewDocument = {
  kind: "lecture",
  number: "02",
  slug: "sums",
  title: 'The "sum": a + b',
};
const EXERCISE: NewDocument = {
  ...{ kind: "exercise", number: "E2.1", slug: "add-up", title: "Add: up" },
  lecture: "lectures/02-sums",
};
const create = (document: NewDocument) =>
  transaction((tx) => createDocument(tx, { courseId, authorId, document }));

test("of lectures and exercises from the templates the gate only asks to show the exercises", async () => {
  await create(LECTURE);
  await create({ ...LECTURE, number: "03", slug: "more-sums" });
  await create(EXERCISE);
  await create({ ...EXERCISE, number: "E2.2", slug: "say-why", isReport: true });
  const documents = [...(await storedDocuments(db(), courseId)).values()];
  const versions = documents.map(({ path, head }) => ({
    files: Object.fromEntries(head.files),
    document: { path },
  }));
  const course = await layOut(treeWith(new Map([["topics.yaml", await topics()]]), versions));
  const shown = await layOut(new Map([["topics.yaml", await topics()]]));
  const paths = documents.map(({ path }) => path);
  const problems = await checkDocuments({ course, shown, documents: paths }, () => undefined);
  rmSync(course, { recursive: true });
  expect(problems).toEqual(
    ["add-up", "say-why"].map((name) =>
      expect.stringMatching(
        `^lectures/02-sums/exercises/${name}/exercise\\.yaml:1: no lecture shows`,
      ),
    ),
  );
});

test("a name that is taken anywhere in the course is refused", async () => {
  await create(LECTURE);
  expect(await create(LECTURE)).toEqual({ kind: "taken", path: "lectures/02-sums" });
  await create(EXERCISE);
  await create({ ...LECTURE, number: "03" });
  const again = await create({ ...EXERCISE, lecture: "lectures/03-sums" });
  expect(again).toEqual({ kind: "taken", path: "lectures/02-sums/exercises/add-up" });
});

test("an exercise is begun in a lecture of the same course only", async () => {
  expect(await create(EXERCISE)).toEqual({ kind: "no-lecture" });
});

async function topics(): Promise<string> {
  const hash = "topics";
  const bytes = new TextEncoder().encode('1: "Sums"\n');
  await db().contentBlob.createMany({ data: [{ hash, bytes }], skipDuplicates: true });
  return hash;
}
