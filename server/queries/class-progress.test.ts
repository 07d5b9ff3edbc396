import { afterAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { type Class, fixtureFolder, makeClass, submit } from "../../tests/grading.ts";
import { db } from "../db/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { classAttention, failingGroups, VAIN_ATTEMPTS } from "./class-attention.ts";
import { exerciseProgress } from "./class-progress.ts";

ownDatabase();
afterAll(closeQueue);

const NOW = new Date("2026-11-20T12:00:00Z");
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 24 * 3600 * 1000);
const TESTS = ["adds-two", "adds-big", "reverses"];

/** An attempt that passed so many of three tests of a point each. */
async function attempt(lesson: Class, student: number, passed: number, at = daysAgo(1)) {
  const userId = lesson.students[student] ?? "";
  const id = await submit(lesson, userId, `export const x = ${Math.random()};`);
  await db().submission.update({ where: { id }, data: { receivedAt: at } });
  const version = await db().exerciseVersion.findFirstOrThrow({
    where: { exerciseId: lesson.exerciseId },
  });
  const tests = TESTS.map((test, index) => ({
    id: test,
    kind: index < passed ? "passed" : "failed",
    points: index < passed ? 1 : 0,
    max: 1,
    ...(index < passed ? {} : { feedback: `${test} is wrong.` }),
  }));
  await db().submissionResult.create({
    data: {
      submissionId: id,
      versionId: version.id,
      status: "graded",
      score: passed,
      max: 3,
      tests,
      ms: 40,
    },
  });
}

const classOf = (students: number) => makeClass(fixtureFolder("add-up"), students);

test("an exercise tells who tried it, who made it, after how many tries, and what stops the others", async () => {
  const lesson = await classOf(5);
  await attempt(lesson, 0, 3, daysAgo(2));
  await attempt(lesson, 1, 1, daysAgo(2));
  await attempt(lesson, 1, 2, daysAgo(1.5));
  await attempt(lesson, 1, 3, daysAgo(1));
  await attempt(lesson, 2, 2);
  await attempt(lesson, 3, 1);
  const [progress] = await exerciseProgress(db(), lesson.runId);
  expect(progress).toMatchObject({
    number: "1.1",
    tried: 4,
    attempts: 6,
    full: 2,
    triesMedian: 2,
    secondsMedian: 12 * 3600,
    hardest: { title: "reverse(bytes) answers them from the last to the first", stops: 2 },
  });
  expect(progress?.spread).toEqual([0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 2]);
});

test("an exercise that nobody tried says so, and staff count for nothing", async () => {
  const lesson = await classOf(1);
  await db().enrolment.updateMany({ where: { runId: lesson.runId }, data: { role: "ta" } });
  await attempt(lesson, 0, 3);
  const [progress] = await exerciseProgress(db(), lesson.runId);
  expect(progress).toMatchObject({ tried: 0, full: 0, triesMedian: undefined, hardest: undefined });
});

test("silent is who has handed nothing in for two weeks, unless they have only just come", async () => {
  const lesson = await classOf(4);
  const [, old, recent, fresh] = lesson.students;
  const { runId } = lesson;
  await db().enrolment.updateMany({ where: { runId }, data: { since: daysAgo(60) } });
  await db().enrolment.updateMany({
    where: { runId, userId: fresh ?? "" },
    data: { since: daysAgo(3) },
  });
  await attempt(lesson, 1, 3, daysAgo(20));
  await attempt(lesson, 2, 0, daysAgo(2));
  const { silent, silentCount } = await classAttention(db(), runId, NOW);
  expect(silent.map(({ userId, lastAt }) => [userId, lastAt])).toEqual([
    [lesson.students[0], undefined],
    [old, daysAgo(20)],
  ]);
  expect(silentCount).toBe(2);
  expect(silent.map(({ userId }) => userId)).not.toContain(recent);
});

test("stuck is who tries again and again without another point, lately, and has not made it", async () => {
  const lesson = await classOf(4);
  for (let n = 0; n < VAIN_ATTEMPTS; n++) {
    await attempt(lesson, 0, 0);
    await attempt(lesson, 1, n === 0 ? 1 : 0);
    await attempt(lesson, 2, 1, daysAgo(20));
    await attempt(lesson, 3, n === VAIN_ATTEMPTS - 1 ? 3 : 0);
  }
  await attempt(lesson, 1, 1);
  const { stuck } = await classAttention(db(), lesson.runId, NOW);
  expect(stuck.map(({ userId, vainAttempts, best }) => [userId, vainAttempts, best])).toEqual(
    expect.arrayContaining([
      [lesson.students[0], VAIN_ATTEMPTS, 0],
      [lesson.students[1], VAIN_ATTEMPTS, 1],
    ]),
  );
  expect(stuck).toHaveLength(2);
});

test("who has a part of the points by a version that gives more than the exercise is worth is stuck, too", async () => {
  const lesson = await classOf(1);
  await db().exercise.update({ where: { id: lesson.exerciseId }, data: { points: 1 } });
  for (let n = 0; n <= VAIN_ATTEMPTS; n++) await attempt(lesson, 0, 1);
  const { stuck } = await classAttention(db(), lesson.runId, NOW);
  expect(stuck.map(({ userId }) => userId)).toEqual(lesson.students);
});

test("last attempts that fail the same tests for the same reason make a group, with an example", async () => {
  const lesson = await classOf(4);
  await attempt(lesson, 0, 2, daysAgo(3));
  await attempt(lesson, 1, 0, daysAgo(3));
  await attempt(lesson, 1, 2, daysAgo(2));
  await attempt(lesson, 2, 1, daysAgo(2));
  await attempt(lesson, 3, 3, daysAgo(2));
  const groups = await failingGroups(db(), lesson.exerciseId);
  expect(groups).toMatchObject([
    {
      status: "graded",
      failed: ["reverses"],
      feedback: "reverses is wrong.",
      students: 2,
      example: { userId: lesson.students[1], attempt: 2 },
    },
    { failed: ["adds-big", "reverses"], students: 1 },
  ]);
});
