import { afterAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { until } from "../../tests/grading.ts";
import { transaction } from "../db/client.ts";
import { closeProgress, followProgress, type GradingNews, storyOf } from "./progress.ts";

ownDatabase();
afterAll(closeProgress);

test("a student hears of the own grading, and nothing of a dry run", async () => {
  const heard: GradingNews[] = [];
  followProgress("s1", (news) => heard.push(news));
  const grading = storyOf({ submissionId: "s1" });
  // The ear takes a moment to listen.
  await until(async () => {
    grading.verdicts(new Map());
    return heard[0];
  });
  const trial = storyOf({ submissionId: "s1", isDry: true });
  trial.verdicts(new Map([["adds", { id: "adds", passed: false }]]));
  await transaction(trial.graded);
  await transaction(grading.graded);
  await until(async () => heard.find(({ kind }) => kind === "graded"));
  const kinds = heard.map((news) => (news.kind === "running" ? news.tests.length : news.kind));
  expect(new Set(kinds)).toEqual(new Set([0, "graded"]));
  expect(kinds.filter((kind) => kind === "graded")).toHaveLength(1);
});
