/** The queues of jobs: pg-boss in the same PostgreSQL, so that a job is stored with what it is for. */
import { PgBoss } from "pg-boss";
import { config } from "../config.ts";
import { log } from "./log.ts";

/** Whose job a queue holds; each has a policy of its own. */
export type QueueName = "grading" | "content-check" | "content-mutants" | "mail";

/** A worker that has not said so long that it lives is dead, and its job is taken up by another. */
const HEARTBEAT_SECONDS = 10;
const SUPERVISE_SECONDS = 4;

// One for the process: Next's bundles and the server around them each load this module anew.
const KEPT = Symbol.for("kernelbook.job-queue");
const kept = globalThis as { [KEPT]?: { url: string; boss: Promise<PgBoss> } };

/** The queues, their tables made at first use. */
export function jobQueue(): Promise<PgBoss> {
  const { databaseUrl: url = "" } = config();
  if (kept[KEPT]?.url !== url) {
    const boss = open(url);
    kept[KEPT] = { url, boss };
    // The next one who asks tries again.
    boss.catch(() => delete kept[KEPT]);
  }
  return kept[KEPT].boss;
}

export async function closeQueue(): Promise<void> {
  const { boss } = kept[KEPT] ?? {};
  delete kept[KEPT];
  await (await boss?.catch(() => undefined))?.stop({ graceful: false, close: true });
}

async function open(url: string): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: url,
    application_name: "kernelbook-jobs",
    max: 4,
    schedule: false,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
  });
  // A lost database is told by everything else; pg-boss tries again by itself.
  boss.on("error", ({ message }) => log.warn({ because: message }, "job queue"));
  await boss.start({ attempts: 5 });
  const common = {
    retryDelay: 0,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    deleteAfterSeconds: 7 * 24 * 3600,
  };
  const grading: QueueName = "grading";
  await boss.createQueue(grading, {
    ...common,
    // Of each key, which is the student, at most one job is active.
    policy: "singleton",
    // More than a grader tries: it stores a result before the job could end without one.
    retryLimit: 100,
    expireInSeconds: 600,
  });
  const checking: QueueName = "content-check";
  await boss.createQueue(checking, {
    ...common,
    // Of each key, which is the course, at most one job is active: what one publishes the next one sees.
    policy: "singleton",
    retryLimit: 3,
    expireInSeconds: 1800,
  });
  const mutating: QueueName = "content-mutants";
  await boss.createQueue(mutating, {
    ...common,
    // One at a time on the whole site: nobody waits for it, and students' work comes first.
    policy: "singleton",
    retryLimit: 3,
    expireInSeconds: 3600,
  });
  const mailing: QueueName = "mail";
  await boss.createQueue(mailing, {
    ...common,
    policy: "standard",
    // A mail server that is away for two days is waited for: 30 s, then longer and longer, up to 2 h.
    retryLimit: 30,
    retryDelay: 30,
    retryBackoff: true,
    retryDelayMax: 2 * 3600,
    expireInSeconds: 900,
  });
  return boss;
}
