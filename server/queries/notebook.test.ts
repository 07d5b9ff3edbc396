import { beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { db, transaction } from "../db/index.ts";
import { cellHistory, notebookOf, type SaveOutcome, saveNotebook } from "./notebook.ts";

ownDatabase();

const key = { userId: "reader", lectureSlug: "11-ebpf-1-machine" };

beforeEach(async () => {
  await db().user.deleteMany();
  await db().user.create({ data: { id: "reader", name: "R", email: "r@example.edu" } });
});

function save(revision: number, cells: Record<string, string>): Promise<SaveOutcome> {
  return transaction((tx) => saveNotebook(tx, { ...key, revision, cells }));
}

test("a first save makes revision 1, and what was saved comes back", async () => {
  expect(await save(0, { counts: "1 + 1" })).toEqual({ kind: "saved", revision: 1 });
  expect(await notebookOf(db(), key)).toMatchObject({ revision: 1, cells: { counts: "1 + 1" } });
});

test("a save that has not seen the newest revision stores nothing and answers it", async () => {
  await save(0, { counts: "from the first device" });
  expect(await save(0, { counts: "from the second" })).toMatchObject({
    kind: "conflict",
    present: { revision: 1, cells: { counts: "from the first device" } },
  });
  expect((await notebookOf(db(), key)).cells["counts"]).toBe("from the first device");
});

test("of two devices that save at once one is told of the other", async () => {
  const outcomes = await Promise.all([save(0, { a: "one" }), save(0, { a: "two" })]);
  expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["conflict", "saved"]);
});

test("the history keeps a text that stood for a minute and not every keystroke", async () => {
  await save(0, { a: "x" });
  await db().cellRevision.updateMany({ data: { savedAt: new Date(Date.now() - 120_000) } });
  await save(1, { a: "xy" });
  await save(2, { a: "xyz" });
  const history = await cellHistory(db(), { ...key, cellId: "a" });
  expect(history.map(({ source }) => source)).toEqual(["xyz", "x"]);
});

test("a cell that goes back to the lecture's text is no longer among the edited ones", async () => {
  await save(0, { a: "x", b: "y" });
  await save(1, { b: "y" });
  expect((await notebookOf(db(), key)).cells).toEqual({ b: "y" });
});
