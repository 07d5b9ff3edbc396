import { afterAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass, submit } from "../../tests/grading.ts";
import { db, transaction } from "../db/client.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { storeExercises } from "./run-exercises.ts";

ownDatabase();
afterAll(closeQueue);

/** A class, and what a publication makes of it in which its exercise is worth 10 points, not 3. */
async function publishedClass() {
  const lesson = await makeClass(fixtureFolder("add-up"), 1);
  const { runId, exerciseId, version } = lesson;
  const manifest = { ...version.manifest, points: 10, attempts: 2, title: "Add it up" };
  const folder = fixtureFolder("add-up");
  const exercise = { folder, lectureSlug: "01-sums", manifest };
  const published = [{ exercise, version: { ...version, manifest, hash: "second" } }];
  const publish = async () => {
    await transaction((tx) => storeExercises(tx, runId, published));
    const { points, attempts, title } = await db().exercise.findUniqueOrThrow({
      where: { id: exerciseId },
    });
    return { points, attempts, title };
  };
  const [userId = ""] = lesson.students;
  return { ...lesson, userId, publish };
}

/** Grades what the student hands in with the version that the class began with. */
async function graded(
  lesson: Awaited<ReturnType<typeof publishedClass>>,
  status: "graded" | "internal-error",
): Promise<void> {
  const submissionId = await submit(lesson, lesson.userId, "export {};");
  const where = { exerciseId: lesson.exerciseId };
  const { id: versionId } = await db().exerciseVersion.findFirstOrThrow({ where });
  const result = { submissionId, versionId, status, score: 3, max: 3, tests: [], ms: 1 };
  await db().submissionResult.create({ data: result });
}

test("an exercise that nobody has a grade for is worth what its newest version says", async () => {
  const lesson = await publishedClass();
  await graded(lesson, "internal-error");
  expect(await lesson.publish()).toEqual({ points: 10, attempts: 2, title: "Add it up" });
});

test("a publication changes no sum: what is graded stays worth what it was", async () => {
  const byGrader = await publishedClass();
  await graded(byGrader, "graded");
  expect(await byGrader.publish()).toEqual({ points: 3, attempts: 2, title: "Add it up" });
  const byHand = await publishedClass();
  const { exerciseId, userId } = byHand;
  await db().gradeOverride.create({ data: { exerciseId, userId, points: 2 } });
  expect(await byHand.publish()).toMatchObject({ points: 3 });
});

test("a run that is archived keeps what its exercises were worth, and how often they could be tried", async () => {
  const lesson = await publishedClass();
  const data = { archivedAt: new Date() };
  await db().courseRun.update({ where: { id: lesson.runId }, data });
  expect(await lesson.publish()).toEqual({ points: 3, attempts: null, title: "Add it up" });
});
