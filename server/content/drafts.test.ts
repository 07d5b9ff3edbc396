import { beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db } from "../db/index.ts";
import { type DraftFile, draftOf, dropDraft, laidOver, saveDraft } from "./drafts.ts";
import { documentAt } from "./store.ts";

ownDatabase();

const text = (value: string): DraftFile => ({ kind: "text", text: value });
let key = { documentId: "", userId: "" };

beforeEach(async () => {
  const { id: courseId } = await db().course.create({
    data: { slug: crypto.randomUUID(), title: "Sums" },
  });
  const id = crypto.randomUUID();
  const { id: userId } = await db().user.create({ data: { id, name: "A", email: id } });
  key = { documentId: await documentAt(db(), courseId, "lectures/01-sums"), userId };
});

const save = (revision: number, files: Readonly<Record<string, DraftFile | undefined>>, base = 1) =>
  saveDraft(db(), { ...key, revision, base, files: new Map(Object.entries(files)) });

test("what an author types is kept file by file, over the version that they began with", async () => {
  await save(0, { "lecture.mdx": text("# One"), "a.png": { kind: "bytes", hash: "abc" } });
  await save(1, { "lecture.mdx": text("# Two"), "old.svg": { kind: "removed" } });
  const draft = await draftOf(db(), key);
  expect([draft?.revision, draft?.base]).toEqual([2, 1]);
  const version = new Map([
    ["lecture.mdx", "1"],
    ["old.svg", "2"],
    ["outputs.json", "3"],
  ]);
  const files = draft && laidOver(version, draft, (value) => `hash of ${value}`);
  expect([...(files ?? [])]).toEqual([
    ["lecture.mdx", "hash of # Two"],
    ["outputs.json", "3"],
    ["a.png", "abc"],
  ]);
});

test("a second tab that is behind stores nothing, and gets what the first one has saved", async () => {
  await save(0, { "lecture.mdx": text("# One") });
  await save(1, { "lecture.mdx": text("# Two") });
  const outcome = await save(1, { "lecture.mdx": text("# Another") });
  expect(outcome).toMatchObject({ kind: "behind", draft: { revision: 2 } });
  expect((await draftOf(db(), key))?.files.get("lecture.mdx")).toEqual(text("# Two"));
});

test("of two tabs that begin at once one is told of the other", async () => {
  const both = await Promise.all(
    ["# A", "# B"].map((one) => save(0, { "lecture.mdx": text(one) })),
  );
  expect(both.map(({ kind }) => kind).sort()).toEqual(["behind", "saved"]);
});

test("a file that is given up is as in the version again, and a draft that is dropped is gone", async () => {
  await save(0, { "lecture.mdx": text("# One") });
  await save(1, { "lecture.mdx": undefined });
  expect((await draftOf(db(), key))?.files.size).toBe(0);
  await dropDraft(db(), key);
  expect(await draftOf(db(), key)).toBeUndefined();
});

test.each(["../topics.yaml", "/etc/passwd", ".git/config", "a\\b", "a//b", "x\0.ts", "mutants/"])(
  "no draft has a file %j",
  async (path) => {
    expect(await save(0, { [path]: text("") })).toEqual({ kind: "refused", path });
    expect(await draftOf(db(), key)).toBeUndefined();
  },
);
