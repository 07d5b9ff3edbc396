import { afterAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { type Class, fixtureFolder, makeClass, submit } from "../../tests/grading.ts";
import { db } from "../db/index.ts";
import { regrade } from "../grading/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { studentAtExercise, submittedSource } from "./class-attempts.ts";
import { classActivity, classRunBySlug, classRuns } from "./class-run.ts";
import { exerciseAnalysis } from "./exercise-analysis.ts";
import { regradeById, regradeChanges, regradesOf } from "./regrade.ts";

ownDatabase();
afterAll(closeQueue);

const [FIRST, SECOND] = ["sum", "reverse"];

/** Stores a result of two tests, worth 1 and 2 points. */
async function grade(submissionId: string, passed: readonly boolean[]): Promise<void> {
  const { exerciseId } = await db().submission.findUniqueOrThrow({ where: { id: submissionId } });
  const version = await db().exerciseVersion.findFirstOrThrow({ where: { exerciseId } });
  const tests = passed.map((isPassed, index) => ({
    id: index === 0 ? FIRST : SECOND,
    kind: isPassed ? "passed" : "failed",
    points: isPassed ? index + 1 : 0,
    max: index + 1,
    ...(isPassed ? {} : { feedback: "Look at the order." }),
  }));
  const score = tests.reduce((sum, { points }) => sum + points, 0);
  await db().submissionResult.create({
    data: { submissionId, versionId: version.id, status: "graded", score, max: 3, tests, ms: 40 },
  });
}

async function ownClass(students: number): Promise<Class & { slug: string }> {
  const lesson = await makeClass(fixtureFolder("add-up"), students);
  const { runId, exerciseId } = lesson;
  // The manifest of the fixture names other tests.
  const manifest = {
    tests: [
      { id: FIRST, title: "Adds", points: 1, hint: "" },
      { id: SECOND, title: "Reverses", points: 2, hint: "" },
    ],
  };
  await db().exerciseVersion.updateMany({ where: { exerciseId }, data: { manifest } });
  const { slug } = await db().courseRun.findUniqueOrThrow({ where: { id: runId } });
  return { ...lesson, slug };
}

test("all attempts of a student are there with code, titles of hidden tests and the version", async () => {
  const lesson = await ownClass(1);
  const [userId = ""] = lesson.students;
  const first = await submit(lesson, userId, "export const one = 1;");
  await grade(first, [true, false]);
  const last = await submit(lesson, userId, "export const two = 2;");
  const { runId } = lesson;
  const found = await studentAtExercise(db(), { runId, exerciseSlug: "add-up", userId });
  expect(found?.attempts).toMatchObject([
    { id: last, attempt: 2, result: undefined },
    {
      id: first,
      attempt: 1,
      result: {
        score: 1,
        version: lesson.version.hash,
        tests: [
          { title: "Adds", kind: "passed" },
          { title: "Reverses", kind: "failed", feedback: "Look at the order." },
        ],
      },
    },
  ]);
  expect(await submittedSource(db(), last)).toBe("export const two = 2;");
});

test("a student or exercise of another run is not found", async () => {
  const [here, there] = [await ownClass(1), await ownClass(1)];
  const { runId } = here;
  const [own = ""] = here.students;
  const [foreign = ""] = there.students;
  const key = { runId, exerciseSlug: "add-up" };
  expect(await studentAtExercise(db(), { ...key, userId: foreign })).toBeUndefined();
  expect(
    await studentAtExercise(db(), { runId, exerciseSlug: "none", userId: own }),
  ).toBeUndefined();
});

test("the analysis counts the best attempt of each student", async () => {
  const lesson = await ownClass(3);
  const [weak = "", middle = "", strong = ""] = lesson.students;
  await grade(await submit(lesson, weak, "1"), [false, false]);
  await grade(await submit(lesson, middle, "1"), [false, false]);
  await grade(await submit(lesson, middle, "2"), [true, false]);
  await grade(await submit(lesson, strong, "1"), [true, true]);
  const analysis = await exerciseAnalysis(db(), lesson.exerciseId);
  expect(analysis).toMatchObject({ students: 3, attempts: 4, attemptsMedian: 1 });
  const [adds, reverses] = analysis.tests;
  expect(adds?.passed).toBeCloseTo(2 / 3);
  expect(reverses?.passed).toBeCloseTo(1 / 3);
  expect(analysis.tests.map(({ stops }) => stops)).toEqual([1, 2]);
  // (0, 1, 1) against (0, 0, 2): covariance 2/9, variances 2/9 and 8/9.
  expect(adds?.discrimination).toBeCloseTo(0.5);
});

test("an exercise that nobody has tried has an analysis without figures", async () => {
  const lesson = await ownClass(0);
  expect(await exerciseAnalysis(db(), lesson.exerciseId)).toMatchObject({
    students: 0,
    tests: [
      { title: "Adds", passed: undefined, discrimination: undefined },
      { title: "Reverses", passed: undefined },
    ],
  });
});

test("what waits is counted, with the time of the oldest", async () => {
  const lesson = await ownClass(2);
  const [first = "", second = ""] = lesson.students;
  await grade(await submit(lesson, first, "1"), [true, true]);
  const waiting = await submit(lesson, second, "1");
  const { receivedAt } = await db().submission.findUniqueOrThrow({ where: { id: waiting } });
  expect(await classActivity(db(), lesson.runId)).toEqual({
    submissions: 2,
    queued: 1,
    oldestAt: receivedAt,
  });
});

test("runs are listed with their students, and only those that are asked for", async () => {
  const [one, other] = [await ownClass(2), await ownClass(1)];
  expect((await classRuns(db(), [one.runId])).map(({ students }) => students)).toEqual([2]);
  expect((await classRuns(db())).map(({ id }) => id)).toContain(other.runId);
  expect(await classRunBySlug(db(), one.slug)).toMatchObject({ id: one.runId });
  expect(await classRunBySlug(db(), "none")).toBeUndefined();
});

test("a regrade tells how far it is and what it has changed", async () => {
  const lesson = await ownClass(3);
  const ids: string[] = [];
  for (const student of lesson.students) {
    const id = await submit(lesson, student, "1");
    await grade(id, [true, false]);
    ids.push(id);
  }
  const { runId, exerciseId } = lesson;
  const id = (await regrade({ runId, exerciseId }, lesson.students[0])) ?? "";
  const before = { statusBefore: "graded", scoreBefore: 1, statusAfter: "graded" };
  const end = (submissionId = "", scoreAfter: number) =>
    db().regradeEntry.updateMany({
      where: { regradeId: id, submissionId },
      data: { ...before, scoreAfter, endedAt: new Date() },
    });
  await end(ids[0], 3);
  await end(ids[1], 1);
  const halfWay = { id, exercise: "1.1", askedBy: "Student 0", total: 3, done: 2, changed: 1 };
  expect(await regradesOf(db(), runId, 5)).toMatchObject([halfWay]);
  expect((await regradeById(db(), { runId, id }))?.endedAt).toBeUndefined();
  expect(await regradeChanges(db(), id, 10)).toEqual([
    {
      student: { id: lesson.students[0], name: "Student 0" },
      exercise: { slug: "add-up", number: "1.1" },
      attempt: 1,
      before: { status: "graded", score: 1 },
      after: { status: "graded", score: 3 },
    },
  ]);
  await end(ids[2], 1);
  expect((await regradeById(db(), { runId, id }))?.endedAt).toBeInstanceOf(Date);
  expect(await regradeById(db(), { runId: "another", id })).toBeUndefined();
});
