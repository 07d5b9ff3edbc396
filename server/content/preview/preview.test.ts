import { beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../../tests/database.ts";
import { TINY_COURSE } from "../../../tests/tiny-course.ts";
import { db } from "../../db/index.ts";
import { type DraftFile, saveDraft } from "../drafts.ts";
import { documentAt, storeBlobs, storePublication, storeVersion } from "../store.ts";
import { hashOf, placeOf } from "../tree.ts";
import {
  type DraftedDocument,
  draftedDocument,
  draftedFiles,
  exercisePreview,
  lecturePreview,
  vocabularyOf,
} from "./index.ts";

ownDatabase();

const LECTURE = "lectures/01-sums";
const EXERCISE = `${LECTURE}/exercises/add-up`;
const slug = "sums";
let userId = "";
let lecture: DraftedDocument;
let exercise: DraftedDocument;

beforeEach(async () => {
  await db().course.deleteMany();
  // The site serves another course: this one is laid out.
  await db().course.create({ data: { id: "0", slug: "first", title: "The served one" } });
  const { id: courseId } = await db().course.create({ data: { slug, title: "Sums" } });
  const id = crypto.randomUUID();
  ({ id: userId } = await db().user.create({ data: { id, name: "A", email: id } }));
  for (const path of ["", LECTURE, EXERCISE]) await publish(courseId, path);
  lecture = await documentAtPath(courseId, LECTURE);
  exercise = await documentAtPath(courseId, EXERCISE);
});

async function publish(courseId: string, document: string): Promise<void> {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const files = new Map<string, string>();
  for (const [whole, text] of Object.entries(TINY_COURSE)) {
    const place = placeOf(whole);
    if (place.document !== document) continue;
    const bytes = new TextEncoder().encode(text);
    blobs.set(hashOf(bytes), bytes);
    files.set(place.path, hashOf(bytes));
  }
  await storeBlobs(db(), blobs);
  const documentId = await documentAt(db(), courseId, document);
  const origin = "site" as const;
  const version = await storeVersion(db(), { documentId, files, origin, message: "First" });
  await storePublication(db(), documentId, version.id);
}

async function documentAtPath(courseId: string, path: string): Promise<DraftedDocument> {
  const documentId = await documentAt(db(), courseId, path);
  const found = await draftedDocument(db(), slug, documentId);
  if (found === undefined) throw new Error("the document is not found by its course");
  return found;
}

/** The lecture with this put at its end. */
async function previewOf(more: string) {
  const files = await draftedFiles(db(), lecture.id, userId);
  files.set("lecture.mdx", `${files.get("lecture.mdx")}\n${more}\n`);
  return lecturePreview({ document: lecture, userId, files, known: [] });
}

test("a lecture that is sound has no problems, and its cells have the outputs that are stored", async () => {
  const preview = await previewOf("Words.");
  expect(preview.problems).toEqual([]);
  expect(preview.cells).toMatchObject([
    { id: "one-and-one", storedOutputs: [{ kind: "result", bundle: { "text/plain": "2" } }] },
  ]);
  expect(preview.exercises).toEqual([{ id: "add-up", documentId: exercise.id }]);
});

test.each([
  { name: "a heading that is not there", text: "[x](#nowhere)", says: "#nowhere leads nowhere" },
  { name: "an exercise without a folder", text: '<Exercise id="no" />', says: "exercises/no" },
  { name: "a lecture that is not there", text: "[x](/lectures/02-no)", says: "leads nowhere" },
])("$name is told as the gate tells it", async ({ text, says }) => {
  const { problems } = await previewOf(text);
  expect(problems.map(({ message }) => message).join()).toContain(says);
});

test("what its author has typed lies over what is stored, and is nobody else's", async () => {
  const files = new Map<string, DraftFile>([["lecture.mdx", { kind: "text", text: "Mine" }]]);
  await saveDraft(db(), { documentId: lecture.id, userId, revision: 0, base: 1, files });
  expect((await draftedFiles(db(), lecture.id, userId)).get("lecture.mdx")).toBe("Mine");
  const others = await draftedFiles(db(), lecture.id, "somebody else");
  expect(others.get("lecture.mdx")).toBe(TINY_COURSE[`${LECTURE}/lecture.mdx`]);
});

test("a document is not found under another course", async () => {
  expect(await draftedDocument(db(), "first", lecture.id)).toBeUndefined();
});

test("an exercise comes with its task and its visible tests, without hidden ones", async () => {
  const files = await draftedFiles(db(), exercise.id, userId);
  const preview = await exercisePreview({ document: exercise, userId, files, known: [] });
  expect(preview.problems).toEqual([]);
  expect(preview.sheet?.manifest).toMatchObject({ id: "add-up", points: 2 });
  expect(preview.sheet?.visibleTests).toContain("1 and 1 are 2.");
  expect(JSON.stringify(preview)).not.toContain("The sum is wrong.");
});

test("what is wrong in a file of an exercise is told with file and line", async () => {
  const files = await draftedFiles(db(), exercise.id, userId);
  files.set("visible.test.ts", 'export * from "../../../../etc/passwd";\n');
  files.set("task.mdx", "One.\n\n<Figure />\n");
  const { problems } = await exercisePreview({ document: exercise, userId, files, known: [] });
  expect(problems).toMatchObject([
    { file: "task.mdx", line: 3 },
    { file: "visible.test.ts", line: 1 },
  ]);
});

test("a report comes with what it begins with", async () => {
  const files = await draftedFiles(db(), exercise.id, userId);
  const begun = { kind: "text", text: "# What I asked" } as const;
  const changed = new Map<string, DraftFile>([["starter.md", begun]]);
  await saveDraft(db(), {
    ...{ documentId: exercise.id, userId, revision: 0, base: 1 },
    files: changed,
  });
  expect(files.get("starter.md")).toBeUndefined();
  const drafted = await draftedFiles(db(), exercise.id, userId);
  expect(drafted.get("starter.md")).toBe("# What I asked");
});

test("a picture that a task names is told while it is not there", async () => {
  const files = await draftedFiles(db(), exercise.id, userId);
  files.set("task.mdx", 'One.\n\n<Picture file="ring.svg" alt="A ring" />\n');
  const asked = { document: exercise, userId, files, known: [] };
  const { problems, pictures } = await exercisePreview(asked);
  expect(pictures).toEqual([]);
  expect(problems).toMatchObject([
    { file: "task.mdx", line: 3, message: expect.stringContaining("no pictures/ring.svg beside") },
  ]);
});

test("an editor is told components, exercises, places and topics", async () => {
  const words = await vocabularyOf(db(), lecture, userId);
  expect(words.components.map(({ name }) => name)).toContain("Figure");
  expect(words.components.find(({ name }) => name === "Aside")?.attributes[0]).toMatchObject({
    name: "kind",
    isRequired: true,
    values: ["elsewhere", "then-now", "break-it", "in-linux"],
  });
  expect(words.exercises).toEqual([{ id: "add-up", title: "Add up" }]);
  expect(words.lectures[0]).toMatchObject({ slug: "01-sums", title: "Sums" });
  expect(words.lectures[0]?.anchors).toContainEqual({ id: "adding", says: "Adding" });
  expect(words.topics).toEqual([{ number: 1, title: "Sums" }]);
});
