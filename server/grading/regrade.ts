/**
 * Grading again what has been graded: one submission, all of an exercise, all of a run. A repeat uses
 * the version that has graded each of them and counts at once, as after a failure of the judge; a new
 * version is tried first (`dryRegrade`).
 */
import { randomUUID } from "node:crypto";
import { db, type Tx, transaction } from "../db/client.ts";
import { Prisma } from "../db/index.ts";
import { enqueueRegrades, withdrawJobs } from "./queue.ts";
import type { GradeChange } from "./stored-result.ts";

/** What is graded again; nothing besides the run means all of it. */
export interface RegradeScope {
  readonly runId: string;
  readonly exerciseId?: string;
  readonly submissionId?: string;
}

/** So many are stored and queued in one transaction, so that none is open for long. */
const BATCH = 1000;

/**
 * Queues all submissions of `scope` that do not wait to be graded again already for a repeat, and
 * answers the regrade's id; undefined when there is none.
 */
export async function regrade(
  scope: RegradeScope,
  askedById?: string,
): Promise<string | undefined> {
  const submissions = await submissionsOf(scope);
  const { runId, exerciseId = null } = scope;
  return start(submissions, { runId, exerciseId, askedById: askedById ?? null });
}

/**
 * Queues all submissions of an exercise whose grades come from an earlier version, to be graded with
 * the newest one without a change of any grade; answers the regrade's id, undefined when there are none.
 */
export async function dryRegrade(
  { runId, exerciseId }: { readonly runId: string; readonly exerciseId: string },
  askedById: string,
): Promise<string | undefined> {
  const newest = await db().exerciseVersion.findFirst({
    // Nothing grades a report but people.
    where: { exerciseId, exercise: { runId, kind: "code" } },
    orderBy: { createdAt: "desc" },
    select: { id: true },
  });
  if (newest === null) return undefined;
  const versionId = newest.id;
  const submissions = await db().submission.findMany({
    where: {
      exerciseId,
      results: { some: { counts: true, versionId: { not: versionId } } },
      regrades: { none: { endedAt: null } },
    },
    orderBy: { receivedAt: "asc" },
    select: { id: true, userId: true },
  });
  return start(submissions, { runId, exerciseId, askedById, versionId, state: "dry" });
}

interface NewRegrade {
  readonly runId: string;
  readonly exerciseId: string | null;
  readonly askedById: string | null;
  readonly versionId?: string;
  readonly state?: "dry";
}

async function start(
  submissions: readonly { readonly id: string; readonly userId: string }[],
  data: NewRegrade,
): Promise<string | undefined> {
  if (submissions.length === 0) return undefined;
  const isDry = data.state === "dry";
  let regradeId: string | undefined;
  for (let first = 0; first < submissions.length; first += BATCH) {
    const jobs = submissions
      .slice(first, first + BATCH)
      .map(({ id, userId }) => ({ id: randomUUID(), submissionId: id, userId, isDry }));
    // It begins with its first entries: one without any would be listed nowhere, and hide the offer.
    regradeId = await transaction(async (tx) => {
      const of = regradeId ?? (await tx.regrade.create({ data, select: { id: true } })).id;
      await tx.regradeEntry.createMany({
        data: jobs.map(({ id, submissionId }) => ({ id, regradeId: of, submissionId })),
      });
      await enqueueRegrades(tx, jobs);
      return of;
    });
  }
  return regradeId;
}

async function submissionsOf({ runId, exerciseId, submissionId }: RegradeScope) {
  return db().submission.findMany({
    where: {
      exercise: { runId, kind: "code" },
      ...(exerciseId === undefined ? {} : { exerciseId }),
      ...(submissionId === undefined ? {} : { id: submissionId }),
      // A first grading that still waits uses the newest version by itself.
      results: { some: {} },
      regrades: { none: { endedAt: null } },
    },
    orderBy: { receivedAt: "asc" },
    select: { id: true, userId: true },
  });
}

/** Takes back what no grader has begun yet, and answers how many those were. */
export async function cancelRegrade(runId: string, regradeId: string): Promise<number> {
  return transaction(async (tx) => {
    const waiting = await tx.regradeEntry.findMany({
      where: { regradeId, regrade: { runId }, endedAt: null },
      select: { id: true },
    });
    const ids = await withdrawJobs(
      tx,
      waiting.map(({ id }) => id),
    );
    const { count } = await tx.regradeEntry.updateMany({
      where: { regradeId, id: { in: ids } },
      data: { endedAt: new Date(), isCancelled: true },
    });
    return count;
  });
}

/** Notes what came out of a regrade; without a change the submission could not be graded. */
export async function endRegradeEntry(tx: Tx, id: string, change?: GradeChange): Promise<void> {
  await tx.regradeEntry.updateMany({
    where: { id },
    data: {
      endedAt: new Date(),
      statusBefore: change?.before?.status ?? null,
      scoreBefore: change?.before?.score ?? null,
      statusAfter: change?.after.status ?? null,
      scoreAfter: change?.after.score ?? null,
      resultBeforeId: change?.tried?.before ?? null,
      resultAfterId: change?.tried?.after ?? null,
      replaced:
        change?.replaced === undefined
          ? Prisma.DbNull
          : JSON.parse(JSON.stringify(change.replaced)),
    },
  });
}
