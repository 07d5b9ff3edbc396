/** The queue of gradings. */
import { fromPrisma } from "pg-boss";
import type { Tx } from "../db/client.ts";
import { jobQueue, type QueueName } from "../operation/job-queue.ts";

const QUEUE: QueueName = "grading";
/** PostgreSQL's channel on which waiting graders hear of a new job. */
export const GRADING_CHANNEL = "kernelbook_grading";
/** Regrades wait until nobody's own submission does. */
const SUBMISSION_PRIORITY = 1000;
const REGRADE_PRIORITY = 0;

interface JobData {
  readonly submissionId: string;
  /** Replaces the result that this version has already given. */
  readonly isRegrade: boolean;
  /** Its result is only compared with the grade. */
  readonly isDry?: boolean;
}

export interface GradingJob extends JobData {
  readonly id: string;
  /** How often it has been taken before. */
  readonly earlierTries: number;
}

/** Makes the queue's tables, so that the first submission does not wait for them. */
export async function prepareQueue(): Promise<void> {
  await jobQueue();
}

/**
 * Queues a stored submission, inside the transaction that stores it. The more of a student's own
 * submissions wait, the later the next one comes, so that nobody can keep the others waiting.
 */
export async function enqueueGrading(tx: Tx, submissionId: string): Promise<void> {
  const boss = await jobQueue();
  const { userId } = await tx.submission.findUniqueOrThrow({
    where: { id: submissionId },
    select: { userId: true },
  });
  const priority = Math.max(1, SUBMISSION_PRIORITY - (await waitingOf(tx, userId)));
  const data: JobData = { submissionId, isRegrade: false };
  // The id keeps a submission from being queued twice.
  const options = { id: submissionId, priority, singletonKey: userId, db: fromPrisma(tx) };
  await boss.send(QUEUE, data, options);
  await tx.$executeRaw`SELECT pg_notify(${GRADING_CHANNEL}, '')`;
}

async function waitingOf(tx: Tx, userId: string): Promise<number> {
  const [row] = await tx.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) FROM pgboss.job
    WHERE name = ${QUEUE} AND state < 'active' AND singleton_key = ${userId}`;
  return Number(row?.count ?? 0);
}

/** A submission that is to be graded again. */
export interface RegradeJob {
  readonly id: string;
  readonly submissionId: string;
  readonly userId: string;
  readonly isDry: boolean;
}

/** Queues submissions to be graded again, behind all that students wait for. */
export async function enqueueRegrades(tx: Tx, jobs: readonly RegradeJob[]): Promise<void> {
  const queued = jobs.map(({ id, submissionId, userId, isDry }) => {
    const data: JobData = { submissionId, isRegrade: true, isDry };
    return { id, data, priority: REGRADE_PRIORITY, singletonKey: userId };
  });
  await (await jobQueue()).insert(QUEUE, queued, { db: fromPrisma(tx) });
  await tx.$executeRaw`SELECT pg_notify(${GRADING_CHANNEL}, '')`;
}

/** Takes jobs back that no grader has begun yet, and answers which they were. */
export async function withdrawJobs(tx: Tx, ids: readonly string[]): Promise<string[]> {
  await jobQueue();
  // The lock of a grader that is just taking one decides who of the two gets it.
  const gone = await tx.$queryRaw<{ id: string }[]>`
    DELETE FROM pgboss.job
    WHERE name = ${QUEUE} AND state < 'active' AND id = ANY(${ids}::uuid[]) RETURNING id::text`;
  return gone.map(({ id }) => id);
}

/** Takes the next job that may run now. */
export async function takeJob(): Promise<GradingJob | undefined> {
  const [job] = await (await jobQueue()).fetch<JobData>(QUEUE, { batchSize: 1, priority: true });
  if (job === undefined) return undefined;
  return { id: job.id, earlierTries: job.retryCount, ...job.data };
}

/** Says that the job's grader lives. */
export async function touchJob({ id }: GradingJob): Promise<void> {
  await (await jobQueue()).touch(QUEUE, id);
}

/** Ends a job, in the transaction that stores what came out of it. */
export async function completeJob(tx: Tx, { id }: GradingJob): Promise<void> {
  await (await jobQueue()).complete(QUEUE, id, null, { db: fromPrisma(tx) });
}

/** Gives a job back; it is tried again at once, by whoever is free. */
export async function failJob({ id }: GradingJob, because: string): Promise<void> {
  await (await jobQueue()).fail(QUEUE, id, { because });
}

/** Where a submission stands; undefined when it neither waits nor runs. */
export type QueuePlace =
  | { readonly kind: "running" }
  /** 1: it is the next one. */
  | { readonly kind: "waiting"; readonly position: number };

export async function queuePlaceOf(tx: Tx, submissionId: string): Promise<QueuePlace | undefined> {
  // Somebody may ask before anything was ever submitted.
  await jobQueue();
  const [row] = await tx.$queryRaw<{ state: string; ahead: bigint }[]>`
    SELECT mine.state::text AS state, (
      SELECT count(*) FROM pgboss.job AS other
      WHERE other.name = mine.name AND other.state < 'active' AND other.id <> mine.id
        AND (other.priority > mine.priority
          OR (other.priority = mine.priority AND other.created_on < mine.created_on))
    ) AS ahead
    FROM pgboss.job AS mine
    WHERE mine.name = ${QUEUE} AND mine.state <= 'active'
      AND mine.data ->> 'submissionId' = ${submissionId}
    ORDER BY mine.state DESC LIMIT 1`;
  if (row === undefined) return undefined;
  if (row.state === "active") return { kind: "running" };
  return { kind: "waiting", position: Number(row.ahead) + 1 };
}
