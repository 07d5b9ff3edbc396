import { beforeEach, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass } from "../../tests/grading.ts";
import { db } from "../db/index.ts";
import { exerciseDraft, keepBothTexts, saveExerciseDraft } from "./exercise-draft.ts";

ownDatabase();

let key: { userId: string; exerciseId: string };

beforeEach(async () => {
  const { exerciseId, students } = await makeClass(fixtureFolder("add-up"), 1);
  key = { exerciseId, userId: students[0] ?? "" };
});

function save(revision: number, source: string) {
  return saveExerciseDraft(db(), { ...key, revision, source });
}

test("a draft is stored revision by revision", async () => {
  expect(await exerciseDraft(db(), key)).toMatchObject({ revision: 0, source: undefined });
  expect(await save(0, "one")).toEqual({ kind: "saved", revision: 1 });
  expect(await save(1, "two")).toEqual({ kind: "saved", revision: 2 });
  expect(await exerciseDraft(db(), key)).toMatchObject({ revision: 2, source: "two" });
});

test("a save that has not seen the newest revision stores nothing and answers it", async () => {
  await save(0, "of the first device");
  expect(await save(0, "of the second")).toMatchObject({
    kind: "conflict",
    present: { revision: 1, source: "of the first device" },
  });
});

test("of two devices that save at once one is told of the other", async () => {
  await save(0, "begun");
  const outcomes = await Promise.all([save(1, "one"), save(1, "two")]);
  expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["conflict", "saved"]);
});

test("a text that nobody can be asked about stands below the one that another device has saved", async () => {
  const keep = (revision: number, source: string) =>
    keepBothTexts(db(), { ...key, revision, source });
  await keep(0, "one");
  expect(await exerciseDraft(db(), key)).toMatchObject({ source: "one" });
  await keep(0, "one");
  expect(await exerciseDraft(db(), key)).toMatchObject({ revision: 1, source: "one" });
  await keep(0, "two");
  expect(await exerciseDraft(db(), key)).toMatchObject({ revision: 2, source: "one\n\ntwo" });
});
