import { parseFilter, parseOrder } from "#server/queries";
import { remember } from "../../server/config.ts";
import { db, disconnect } from "../../server/db/client.ts";
import { prepareQueue } from "../../server/grading/queue.ts";
import { closeQueue } from "../../server/operation/job-queue.ts";
import { gradebookOf } from "../../server/queries/gradebook.ts";
import { gradebookCsv } from "../../server/queries/gradebook-csv.ts";
import { freshDatabase } from "../database.ts";
import { makeLargeClass } from "../large-class.ts";

export const name = "gradebook";

const ROUNDS = 9;

/**
 * One page of 100 students, of a class of 2,000 with 72 exercises and 216,000 submissions; with the
 * lowest grades dropped, too, and all of it as a file.
 */
export async function bench(): Promise<Record<string, number>> {
  const database = await freshDatabase();
  remember({ databaseUrl: database.url });
  try {
    await prepareQueue();
    const { runId } = await makeLargeClass(2000, 72);
    const view = { runId, order: parseOrder("-points"), limit: 100, offset: 0 };
    return {
      gradebook_page_ms_median: await median(() => gradebookOf(db(), { ...view, words: [] })),
      gradebook_filtered_page_ms_median: await median(() =>
        gradebookOf(db(), { ...view, words: parseFilter("lecture:3 is:below-full") }),
      ),
      gradebook_csv_ms_median: await median(async () =>
        gradebookCsv(await gradebookOf(db(), { ...view, words: [], limit: 2000 })),
      ),
      gradebook_dropping_page_ms_median: await dropping(runId, () =>
        gradebookOf(db(), { ...view, words: [] }),
      ),
    };
  } finally {
    await closeQueue();
    await disconnect();
    await database.close();
  }
}

async function dropping(runId: string, work: () => Promise<unknown>): Promise<number> {
  await db().courseRun.update({ where: { id: runId }, data: { dropLowest: 3 } });
  return median(work);
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
