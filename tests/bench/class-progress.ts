import { remember } from "../../server/config.ts";
import { db, disconnect } from "../../server/db/client.ts";
import { prepareQueue } from "../../server/grading/queue.ts";
import { closeQueue } from "../../server/operation/job-queue.ts";
import { classAttention, failingGroups } from "../../server/queries/class-attention.ts";
import { exerciseProgress } from "../../server/queries/class-progress.ts";
import { freshDatabase } from "../database.ts";
import { makeLargeClass } from "../large-class.ts";

export const name = "class-progress";

/** What staff sees of a class of 2,000 with 72 exercises and 216,000 submissions, all of it once. */
export async function bench(): Promise<Record<string, number>> {
  const database = await freshDatabase();
  remember({ databaseUrl: database.url });
  try {
    await prepareQueue();
    const { runId } = await makeLargeClass(2000, 72);
    await db().$executeRaw`ANALYZE`;
    return {
      class_progress_ms: await timed(() => exerciseProgress(db(), runId)),
      class_attention_ms: await timed(() => classAttention(db(), runId, new Date())),
      failing_groups_ms: await timed(() => failingGroups(db(), "e5")),
    };
  } finally {
    await closeQueue();
    await disconnect();
    await database.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began);
}
