/** Carries mail out as long as the process lives. */
import type { JobResult, JobWithMetadata } from "pg-boss";
import { db } from "../db/index.ts";
import { jobQueue } from "../operation/job-queue.ts";
import { log } from "../operation/log.ts";
import { deliver, giveUp, noteTry } from "./deliver.ts";
import { mailMetrics } from "./metrics.ts";
import { dailyJob, enqueue, MAIL_QUEUE, type MailJob, nextMorning } from "./outbox.ts";
import { mailSettings } from "./settings.ts";
import { openSmtp, type Smtp } from "./smtp.ts";

const POLL_SECONDS = 2;
const BATCH = 20;
/** What has waited longer, since the site stood still, nobody wants to hear any more. */
const NEWS_MS = 3 * 24 * 3600 * 1000;

/** Sends what waits, and what comes; answers what ends it. */
export async function startPostman(): Promise<() => Promise<void>> {
  const settings = mailSettings();
  if (settings === undefined) return async () => undefined;
  const smtp = openSmtp(settings);
  // A mail server that is away must not keep the site from starting.
  smtp.verify().catch(({ message }: Error) => {
    log.warn(
      { host: settings.host, because: message },
      "the mail server cannot be used: mail waits",
    );
  });
  await takeUpAgain();
  const boss = await jobQueue();
  const options = {
    perJobResults: true,
    includeMetadata: true,
    batchSize: BATCH,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: POLL_SECONDS,
  } as const;
  await boss.work(MAIL_QUEUE, options, async (jobs: JobWithMetadata<MailJob>[]) => {
    const results: JobResult[] = [];
    for (const job of jobs) results.push(await carryOut(job, smtp));
    return results;
  });
  return async () => {
    await boss.offWork(MAIL_QUEUE).catch(() => undefined);
    smtp.close();
  };
}

async function carryOut(job: JobWithMetadata<MailJob>, smtp: Smtp): Promise<JobResult> {
  const { id, data, retryCount, retryLimit } = job;
  try {
    const outcome = await deliver(data, smtp);
    if (outcome !== "nothing") mailMetrics().inc({ outcome });
    return { id, status: "completed" };
  } catch (error) {
    mailMetrics().inc({ outcome: "retried" });
    const because = error instanceof Error ? error.message : String(error);
    log.warn({ mail: id, tries: retryCount + 1, because }, "mail was not sent");
    const isLast = retryCount >= retryLimit;
    await (isLast ? giveUp : noteTry)(data, because);
    return { id, status: "failed", output: { because } };
  }
}

/** Queues what waits and has no job, as after a backup was restored; drops what is old. */
export async function takeUpAgain(now = new Date()): Promise<void> {
  const old = new Date(now.getTime() - NEWS_MS);
  await db().mail.updateMany({
    where: { state: "waiting", createdAt: { lt: old } },
    data: { state: "dropped", endedAt: now, problem: "it has waited too long" },
  });
  const waiting = await db().mail.findMany({
    where: { state: "waiting" },
    select: { id: true, userId: true, pace: true },
  });
  await jobQueue();
  const queued = await db().$queryRaw<{ dailyOf: string }[]>`
    SELECT data ->> 'dailyOf' AS "dailyOf" FROM pgboss.job
    WHERE name = ${MAIL_QUEUE} AND state <= 'active' AND data ? 'dailyOf'`;
  const expecting = new Set(queued.map(({ dailyOf }) => dailyOf));
  const morning = nextMorning(now, "UTC");
  const jobs = waiting.flatMap(({ id, userId, pace }) => {
    if (pace !== "daily" || userId === null) return [{ id, data: { mailId: id } }];
    return expecting.has(userId) ? [] : [dailyJob(userId, morning)];
  });
  if (jobs.length > 0) await enqueue(db(), jobs);
}
