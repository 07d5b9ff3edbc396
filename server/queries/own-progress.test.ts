import { afterAll, expect, test } from "vitest";
import { ownDatabase } from "../../tests/database.ts";
import { fixtureFolder, makeClass, submit } from "../../tests/grading.ts";
import { db } from "../db/index.ts";
import { closeQueue } from "../operation/job-queue.ts";
import { ownProgress } from "./own-progress.ts";

ownDatabase();
afterAll(closeQueue);

const HOUR_MS = 3_600_000;
const BEGUN = Date.parse("2026-11-20T12:00:00Z");

test("one's own progress tells grade, tries and time to full points, and how many tests fail", async () => {
  const lesson = await makeClass(fixtureFolder("add-up"), 2);
  const { runId, exerciseId, students } = lesson;
  const [mira = "", bao = ""] = students;
  const attempt = async (userId: string, passed: number, hours: number) => {
    const id = await submit(lesson, userId, `export const x = ${passed + hours};`);
    const receivedAt = new Date(BEGUN + hours * HOUR_MS);
    await db().submission.update({ where: { id }, data: { receivedAt } });
    const version = await db().exerciseVersion.findFirstOrThrow({ where: { exerciseId } });
    const tests = [0, 1, 2].map((n) => ({ id: `${n}`, kind: n < passed ? "passed" : "failed" }));
    const result = { status: "graded", score: passed, max: 3, tests, ms: 40 };
    await db().submissionResult.create({
      data: { submissionId: id, versionId: version.id, ...result },
    });
  };
  const progress = async (userId: string) => (await ownProgress(db(), { runId, userId }))[0];

  expect(await progress(mira)).toMatchObject({
    ...{ number: "1.1", points: 3, attempts: 0, best: undefined, tries: undefined },
    ...{ seconds: undefined, failing: undefined },
  });
  await attempt(mira, 2, 0);
  await attempt(mira, 1, 1);
  const failing = { tests: 1, of: 3 };
  expect(await progress(mira)).toMatchObject({ attempts: 2, best: 2, tries: undefined, failing });
  await attempt(mira, 3, 5);
  await attempt(mira, 3, 6);
  await attempt(bao, 1, 0);
  const full = { attempts: 4, best: 3, tries: 3, seconds: 5 * 3600, failing: { tests: 0, of: 3 } };
  expect(await progress(mira)).toMatchObject(full);

  await db().exercise.update({ where: { id: exerciseId }, data: { isHeld: true } });
  const shown = { best: undefined, tries: undefined, seconds: undefined, failing: undefined };
  expect(await progress(mira)).toMatchObject({ attempts: 4, isHeld: true, ...shown });

  await db().exercise.update({ where: { id: exerciseId }, data: { isHeld: false } });
  await db().gradeOverride.create({ data: { exerciseId, userId: mira, isExcused: true } });
  expect(await progress(mira)).toMatchObject({ best: undefined, isExcused: true });
});
