import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { type DraftFile, saveDraft } from "../content/drafts.ts";
import { exportCourse } from "../content/export.ts";
import { importFolder } from "../content/import.ts";
import { draftedPicture, draftedPictures } from "../content/preview/drafted-files.ts";
import { documentAt, storeBlobs, storePublication, storeVersion } from "../content/store.ts";
import { hashOf } from "../content/tree.ts";
import { db, transaction } from "../db/index.ts";
import { oddPicture, storePicture, versionPicture } from "./pictures.ts";
import { storeDraft } from "./store-draft.ts";

ownDatabase();

const PATH = "lectures/01-sums";
const SVG = new TextEncoder().encode(
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 0h40"/></svg>\n',
);
const TEXT = new TextEncoder().encode("# One");
let courseId = "";
let documentId = "";
let userId = "";

beforeEach(async () => {
  courseId = (await db().course.create({ data: { slug: crypto.randomUUID(), title: "Sums" } })).id;
  userId = crypto.randomUUID();
  await db().user.create({ data: { id: userId, name: "Ada", email: userId } });
  await storeBlobs(db(), new Map([[hashOf(TEXT), TEXT]]));
  documentId = await documentAt(db(), courseId, PATH);
  const files = new Map([["lecture.mdx", hashOf(TEXT)]]);
  await storeVersion(db(), { documentId, files, origin: "site", message: "Begun" });
});

async function added(name: string): Promise<string> {
  const stored = await storePicture(db(), name, SVG);
  if (stored.kind === "refused") throw new Error(stored.problem);
  const files = new Map<string, DraftFile>([
    [`pictures/${name}`, { kind: "bytes", hash: stored.hash }],
  ]);
  await saveDraft(db(), { documentId, userId, revision: 0, base: 1, files });
  return stored.hash;
}

test("a picture of a draft is its author's alone, and is read as it was sent", async () => {
  await added("pipe.svg");
  const key = { documentId, userId, name: "pipe.svg" };
  expect(await draftedPicture(db(), key)).toMatchObject({ type: "image/svg+xml", bytes: SVG });
  expect((await draftedPictures(db(), documentId, userId)).get("pipe.svg")).toMatchObject({
    reading: { kind: "picture", size: { width: 40, height: 20 } },
  });
  expect(await draftedPicture(db(), { ...key, userId: "another" })).toBeUndefined();
  expect(await draftedPicture(db(), { ...key, name: "../lecture.mdx" })).toBeUndefined();
});

test("a picture goes into the version, the folder, and back without a byte changed", async () => {
  await added("pipe.svg");
  const stored = await transaction((tx) =>
    storeDraft(tx, { courseId, documentId, userId, revision: 1, message: "A picture" }),
  );
  if (stored.kind !== "stored") throw new Error(stored.kind);
  await storePublication(db(), documentId, stored.versionId);
  const folder = mkdtempSync(join(tmpdir(), "kernelbook-pictures-"));
  try {
    await exportCourse({ courseId, folder, isElsewhere: true });
    expect(new Uint8Array(readFileSync(join(folder, PATH, "pictures/pipe.svg")))).toEqual(SVG);
    const back = await importFolder({ courseId, folder, isElsewhere: true });
    expect(back).toEqual({ taken: [], conflicts: [], refused: [] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what is no picture is not kept", async () => {
  expect(await storePicture(db(), "pipe.png", SVG)).toMatchObject({ kind: "refused" });
  const script = new TextEncoder().encode(
    '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">\n<script/></svg>',
  );
  expect(await storePicture(db(), "pipe.svg", script)).toEqual({
    kind: "refused",
    problem: "line 2: a picture has no <script>: take it out",
  });
  expect(await db().contentBlob.count({ where: { hash: hashOf(script) } })).toBe(0);
});

test("a draft names no bytes that others have stored, unless they are a picture or its own", async () => {
  const hidden = new TextEncoder().encode("export default exercise();");
  await storeBlobs(db(), new Map([[hashOf(hidden), hidden]]));
  const picture = await added("pipe.svg");
  const odd = (path: string, hash: string) =>
    oddPicture(db(), documentId, new Map([[path, { kind: "bytes", hash } as const]]));
  expect(await odd("pictures/pipe.svg", picture)).toBeUndefined();
  expect(await odd("pictures/pipe.png", picture)).toBe("pictures/pipe.png");
  expect(await odd("pictures/pipe.svg", hashOf(hidden))).toBe("pictures/pipe.svg");
  expect(await odd("lecture.mdx", hashOf(hidden))).toBe("lecture.mdx");
  expect(await odd("pictures/../pipe.svg", picture)).toBe("pictures/../pipe.svg");
  // As its own version has it.
  expect(await odd("lecture.mdx", hashOf(TEXT))).toBeUndefined();
});

test("a version's picture is shown as it was, and nothing else of the version", async () => {
  const hash = await added("pipe.svg");
  const files = new Map([
    ["lecture.mdx", hashOf(TEXT)],
    ["pictures/pipe.svg", hash],
  ]);
  await storeVersion(db(), { documentId, files, origin: "site", message: "A pipe" });
  const key = { documentId, number: 2, name: "pipe.svg" };
  expect(await versionPicture(db(), key)).toMatchObject({ type: "image/svg+xml", bytes: SVG });
  for (const other of [{ number: 1 }, { number: 9 }, { name: "../lecture.mdx" }]) {
    expect(await versionPicture(db(), { ...key, ...other })).toBeUndefined();
  }
});
