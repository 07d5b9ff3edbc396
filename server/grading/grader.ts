/** Takes jobs from the queue and grades them, in the web process or in one of its own. */
import pg from "pg";
import { config } from "../config.ts";
import { db } from "../db/client.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { log } from "../operation/log.ts";
import { gradableSubmission } from "./gradable.ts";
import { grade } from "./grade.ts";
import { recordGrading } from "./grade-event.ts";
import { gradingMetrics } from "./metrics.ts";
import { storyOf } from "./progress.ts";
import {
  completeJob,
  failJob,
  GRADING_CHANNEL,
  type GradingJob,
  prepareQueue,
  takeJob,
  touchJob,
} from "./queue.ts";
import { endRegradeEntry } from "./regrade.ts";
import { givenUp } from "./result.ts";
import { SandboxPool } from "./sandbox/pool.ts";
import { studentSeed } from "./seed.ts";
import { storeResult, storeTrial } from "./stored-result.ts";

export interface GraderOptions {
  /** How many submissions are graded at the same time; by default what the operator has set. */
  readonly concurrency?: number;
}

/** The channel tells of new jobs at once; this finds those that become free otherwise. */
const POLL_MS = 1000;
const HEARTBEAT_MS = 3000;
const RETRY_LISTEN_MS = 2000;
/** A submission during which so many graders died is not tried again. */
const TRIES_MAX = 5;

/** Starts grading and answers what ends it; a job that runs then is given back. */
export async function startGrader({
  concurrency = config().graders,
}: GraderOptions = {}): Promise<() => Promise<void>> {
  await prepareQueue();
  if (concurrency === 0) return closeQueue;
  const grader = new Grader(concurrency);
  grader.start();
  return async () => {
    await grader.stop();
    await closeQueue();
  };
}

class Grader {
  readonly #concurrency: number;
  readonly #pool: SandboxPool;
  readonly #running = new Map<GradingJob, Promise<void>>();
  #isStopped = false;
  /** Set when somebody looked for a job while another one was looking. */
  #isLooking = false;
  #mustLookAgain = false;
  #poll: NodeJS.Timeout | undefined;
  #listener: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
    this.#pool = new SandboxPool({ concurrency });
  }

  start(): void {
    this.#pool.refill();
    this.#poll = setInterval(() => this.#look(), POLL_MS);
    void this.#listen();
    this.#look();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#poll);
    clearTimeout(this.#retry);
    await this.#listener?.end().catch(() => undefined);
    this.#pool.close();
    const jobs = [...this.#running.keys()];
    for (const job of jobs) await failJob(job, "the grader stops").catch(() => undefined);
  }

  /** Takes jobs until there are none, or as many as may run at the same time. */
  #look(): void {
    this.#mustLookAgain = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#takeAll().finally(() => {
      this.#isLooking = false;
    });
  }

  async #takeAll(): Promise<void> {
    while (this.#mustLookAgain && !this.#isStopped && this.#running.size < this.#concurrency) {
      this.#mustLookAgain = false;
      try {
        const job = await takeJob();
        if (job === undefined) continue;
        this.#mustLookAgain = true;
        this.#run(job);
      } catch (error) {
        log.warn({ err: error }, "no job can be taken");
      }
    }
  }

  #run(job: GradingJob): void {
    const heartbeat = setInterval(() => {
      touchJob(job).catch((error: unknown) => log.warn({ err: error }, "heartbeat"));
    }, HEARTBEAT_MS);
    const done = this.#grade(job)
      .catch(async (error: unknown) => {
        if (this.#isStopped) return;
        log.error({ err: error, submission: job.submissionId }, "grading failed");
        await failJob(job, String(error)).catch(() => undefined);
      })
      .finally(() => {
        clearInterval(heartbeat);
        this.#running.delete(job);
        this.#look();
      });
    this.#running.set(job, done);
  }

  async #grade(job: GradingJob): Promise<void> {
    const submission = await gradableSubmission(db(), job);
    if (submission === undefined) {
      log.error({ submission: job.submissionId }, "there is no exercise version to grade it with");
    }
    if (submission === undefined || (submission.isGraded && !job.isRegrade)) {
      return db().$transaction(async (tx) => {
        if (job.isRegrade) await endRegradeEntry(tx, job.id);
        await completeJob(tx, job);
      });
    }
    const { exercise, source, userId } = submission;
    const seeds = [...exercise.manifest.seeds, studentSeed(config().secret, userId, exercise.hash)];
    const story = storyOf(job);
    story.verdicts(new Map());
    const result =
      job.earlierTries < TRIES_MAX
        ? await grade(this.#pool, exercise, source, seeds, { onVerdict: story.verdicts })
        : givenUp(exercise.manifest);
    // Its sandboxes were ended with the grader: no result, but no harm either.
    if (this.#isStopped) return;
    await db().$transaction(async (tx) => {
      const change =
        job.isDry === true
          ? await storeTrial(tx, submission, result)
          : await storeResult(tx, submission, result, job.isRegrade);
      if (job.isDry !== true) await recordGrading(tx, job, change);
      if (job.isRegrade) await endRegradeEntry(tx, job.id, change);
      await completeJob(tx, job);
      await story.graded(tx);
    });
    const { status, ms } = result;
    gradingMetrics().observe({ status }, ms / 1000);
    log.info(
      { submission: job.submissionId, exercise: exercise.manifest.id, status, ms },
      "graded",
    );
  }

  /** Hears of new jobs; after a lost connection it tries again, and meanwhile the poll does. */
  async #listen(): Promise<void> {
    if (this.#isStopped) return;
    const client = new pg.Client({ connectionString: config().databaseUrl });
    this.#listener = client;
    const again = (): void => {
      client.removeAllListeners();
      client.on("error", () => undefined);
      void client.end().catch(() => undefined);
      if (!this.#isStopped) this.#retry = setTimeout(() => void this.#listen(), RETRY_LISTEN_MS);
    };
    client.on("notification", () => this.#look());
    client.on("error", again);
    client.on("end", again);
    try {
      await client.connect();
      await client.query(`LISTEN ${GRADING_CHANNEL}`);
      this.#look();
    } catch {
      again();
    }
  }
}
