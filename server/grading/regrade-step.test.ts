import { afterAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { type Class, fixtureFolder, makeClass, submit } from "../../tests/grading.ts";
import { db, transaction } from "../db/client.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { recordGrading } from "./grade-event.ts";
import { completeJob, takeJob } from "./queue.ts";
import { dryRegrade, endRegradeEntry, regrade } from "./regrade.ts";
import { applyRegrade, dismissRegrade, undoRegrade } from "./regrade-step.ts";
import { gradableSubmission, storeResult, storeTrial } from "./stored-result.ts";

ownDatabase();
afterAll(closeQueue);

/** Ends the next job with a result, as a grader does. */
async function gradeNext(score: number, status: "graded" | "internal-error" = "graded") {
  const job = await takeJob();
  if (job === undefined) throw new Error("nothing waits");
  const submission = await gradableSubmission(db(), job.submissionId);
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

/** A class with these scores, whose exercise has a new version that has been tried. */
async function triedClass(before: readonly number[], after: readonly number[]): Promise<Story> {
  const lesson = await makeClass(fixtureFolder("add-up"), before.length);
  const ids: string[] = [];
  for (const [index, score] of before.entries()) {
    ids.push(await submit(lesson, lesson.students[index] ?? "", `export {}; // ${index}`));
    await gradeNext(score);
  }
  await publish(lesson, "second");
  const [actorId = ""] = lesson.students;
  const regradeId = (await dryRegrade(lesson, actorId)) ?? "";
  for (const score of after) await gradeNext(score);
  return { ...lesson, ids, regradeId, actorId };
}

async function publish({ exerciseId, version }: Class, hash: string): Promise<void> {
  const manifest = JSON.parse(JSON.stringify(version.manifest));
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

test("what is unfinished, outdated, put away or another run's is not applied", async () => {
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
  expect(await transaction((tx) => applyRegrade(tx, key, ""))).toEqual({ kind: "settled" });
  expect(await grades(ids)).toEqual([1, 1]);
});

test("two at once apply it once", async () => {
  const { runId, regradeId, actorId } = await triedClass([1], [2]);
  const key = { runId, regradeId, actorId };
  const both = [1, 2].map(() => transaction((tx) => applyRegrade(tx, key, "")));
  const kinds = (await Promise.all(both)).map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(["done", "settled"]);
  expect(await eventsOf(runId, "regrade-applied")).toHaveLength(1);
});
