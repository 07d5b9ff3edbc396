import { remember } from "../../server/config.ts";
import { db, disconnect } from "../../server/db/client.ts";
import { prepareQueue } from "../../server/grading/queue.ts";
import { closeQueue } from "../../server/operation/job-queue.ts";
import { classAttention, failingGroups } from "../../server/queries/class-attention.ts";
import { exerciseProgress } from "../../server/queries/class-progress.ts";
import { classCellErrors, classReading } from "../../server/queries/class-reading.ts";
import { exerciseAnalysis } from "../../server/queries/exercise-analysis.ts";
import { ownProgress } from "../../server/queries/own-progress.ts";
import { freshDatabase } from "../database.ts";
import { makeLargeClass } from "../large-class.ts";

export const name = "class-progress";

const [STUDENTS, EXERCISES, LECTURES, CELLS] = [2000, 34, 12, 20];
const ROUNDS = 5;

/**
 * What the pages of progress ask for, page by page, of a class of 2,000 with 34 exercises, 102,000
 * submissions and twelve lectures of twenty cells that everybody has opened.
 */
export async function bench(): Promise<Record<string, number>> {
  const database = await freshDatabase();
  remember({ databaseUrl: database.url });
  try {
    await prepareQueue();
    const { runId } = await makeLargeClass(STUDENTS, EXERCISES);
    await makeReading(runId);
    await db().$executeRaw`ANALYZE`;
    const own = { runId, userId: "s7" };
    return {
      class_progress_ms_median: await median(() =>
        Promise.all([
          exerciseProgress(db(), runId),
          classAttention(db(), runId, new Date()),
          classReading(db(), runId),
          classCellErrors(db(), { runId }),
        ]),
      ),
      class_progress_exercise_ms_median: await median(() =>
        Promise.all([failingGroups(db(), "e5"), exerciseAnalysis(db(), "e5")]),
      ),
      class_progress_lecture_ms_median: await median(() =>
        Promise.all([
          classReading(db(), runId),
          classCellErrors(db(), { runId, lectureSlug: "lecture-3" }),
        ]),
      ),
      own_progress_ms_median: await median(() => ownProgress(db(), own)),
    };
  } finally {
    await closeQueue();
    await disconnect();
    await database.close();
  }
}

/** Everybody has come somewhere, has run some cells, and some of them have failed. */
async function makeReading(runId: string): Promise<void> {
  await db().$executeRaw`
    INSERT INTO "LectureReading"
      ("runId", "userId", "lectureSlug", "section", "ran", "failed", "failedAsGiven")
    SELECT ${runId}, 's' || i, 'lecture-' || j, 'section-' || (i * 7 + j) % 9,
      ARRAY(SELECT 'cell-' || c FROM generate_series(1, ${CELLS}::int) AS c WHERE (i + c) % 5 <> 0),
      ARRAY(SELECT 'cell-' || c FROM generate_series(1, ${CELLS}::int) AS c WHERE (i + c) % 3 = 0),
      ARRAY(SELECT 'cell-' || c FROM generate_series(1, ${CELLS}::int) AS c WHERE (i + c) % 30 = 0)
    FROM generate_series(0, ${STUDENTS}::int - 1) AS i, generate_series(1, ${LECTURES}::int) AS j`;
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return Math.round(times.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN);
}
