import { afterAll, expect, test } from "vitest";
import type { GradingStatus } from "#notebook/document";
import { ownDatabase } from "../../tests/database.ts";
import { type Class, fixtureFolder, makeClass, submit } from "../../tests/grading.ts";
import { db, transaction } from "../db/client.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { gradableSubmission } from "./gradable.ts";
import { completeJob, takeJob } from "./queue.ts";
import { cancelRegrade, endRegradeEntry, regrade } from "./regrade.ts";
import { storeResult } from "./stored-result.ts";

ownDatabase();
afterAll(closeQueue);

/** Ends the next job with a result, as a grader does. */
async function gradeNext(score: number, status: GradingStatus = "graded"): Promise<string> {
  const job = await takeJob();
  if (job === undefined) throw new Error("nothing waits");
  const submission = await gradableSubmission(db(), job);
  if (submission === undefined) throw new Error("there is no version");
  await transaction(async (tx) => {
    const result = { status, score, max: 3, tests: [], ms: 1 };
    const change = await storeResult(tx, submission, result, job.isRegrade);
    if (job.isRegrade) await endRegradeEntry(tx, job.id, change);
    await completeJob(tx, job);
  });
  return job.submissionId;
}

async function gradedClass(scores: readonly number[]): Promise<Class & { ids: string[] }> {
  const lesson = await makeClass(fixtureFolder("add-up"), scores.length);
  const ids: string[] = [];
  for (const [index, score] of scores.entries()) {
    ids.push(await submit(lesson, lesson.students[index] ?? "", `export {}; // ${index}`));
    await gradeNext(score);
  }
  return { ...lesson, ids };
}

async function countingScores(submissionId: string): Promise<number[]> {
  const rows = await db().submissionResult.findMany({ where: { submissionId, counts: true } });
  return rows.map(({ score }) => score);
}

async function entriesOf(regradeId: string) {
  return db().regradeEntry.findMany({
    where: { regradeId },
    orderBy: { scoreBefore: "asc" },
    select: { statusBefore: true, scoreBefore: true, statusAfter: true, scoreAfter: true },
  });
}

test("a regrade of a run notes what every submission had and has", async () => {
  const lesson = await gradedClass([1, 3]);
  const id = (await regrade({ runId: lesson.runId }, lesson.students[0])) ?? "";
  await gradeNext(2);
  await gradeNext(3);
  expect(await entriesOf(id)).toEqual([
    { statusBefore: "graded", scoreBefore: 1, statusAfter: "graded", scoreAfter: 2 },
    { statusBefore: "graded", scoreBefore: 3, statusAfter: "graded", scoreAfter: 3 },
  ]);
});

test("a regrade that fails by our own fault takes no grade away", async () => {
  const lesson = await gradedClass([3]);
  const [submissionId = ""] = lesson.ids;
  const id = (await regrade({ runId: lesson.runId, submissionId })) ?? "";
  await gradeNext(0, "internal-error");
  expect(await countingScores(submissionId)).toEqual([3]);
  expect(await entriesOf(id)).toMatchObject([{ statusAfter: "internal-error", scoreAfter: 3 }]);
  expect(await db().submission.findUnique({ where: { id: submissionId } })).toMatchObject({
    spends: true,
  });
});

async function publish({ exerciseId, version }: Class, hash: string): Promise<string> {
  const manifest = JSON.parse(JSON.stringify(version.manifest));
  const judge = new TextEncoder().encode(version.judge);
  const data = { exerciseId, hash, manifest, judge };
  return (await db().exerciseVersion.create({ data })).id;
}

async function countingVersion(submissionId: string): Promise<string> {
  const where = { submissionId, counts: true };
  const { version } = await db().submissionResult.findFirstOrThrow({
    where,
    select: { version: { select: { hash: true } } },
  });
  return version.hash;
}

test("after a publication a repeat uses the version that graded, a first grading the new one", async () => {
  const lesson = await gradedClass([1]);
  const [submissionId = ""] = lesson.ids;
  await publish(lesson, "mended");
  await regrade({ runId: lesson.runId, exerciseId: lesson.exerciseId });
  await gradeNext(3);
  expect(await countingScores(submissionId)).toEqual([3]);
  expect(await countingVersion(submissionId)).toBe(lesson.version.hash);
  const next = await submit(lesson, lesson.students[0] ?? "", "export {}; // next");
  await gradeNext(2);
  expect(await countingVersion(next)).toBe("mended");
});

test("what only our own fault has graded is graded with the new version", async () => {
  const lesson = await makeClass(fixtureFolder("add-up"), 1);
  const id = await submit(lesson, lesson.students[0] ?? "", "export {};");
  await gradeNext(0, "internal-error");
  await publish(lesson, "mended");
  await regrade({ runId: lesson.runId, submissionId: id });
  await gradeNext(2);
  expect(await countingScores(id)).toEqual([2]);
  expect(await countingVersion(id)).toBe("mended");
});

test("a repeat stores nothing when the grade has come from another version meanwhile", async () => {
  const lesson = await gradedClass([1]);
  const [submissionId = ""] = lesson.ids;
  const versionId = await publish(lesson, "mended");
  await regrade({ runId: lesson.runId, submissionId });
  const job = (await takeJob()) ?? { submissionId, isRegrade: true };
  const begun = await gradableSubmission(db(), job);
  if (begun === undefined) throw new Error("there is no version");
  // The new version is applied while the repeat runs.
  const tried = { status: "graded", score: 2, max: 3, tests: [], ms: 1 };
  await db().submissionResult.updateMany({ where: { submissionId }, data: { counts: false } });
  await db().submissionResult.create({ data: { submissionId, versionId, ...tried } });
  const repeated = { ...tried, status: "graded", score: 0 } as const;
  await transaction((tx) => storeResult(tx, begun, repeated, true));
  expect(await countingScores(submissionId)).toEqual([2]);
});

test("a cancelled regrade leaves to its grader what that one has begun", async () => {
  const lesson = await gradedClass([1, 1, 1]);
  const id = (await regrade({ runId: lesson.runId })) ?? "";
  const begun = await takeJob();
  expect(begun?.isRegrade).toBe(true);
  expect(await cancelRegrade("another run", id)).toBe(0);
  expect(await cancelRegrade(lesson.runId, id)).toBe(2);
  expect(await takeJob()).toBeUndefined();
  const entries = await db().regradeEntry.findMany({ where: { regradeId: id } });
  expect(entries.filter(({ isCancelled }) => !isCancelled)).toMatchObject([{ id: begun?.id }]);
});

test("a regrade whose submissions cannot be queued does not begin", async () => {
  const lesson = await gradedClass([1]);
  await db().$executeRaw`ALTER TABLE "RegradeEntry" ADD CONSTRAINT full_up CHECK (false) NOT VALID`;
  await expect(regrade({ runId: lesson.runId })).rejects.toThrow(/full_up/);
  await db().$executeRaw`ALTER TABLE "RegradeEntry" DROP CONSTRAINT full_up`;
  expect(await db().regrade.count({ where: { runId: lesson.runId } })).toBe(0);
});

test("what waits to be graded again is not queued twice", async () => {
  const lesson = await gradedClass([1, 2]);
  const scope = { runId: lesson.runId };
  await regrade({ ...scope, submissionId: lesson.ids[0] ?? "" });
  const all = (await regrade(scope)) ?? "";
  expect(await db().regradeEntry.count({ where: { regradeId: all } })).toBe(1);
  expect(await regrade(scope, "")).toBeUndefined();
});
