import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db, transaction } from "../db/index.ts";
import { exportCourse, planExport } from "./export.ts";
import { readFolder } from "./folder.ts";
import { importFolder } from "./import.ts";
import { commitVersion, publishVersion } from "./publish.ts";
import { layOut } from "./served.ts";
import { documentAt, publishedTree, storeBlobs, storedDocuments } from "./store.ts";
import { hashOf, treeHash } from "./tree.ts";

ownDatabase();

const CONTENT = join(import.meta.dirname, "../../content");
const SUMS = "lectures/01-sums";
const made: string[] = [];
let courseId = "";
let folder = "";

beforeEach(async () => {
  folder = newFolder();
  write("topics.yaml", "1: sums\n");
  write(`${SUMS}/lecture.mdx`, "# Sums\n");
  write(`${SUMS}/exercises/add-up/task.mdx`, "Add up.\n");
  const course = await db().course.create({ data: { slug: folder, title: "Sums" } });
  courseId = course.id;
});

afterEach(() => {
  for (const one of made.splice(0)) rmSync(one, { recursive: true, force: true });
});

test("an export after an import changes no byte, of the whole course", async () => {
  const copy = newFolder();
  cpSync(CONTENT, copy, { recursive: true });
  await importFolder({ courseId, folder: copy });
  const before = treeHash(readFolder(copy).tree);
  expect(await exportCourse({ courseId, folder: copy })).toEqual({ written: [], removed: [] });
  const fresh = newFolder();
  await exportCourse({ courseId, folder: fresh });
  expect([treeHash(readFolder(copy).tree), treeHash(readFolder(fresh).tree)]).toEqual([
    before,
    before,
  ]);
});

test("a second import of the same folder stores nothing", async () => {
  await importFolder({ courseId, folder });
  const versions = await db().contentVersion.count();
  expect((await importFolder({ courseId, folder })).taken).toEqual([]);
  expect(await db().contentVersion.count()).toBe(versions);
});

test("what only the folder has changed is taken over, document by document", async () => {
  await importFolder({ courseId, folder });
  write(`${SUMS}/exercises/add-up/task.mdx`, "Add all of them up.\n");
  write("lectures/02-more/lecture.mdx", "# More\n");
  const { taken } = await importFolder({ courseId, folder });
  expect(taken.map(({ path, kind }) => [path, kind])).toEqual([
    [`${SUMS}/exercises/add-up`, "changed"],
    ["lectures/02-more", "added"],
  ]);
  expect(await shown()).toEqual(readFolder(folder).tree);
});

test("a document that left the folder is taken down, keeps its versions, and comes back with it", async () => {
  await importFolder({ courseId, folder });
  const file = `${SUMS}/exercises/add-up/task.mdx`;
  rmSync(join(folder, SUMS, "exercises"), { recursive: true });
  await importFolder({ courseId, folder });
  expect([...(await shown()).keys()]).not.toContain(file);
  expect(await db().contentVersion.count({ where: { document: { courseId } } })).toBe(3);
  write(file, "Add up.\n");
  expect((await importFolder({ courseId, folder })).conflicts).toEqual([]);
  expect([...(await shown()).keys()]).toContain(file);
});

test("an import overwrites nothing that was written in the site since, until somebody decides", async () => {
  await importFolder({ courseId, folder });
  await publishInSite("# Sums, in the site\n");
  expect((await importFolder({ courseId, folder })).conflicts).toEqual([]);
  write(`${SUMS}/lecture.mdx`, "# Sums, in the folder\n");
  for (const _ of [1, 2]) {
    const { conflicts } = await importFolder({ courseId, folder });
    expect(conflicts.map(({ path }) => path)).toEqual([SUMS]);
  }
  expect(await lecture()).toBe("# Sums, in the site\n");
  const decisions = new Map([[SUMS, "site"]] as const);
  await importFolder({ courseId, folder, decisions });
  expect((await importFolder({ courseId, folder })).conflicts).toEqual([]);
  expect(await lecture()).toBe("# Sums, in the site\n");
  write(`${SUMS}/lecture.mdx`, "# Sums, in the folder again\n");
  await importFolder({ courseId, folder, decisions: new Map([[SUMS, "folder"]]) });
  expect(await lecture()).toBe("# Sums, in the folder again\n");
});

test("an unpublished version of the site is no less kept from being overtaken", async () => {
  await importFolder({ courseId, folder });
  await commitInSite("# Not yet\n");
  write(`${SUMS}/lecture.mdx`, "# Sums, in the folder\n");
  const { conflicts } = await importFolder({ courseId, folder });
  expect(conflicts.map(({ path }) => path)).toEqual([SUMS]);
});

test("after an export of what the site has, the folder goes on from there", async () => {
  await importFolder({ courseId, folder });
  await publishInSite("# Sums, in the site\n");
  await exportCourse({ courseId, folder });
  expect(await importFolder({ courseId, folder })).toMatchObject({ taken: [], conflicts: [] });
  write(`${SUMS}/lecture.mdx`, "# Sums, mended in the folder\n");
  const { taken, conflicts } = await importFolder({ courseId, folder });
  expect([taken.length, conflicts.length]).toEqual([1, 0]);
});

test("an export knows only what a version has at that place, not whatever bytes were sent once", async () => {
  await importFolder({ courseId, folder });
  const file = `${SUMS}/lecture.mdx`;
  write(file, "# Sums, nowhere else\n");
  // As an import does that the gate refuses.
  const { blobs } = readFolder(folder);
  await transaction((tx) => storeBlobs(tx, blobs));
  expect(await planExport(courseId, folder)).toMatchObject({ written: [file], unknown: [file] });
  // What another file has is not this file's.
  write(file, "Add up.\n");
  expect((await planExport(courseId, folder)).unknown).toEqual([file]);
  await importFolder({ courseId, folder });
  write("topics.yaml", "1: more\n");
  write(file, "# Sums\n");
  expect((await planExport(courseId, folder)).unknown).toEqual(["topics.yaml"]);
});

test("what was changed while somebody decided is not overwritten by an export", async () => {
  await importFolder({ courseId, folder });
  const file = `${SUMS}/lecture.mdx`;
  write(file, "# Sums, first\n");
  const plan = await planExport(courseId, folder);
  write(file, "# Sums, second\n");
  expect(await exportCourse({ courseId, folder, plan })).toBeUndefined();
  expect(readFileSync(join(folder, file), "utf8")).toBe("# Sums, second\n");
  const later = await planExport(courseId, folder);
  await publishInSite("# Sums, in the site\n");
  expect(await exportCourse({ courseId, folder, plan: later })).toBeUndefined();
  const last = await planExport(courseId, folder);
  expect(await exportCourse({ courseId, folder, plan: last })).toMatchObject({ written: [file] });
});

test("of two authors that began with one version the second is told, and nothing is lost", async () => {
  await importFolder({ courseId, folder });
  const [first, second] = await Promise.all([commitInSite("# One\n"), commitInSite("# Two\n")]);
  expect([first.kind, second.kind].sort()).toEqual(["behind", "stored"]);
  const document = (await storedDocuments(db(), courseId)).get(SUMS);
  expect(document?.head.number).toBe(2);
});

test("files with odd names and links that lead elsewhere are left out, and named", async () => {
  write("lectures/01-sums/a b.png", "x");
  symlinkSync("/etc/passwd", join(folder, "passwd"));
  const { refused } = await importFolder({ courseId, folder });
  expect([...refused].sort()).toEqual(["lectures/01-sums/a b.png", "passwd"]);
});

function newFolder(): string {
  const one = mkdtempSync(join(tmpdir(), "kernelbook-content-"));
  made.push(one);
  return one;
}

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function shown() {
  return publishedTree(await storedDocuments(db(), courseId));
}

async function lecture(): Promise<string> {
  const laid = await layOut(await shown());
  made.push(laid);
  return readFileSync(join(laid, SUMS, "lecture.mdx"), "utf8");
}

async function commitInSite(text: string) {
  const bytes = new TextEncoder().encode(text);
  const author = await db().user.upsert({
    where: { id: "author" },
    create: { id: "author", name: "A", email: "a@example.org" },
    update: {},
  });
  return transaction(async (tx) => {
    const documentId = await documentAt(tx, courseId, SUMS);
    await storeBlobs(tx, new Map([[hashOf(bytes), bytes]]));
    const files = new Map([["lecture.mdx", hashOf(bytes)]]);
    const rest = { authorId: author.id, base: 1, files, message: "Mended" };
    return { ...(await commitVersion(tx, { courseId, documentId, ...rest })), documentId };
  });
}

async function publishInSite(text: string): Promise<void> {
  const commit = await commitInSite(text);
  if (commit.kind !== "stored") throw new Error("somebody else was faster");
  const { documentId, versionId } = commit;
  await transaction((tx) =>
    publishVersion(tx, { courseId, documentId, versionId, userId: "author" }),
  );
}
