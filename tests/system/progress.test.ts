import { afterAll, expect, test } from "vitest";
import { followProgress, type GradingNews, startGrader } from "#server/grading";
import { db } from "../../server/db/client.ts";
import { closeProgress } from "../../server/grading/progress.ts";
import { ownDatabase } from "../database.ts";
import { ADD_UP_SOLUTION, fixtureFolder, makeClass, resultOf, submit, until } from "../grading.ts";

ownDatabase();
afterAll(closeProgress);

test("who follows a submission hears each test as it ends, and then that the result is stored", async () => {
  const group = await makeClass(fixtureFolder("add-up"), 2);
  const [mira = "", bao = ""] = group.students;
  const followed = await submit(group, mira, ADD_UP_SOLUTION);
  const other = await submit(group, bao, "export const sum = 1");
  const news: GradingNews[] = [];
  followProgress(followed, (heard) => news.push(heard));
  await until(isListening);
  const stop = await startGrader({ concurrency: 1 });
  await until(async () => news.find(({ kind }) => kind === "graded"));
  await resultOf(other);
  await stop();
  const ended = news.flatMap((heard) => (heard.kind === "running" ? [heard.tests] : []));
  expect(news.filter(({ kind }) => kind === "graded")).toHaveLength(1);
  expect(ended.map(({ length }) => length).sort()).toEqual([0, 1, 2, 3]);
  expect(ended.find(({ length }) => length === 3)).toEqual([
    { id: "adds-two", passed: true },
    { id: "adds-big", passed: true },
    { id: "reverses", passed: true },
  ]);
});

async function isListening(): Promise<true | undefined> {
  const listeners = await db().$queryRaw<unknown[]>`
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND query = 'LISTEN kernelbook_progress'`;
  return listeners.length > 0 ? true : undefined;
}
