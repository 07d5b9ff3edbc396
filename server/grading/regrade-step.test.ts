import { afterAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { type Class, fixtureFolder, makeClass, submit } from "../../tests/grading.ts";
import { db, transaction } from "../db/client.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { gradeHistory, gradeText } from "../queries/grade-log.ts";
import { regradeById } from "../queries/regrade.ts";
import { gradableSubmission } from "./gradable.ts";
import { recordGrading } from "./grade-event.ts";
import { completeJob, takeJob } from "./queue.ts";
import { dryRegrade, endRegradeEntry, regrade } from "./regrade.ts";
import { applyRegrade, dismissRegrade, undoRegrade } from "./regrade-step.ts";
import { storeResult, storeTrial } from "./stored-result.ts";

ownDatabase();
afterAll(closeQueue);

/** Ends the next job with a result, as a grader does. */
async function gradeNext(score: number, status: "graded" | "internal-error" = "graded") {
  const job = await takeJob();
  if (job === undefined) throw new Error("nothing waits");
  const submission = await gradableSubmission(db(), job);
  if (submission === undefined) throw new Error("there is no version");
  await transaction(async (tx) => {
    const result = { status, score, max: 3, tests: [], ms: 1 };
    const change = job.isDry
      ? await storeTrial(tx, submission, result)
      : await storeResult(tx, submission, result, job.isRegrade);
    if (job.isDry !== true) await recordGrading(tx, job, change);
    if (job.isRegrade) await endRegradeEntry(tx, job.id, change);
    await completeJob(tx, job);
  });
}

interface Story extends Class {
  readonly ids: readonly string[];
  readonly regradeId: string;
  readonly actorId: string;
}

async function gradedClass(scores: readonly number[]): Promise<Omit<Story, "regradeId">> {
  const lesson = await makeClass(fixtureFolder("add-up"), scores.length);
  const ids: string[] = [];
  for (const [index, score] of scores.entries()) {
    ids.push(await submit(lesson, lesson.students[index] ?? "", `export {}; // ${index}`));
    await gradeNext(score);
  }
  return { ...lesson, ids, actorId: lesson.students[0] ?? "" };
}

/** A class with these scores, whose exercise has a new version that has been tried. */
async function triedClass(before: readonly number[], after: readonly number[]): Promise<Story> {
  const { ids, actorId, ...lesson } = await gradedClass(before);
  await publish(lesson, "second");
  const regradeId = (await dryRegrade(lesson, actorId)) ?? "";
  for (const score of after) await gradeNext(score);
  return { ...lesson, ids, regradeId, actorId };
}

async function publish({ exerciseId, version }: Class, hash: string, points = 3): Promise<void> {
  const manifest = { ...JSON.parse(JSON.stringify(version.manifest)), points };
  const judge = new TextEncoder().encode(version.judge);
  await db().exerciseVersion.create({ data: { exerciseId, hash, manifest, judge } });
}

async function grades(ids: readonly string[]): Promise<number[]> {
  const rows = await db().submissionResult.findMany({
    where: { submissionId: { in: [...ids] }, counts: true },
  });
  return ids.map((id) => {
    const [row, second] = rows.filter(({ submissionId }) => submissionId === id);
    if (second !== undefined) throw new Error("two results count");
    return row?.score ?? Number.NaN;
  });
}

async function eventsOf(runId: string, kind: string) {
  const rows = await db().gradeEvent.findMany({
    where: { runId, kind },
    orderBy: { userId: "asc" },
  });
  return rows.map(({ before, after, reason }) => ({ before, after, reason }));
}

test("a dry run changes no grade, and is applied and taken back as one", async () => {
  const story = await triedClass([1, 3, 2], [3, 2, 2]);
  const { ids, runId, regradeId, actorId } = story;
  expect(await grades(ids)).toEqual([1, 3, 2]);
  const key = { runId, regradeId, actorId };
  const applied = await transaction((tx) => applyRegrade(tx, key, "A test was wrong."));
  expect(applied).toEqual({ kind: "done", changed: 2 });
  expect(await grades(ids)).toEqual([3, 2, 2]);
  expect(await eventsOf(runId, "regrade-applied")).toContainEqual({
    before: { status: "graded", score: 1 },
    after: { status: "graded", score: 3 },
    reason: "A test was wrong.",
  });
  expect(await transaction((tx) => applyRegrade(tx, key, ""))).toEqual({ kind: "settled" });
  expect(await transaction((tx) => undoRegrade(tx, key))).toEqual({ kind: "done", changed: 2 });
  expect(await grades(ids)).toEqual([1, 3, 2]);
  expect(await eventsOf(runId, "regrade-undone")).toHaveLength(2);
  // And once more.
  expect(await transaction((tx) => applyRegrade(tx, key, ""))).toMatchObject({ changed: 2 });
  expect(await grades(ids)).toEqual([3, 2, 2]);
});

test("a grade that came in between is left alone", async () => {
  const { ids, runId, regradeId, actorId } = await triedClass([1, 1], [2, 2]);
  const [first = ""] = ids;
  await regrade({ runId, submissionId: first });
  await gradeNext(3);
  const key = { runId, regradeId, actorId };
  const applied = await transaction((tx) => applyRegrade(tx, key, ""));
  expect(applied).toEqual({ kind: "done", changed: 1 });
  expect(await grades(ids)).toEqual([3, 2]);
});

test("what is unfinished, outdated or another run's is not applied", async () => {
  const story = await triedClass([1, 1], [2]);
  const { ids, runId, regradeId, actorId } = story;
  const key = { runId, regradeId, actorId };
  expect(await transaction((tx) => applyRegrade(tx, key, ""))).toEqual({ kind: "unfinished" });
  await gradeNext(0, "internal-error");
  const foreign = { ...key, runId: "another" };
  expect(await transaction((tx) => applyRegrade(tx, foreign, ""))).toEqual({ kind: "settled" });
  await publish(story, "third");
  expect(await transaction((tx) => applyRegrade(tx, key, ""))).toEqual({ kind: "outdated" });
  expect(await transaction((tx) => dismissRegrade(tx, key))).toMatchObject({ kind: "done" });
  expect(await transaction((tx) => dismissRegrade(tx, key))).toEqual({ kind: "settled" });
  expect(await grades(ids)).toEqual([1, 1]);
});

test("what the exercise is worth follows the version whose results count, as part of the step", async () => {
  const { ids, actorId, ...lesson } = await gradedClass([3]);
  const { runId, exerciseId } = lesson;
  await publish(lesson, "second", 10);
  const regradeId = (await dryRegrade(lesson, actorId)) ?? "";
  await gradeNext(10);
  const key = { runId, regradeId, actorId };
  const worth = async () =>
    (await db().exercise.findUniqueOrThrow({ where: { id: exerciseId } })).points;
  expect(await regradeById(db(), { runId, id: regradeId })).toMatchObject({
    worth: { now: 3, tried: 10 },
  });
  await transaction((tx) => applyRegrade(tx, key, "More tests."));
  expect([await worth(), await grades(ids)]).toEqual([10, [10]]);
  await transaction((tx) => undoRegrade(tx, key));
  expect([await worth(), await grades(ids)]).toEqual([3, [3]]);
  const log = await gradeHistory(db(), { exerciseId, userId: actorId });
  const noted = log.filter(({ student }) => student === undefined);
  expect(noted.map((one) => [one.kind, gradeText(one.before), gradeText(one.after)])).toEqual([
    ["regrade-undone", "worth 10 points", "worth 3 points"],
    ["regrade-applied", "worth 3 points", "worth 10 points"],
  ]);
  // And once more; somebody's other number is left alone by the way back.
  await transaction((tx) => applyRegrade(tx, key, ""));
  await db().exercise.update({ where: { id: exerciseId }, data: { points: 5 } });
  await transaction((tx) => undoRegrade(tx, key));
  expect(await worth()).toBe(5);
});

test("what was put away can still be applied", async () => {
  const { ids, runId, regradeId, actorId } = await triedClass([1], [2]);
  const key = { runId, regradeId, actorId };
  await transaction((tx) => dismissRegrade(tx, key));
  const applied = await transaction((tx) => applyRegrade(tx, key, ""));
  expect(applied).toEqual({ kind: "done", changed: 1 });
  expect(await grades(ids)).toEqual([2]);
});

test("two at once apply it once", async () => {
  const { runId, regradeId, actorId } = await triedClass([1], [2]);
  const key = { runId, regradeId, actorId };
  const both = [1, 2].map(() => transaction((tx) => applyRegrade(tx, key, "")));
  const kinds = (await Promise.all(both)).map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(["done", "settled"]);
  expect(await eventsOf(runId, "regrade-applied")).toHaveLength(1);
});

test("what a repeat has changed is brought back as one, where it has not changed once more", async () => {
  const { ids, runId, actorId } = await gradedClass([3, 1, 2]);
  const regradeId = (await regrade({ runId }, actorId)) ?? "";
  const key = { runId, regradeId, actorId };
  await gradeNext(0);
  expect(await transaction((tx) => undoRegrade(tx, key))).toEqual({ kind: "unfinished" });
  await gradeNext(1);
  await gradeNext(0);
  expect(await grades(ids)).toEqual([0, 1, 0]);
  await regrade({ runId, submissionId: ids[2] ?? "" }, actorId);
  await gradeNext(3);
  const stranger = { ...key, runId: "another" };
  expect(await transaction((tx) => undoRegrade(tx, stranger))).toEqual({ kind: "settled" });
  expect(await transaction((tx) => undoRegrade(tx, key))).toEqual({ kind: "done", changed: 1 });
  expect(await grades(ids)).toEqual([3, 1, 3]);
  expect(await eventsOf(runId, "repeat-undone")).toEqual([
    { before: { status: "graded", score: 0 }, after: { status: "graded", score: 3 }, reason: "" },
  ]);
  expect(await transaction((tx) => undoRegrade(tx, key))).toEqual({ kind: "settled" });
  expect(await transaction((tx) => applyRegrade(tx, key, ""))).toEqual({ kind: "settled" });
});

test("an undone repeat leaves the result of another version alone, and says so", async () => {
  const { ids, actorId, ...lesson } = await gradedClass([3, 3]);
  const { runId } = lesson;
  const repeatId = (await regrade({ runId }, actorId)) ?? "";
  await gradeNext(2);
  await gradeNext(2);
  await publish(lesson, "second");
  const [first = ""] = ids;
  const regradeId = (await dryRegrade(lesson, actorId)) ?? "";
  // The same score with either version: what tells them apart is whose result it is.
  await gradeNext(2);
  await gradeNext(0, "internal-error");
  await transaction((tx) => applyRegrade(tx, { runId, regradeId, actorId }, ""));
  const key = { runId, regradeId: repeatId, actorId };
  expect(await transaction((tx) => undoRegrade(tx, key))).toEqual({ kind: "done", changed: 1 });
  expect(await grades(ids)).toEqual([2, 3]);
  const counting = { submissionId: first, counts: true };
  const { version } = await db().submissionResult.findFirstOrThrow({
    where: counting,
    select: { version: true },
  });
  expect(version.hash).toBe("second");
  expect(await regradeById(db(), { runId, id: repeatId })).toMatchObject({ changed: 2, left: 1 });
});

test("an undone repeat leaves alone what only our own fault had graded before", async () => {
  const lesson = await makeClass(fixtureFolder("add-up"), 1);
  const [actorId = ""] = lesson.students;
  const id = await submit(lesson, actorId, "export {};");
  await gradeNext(0, "internal-error");
  const { runId } = lesson;
  const regradeId = (await regrade({ runId }, actorId)) ?? "";
  await gradeNext(2);
  const undone = await transaction((tx) => undoRegrade(tx, { runId, regradeId, actorId }));
  expect(undone).toEqual({ kind: "done", changed: 0 });
  expect(await grades([id])).toEqual([2]);
});
