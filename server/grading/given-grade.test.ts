import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass } from "../../tests/grading.ts";
import { db, transaction } from "../db/client.ts";
import { gradeLog, gradeText } from "../queries/grade-log.ts";
import { readGradesFile } from "../queries/grades-file.ts";
import {
  type GivenGrade,
  type GradeToGive,
  giveGradeAsSeen,
  giveGrades,
  givenDigest,
  undoGiving,
} from "./given-grade.ts";
import {
  gradeSettings,
  type SettingsChange,
  saveGradeSettings,
  undoGradeSettings,
} from "./grade-settings.ts";

ownDatabase();

async function ownClass() {
  const { runId, exerciseId, students } = await makeClass(fixtureFolder("add-up"), 3);
  for (const [index, id] of students.entries()) {
    await db().user.update({ where: { id }, data: { username: `${randomUUID()}-${index}` } });
  }
  const [first = "", second = ""] = students;
  const step = { runId, actorId: students[2] ?? "", kind: "given" } as const;
  const give = (...grades: GradeToGive[]) => transaction((tx) => giveGrades(tx, step, grades));
  const undo = async (stepId: string | undefined) =>
    transaction((tx) => undoGiving(tx, { ...step, stepId: stepId ?? "" }));
  const pointsOf = async (userId: string) =>
    (await db().gradeOverride.findUnique({ where: { exerciseId_userId: { exerciseId, userId } } }))
      ?.points;
  return { runId, exerciseId, first, second, step, give, undo, pointsOf };
}

const given = (points: number | null, comment = ""): GivenGrade => ({
  points,
  isExcused: false,
  comment,
});

test("each given grade is noted with both sides, and a step is taken back as one", async () => {
  const { runId, exerciseId, first, second, give, undo, pointsOf } = await ownClass();
  await give({ exerciseId, userId: first, given: given(1, "a first word") });
  const step = await give(
    { exerciseId, userId: first, given: given(2.5) },
    { exerciseId, userId: second, given: given(3) },
  );
  expect([await pointsOf(first), await pointsOf(second)]).toEqual([2.5, 3]);
  expect(await undo(step)).toEqual({ kind: "undone", grades: 2, left: 0 });
  expect([await pointsOf(first), await pointsOf(second)]).toEqual([1, undefined]);
  const log = await gradeLog(db(), { runId, kinds: ["given"], limit: 100, offset: 0 });
  expect(log).toHaveLength(5);
  expect(log.at(-1)).toMatchObject({
    before: null,
    after: { points: 1, comment: "a first word" },
    reason: "a first word",
  });
});

test("what somebody has changed since stays when a step is taken back", async () => {
  const { exerciseId, first, second, give, undo, pointsOf } = await ownClass();
  const step = await give(
    { exerciseId, userId: first, given: given(2) },
    { exerciseId, userId: second, given: given(2) },
  );
  await give({ exerciseId, userId: second, given: given(3) });
  expect(await undo(step)).toEqual({ kind: "undone", grades: 1, left: 1 });
  expect([await pointsOf(first), await pointsOf(second)]).toEqual([undefined, 3]);
});

test("who is erased since gets nothing back, and the others do", async () => {
  const { exerciseId, first, second, give, undo, pointsOf } = await ownClass();
  const both = (points: number | null) => [
    { exerciseId, userId: first, given: given(points) },
    { exerciseId, userId: second, given: given(points) },
  ];
  await give(...both(2));
  const taken = await give(...both(null));
  await db().user.delete({ where: { id: first } });
  expect(await undo(taken)).toEqual({ kind: "undone", grades: 1, left: 1 });
  expect(await pointsOf(second)).toBe(2);
});

test("nothing given, and the same once more, is no step", async () => {
  const { exerciseId, first, give } = await ownClass();
  expect(await give({ exerciseId, userId: first, given: given(null) })).toBeUndefined();
  await give({ exerciseId, userId: first, given: given(1) });
  expect(await give({ exerciseId, userId: first, given: given(1) })).toBeUndefined();
});

test("a grade that somebody has given since it was looked at is not replaced unread", async () => {
  const { exerciseId, first, step, pointsOf } = await ownClass();
  const giveAsSeen = (points: number, seen: GivenGrade | null) =>
    transaction((tx) => {
      const grade = { exerciseId, userId: first, given: given(points) };
      return giveGradeAsSeen(tx, step, grade, givenDigest(seen));
    });
  const both = await Promise.all([giveAsSeen(1, null), giveAsSeen(2, null)]);
  expect(both.map(({ kind }) => kind).sort()).toEqual(["changed", "given"]);
  const now = given((await pointsOf(first)) ?? null);
  expect(both).toContainEqual({ kind: "changed", now });
  expect(await giveAsSeen(3, now)).toEqual({ kind: "given" });
  expect(await pointsOf(first)).toBe(3);
});

test("a step of another run is unknown", async () => {
  const [here, there] = [await ownClass(), await ownClass()];
  const { exerciseId, first } = there;
  const step = await there.give({ exerciseId, userId: first, given: given(1) });
  expect(await here.undo(step)).toEqual({ kind: "unknown" });
});

test("settings are stored, noted and taken back as one", async () => {
  const { runId, exerciseId, step } = await ownClass();
  const foreign = await ownClass();
  const wanted = { dropLowest: 2, weights: { [exerciseId]: 1.5, [foreign.exerciseId]: 9 } };
  const stepId = await transaction((tx) => saveGradeSettings(tx, step, wanted));
  expect(await gradeSettings(db(), runId)).toEqual({
    dropLowest: 2,
    weights: { [exerciseId]: 1.5 },
  });
  expect((await gradeSettings(db(), foreign.runId)).weights).toEqual({ [foreign.exerciseId]: 1 });
  await transaction((tx) => undoGradeSettings(tx, { ...step, stepId: stepId ?? "" }));
  expect(await gradeSettings(db(), runId)).toEqual({ dropLowest: 0, weights: { [exerciseId]: 1 } });
});

test("settings are taken back only where they are as the step has left them", async () => {
  const { runId, exerciseId, step } = await ownClass();
  const save = (wanted: SettingsChange) => transaction((tx) => saveGradeSettings(tx, step, wanted));
  const undo = async (stepId: string | undefined) =>
    transaction((tx) => undoGradeSettings(tx, { ...step, stepId: stepId ?? "" }));
  const weighed = await save({ weights: { [exerciseId]: 2 } });
  const both = await save({ dropLowest: 1, weights: { [exerciseId]: 3 } });
  await save({ weights: { [exerciseId]: 4 } });
  expect(await undo(weighed)).toBeUndefined();
  expect(await gradeSettings(db(), runId)).toEqual({ dropLowest: 1, weights: { [exerciseId]: 4 } });
  await undo(both);
  expect(await gradeSettings(db(), runId)).toEqual({ dropLowest: 0, weights: { [exerciseId]: 4 } });
  const log = await gradeLog(db(), { runId, kinds: ["settings"], limit: 100, offset: 0 });
  expect(log.map(({ before, after }) => `${gradeText(before)} → ${gradeText(after)}`)).toEqual([
    "1 lowest dropped → 0 lowest dropped",
    "weight of 1.1: 3 → weight of 1.1: 4",
    "0 lowest dropped; weight of 1.1: 2 → 1 lowest dropped; weight of 1.1: 3",
    "weight of 1.1: 1 → weight of 1.1: 2",
  ]);
});

test("a file of grades is read, with each mistake at its line", async () => {
  const { runId, exerciseId, first } = await ownClass();
  const { username } = await db().user.findUniqueOrThrow({ where: { id: first } });
  const { number } = await db().exercise.findUniqueOrThrow({ where: { id: exerciseId } });
  const good = `username,exercise,points,comment\r\n${username},${number},2.5,"Well, done"\r\n`;
  const read = await readGradesFile(db(), runId, `\ufeff${good}`);
  expect(read.problems).toEqual([]);
  expect(read.grades).toMatchObject([
    { line: 2, userId: first, exerciseId, given: { points: 2.5, comment: "Well, done" } },
  ]);
  const bad = `${good}nobody,${number},1,\n${username},E99.1,1,\n${username},add-up,many,\n${username},add-up,1,\n`;
  expect((await readGradesFile(db(), runId, bad)).problems).toEqual([
    "line 3: no student of this run has the username “nobody”: correct it",
    "line 4: there is no exercise “E99.1”: write it like E11.1",
    "line 5: points: “many” is no number from 0 to 1000: correct it",
    "line 6: the same student and exercise as in line 2: leave one of them out",
  ]);
  expect((await readGradesFile(db(), runId, "name,points\na,1\n")).problems).toEqual([
    "line 1: the heading lacks username, exercise: write username,exercise,points,comment",
  ]);
});

test("a file says nothing of excuses, nor without their column of comments", async () => {
  const { runId, exerciseId, first, give } = await ownClass();
  const { username } = await db().user.findUniqueOrThrow({ where: { id: first } });
  const before = { points: 2, isExcused: true, comment: "From the oral." };
  await give({ exerciseId, userId: first, given: before });
  const read = async (text: string) => (await readGradesFile(db(), runId, text)).grades;
  expect(await read(`username,exercise,points\n${username},add-up,1\n`)).toMatchObject([
    { before, given: { ...before, points: 1 } },
  ]);
  expect(await read(`username,exercise,points,comment\n${username},add-up,,\n`)).toMatchObject([
    { before, given: { points: null, isExcused: true, comment: "" } },
  ]);
});

test("what a file would do has another digest when somebody gives a grade meanwhile", async () => {
  const { runId, exerciseId, first, second, give } = await ownClass();
  const { username } = await db().user.findUniqueOrThrow({ where: { id: first } });
  const text = `username,exercise,points\n${username},add-up,1\n`;
  const digest = async () => (await readGradesFile(db(), runId, text)).digest;
  const seen = await digest();
  await give({ exerciseId, userId: second, given: given(3) });
  expect(await digest()).toBe(seen);
  await give({ exerciseId, userId: first, given: given(3) });
  expect(await digest()).not.toBe(seen);
});
