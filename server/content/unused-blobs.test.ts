import { expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db } from "../db/index.ts";
import { saveDraft } from "./drafts.ts";
import { documentAt, storeBlobs, storeVersion } from "./store.ts";
import { hashOf } from "./tree.ts";
import { deleteUnused } from "./unused-blobs.ts";

ownDatabase();

const DAY_MS = 24 * 3600_000;
const bytesOf = (text: string) => new TextEncoder().encode(text);

async function store(...texts: readonly string[]): Promise<void> {
  await storeBlobs(db(), new Map(texts.map((text) => [hashOf(bytesOf(text)), bytesOf(text)])));
}

test("bytes that neither a version nor a draft names are removed after a week, not before", async () => {
  await store("in a version", "in a draft", "given up");
  const course = await db().course.create({ data: { slug: "sums", title: "Sums" } });
  await db().user.create({ data: { id: "ada", name: "Ada", email: "ada@example.edu" } });
  const documentId = await documentAt(db(), course.id, "lectures/01-sums");
  const files = new Map([["lecture.mdx", hashOf(bytesOf("in a version"))]]);
  await storeVersion(db(), { documentId, files, origin: "site", message: "Begun" });
  const drafted = { kind: "bytes", hash: hashOf(bytesOf("in a draft")) } as const;
  await saveDraft(db(), {
    ...{ documentId, userId: "ada", revision: 0, base: 1 },
    files: new Map([["pictures/a.png", drafted]]),
  });
  const later = (days: number) => new Date(Date.now() + days * DAY_MS);
  expect(await deleteUnused(db(), later(6))).toBe(0);
  expect(await deleteUnused(db(), later(8))).toBe(1);
  expect(await db().contentBlob.count()).toBe(2);
});

test("what is sent again is as if it had come then", async () => {
  await store("sent twice");
  await db().contentBlob.updateMany({ data: { storedAt: new Date(Date.now() - 30 * DAY_MS) } });
  await store("sent twice");
  expect(await deleteUnused(db(), new Date())).toBe(0);
});
