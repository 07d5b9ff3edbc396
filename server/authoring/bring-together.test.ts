import { beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { draftOf, saveDraft } from "../content/drafts.ts";
import { documentAt, storeBlobs, storeVersion } from "../content/store.ts";
import { hashOf } from "../content/tree.ts";
import { db, transaction } from "../db/index.ts";
import { bringBack, mergeDraft, mergeOf } from "./bring-together.ts";

ownDatabase();

let key = { documentId: "", userId: "" };
beforeEach(async () => {
  const slug = crypto.randomUUID();
  const { id: courseId } = await db().course.create({ data: { slug, title: "Sums" } });
  const userId = crypto.randomUUID();
  await db().user.create({ data: { id: userId, name: "A", email: userId } });
  key = { documentId: await documentAt(db(), courseId, "lectures/01-sums"), userId };
  await version({ "lecture.mdx": "1\n2\n3\n", "old.txt": "old" });
});

const type = (text: string, revision = 0) =>
  saveDraft(db(), {
    ...{ ...key, revision, base: 1 },
    files: new Map([["lecture.mdx", { kind: "text", text }]]),
  });
const merge = (choice?: "mine" | "theirs" | "both", revision = 1) =>
  transaction((tx) =>
    mergeDraft(tx, {
      ...{ ...key, revision, head: 2 },
      choices: new Map(choice === undefined ? [] : [["lecture.mdx#1", choice]]),
    }),
  );

test("a draft that fell behind is brought over the newest version, with what each has changed", async () => {
  await type("A\n2\n3\n");
  await version({ "lecture.mdx": "1\n2\nC\n" });
  expect(await mergeOf(db(), key)).toMatchObject({ base: 1, head: 2, revision: 1 });
  expect(await merge()).toEqual({ kind: "merged" });
  const draft = await draftOf(db(), key);
  expect(draft).toMatchObject({ base: 2, revision: 2 });
  expect([...(draft?.files ?? [])]).toEqual([["lecture.mdx", { kind: "text", text: "A\n2\nC\n" }]]);
  expect(await mergeOf(db(), key)).toBeUndefined();
});

test("nothing is merged as long as a conflict is open, or when something has changed since", async () => {
  await type("1\nmine\n3\n");
  await version({ "lecture.mdx": "1\ntheirs\n3\n", "old.txt": "old" });
  expect(await merge()).toEqual({ kind: "undecided" });
  await type("1\nmine too\n3\n", 1);
  expect(await merge("mine")).toEqual({ kind: "changed" });
  expect(await merge("both", 2)).toEqual({ kind: "merged" });
  const text = "1\nmine too\ntheirs\n3\n";
  expect((await draftOf(db(), key))?.files.get("lecture.mdx")).toEqual({ kind: "text", text });
});

test("an older version comes back as a draft over the newest, with files that were removed since", async () => {
  await version({ "lecture.mdx": "new\n", "more.txt": "more" });
  const back = () => transaction((tx) => bringBack(tx, { ...key, number: 1 }));
  expect(await back()).toEqual({ kind: "brought-back" });
  const draft = await draftOf(db(), key);
  expect(draft?.base).toBe(2);
  expect(Object.fromEntries(draft?.files ?? [])).toEqual({
    "lecture.mdx": { kind: "text", text: "1\n2\n3\n" },
    "more.txt": { kind: "removed" },
    "old.txt": { kind: "text", text: "old" },
  });
  expect(await back()).toEqual({ kind: "has-draft" });
  expect(await transaction((tx) => bringBack(tx, { ...key, number: 9 }))).toEqual({
    kind: "no-version",
  });
});

async function version(texts: Readonly<Record<string, string>>): Promise<void> {
  const files = new Map<string, string>();
  for (const [path, text] of Object.entries(texts)) {
    const bytes = new TextEncoder().encode(text);
    await storeBlobs(db(), new Map([[hashOf(bytes), bytes]]));
    files.set(path, hashOf(bytes));
  }
  const { documentId } = key;
  await storeVersion(db(), { documentId, files, origin: "site", message: "Stored" });
}
