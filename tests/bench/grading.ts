/**
 * From the student's click to the stored result, through the real database, queue and sandboxes,
 * with the solution of E11.1; and how many of them two cores grade in a minute.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { exerciseVersionOf, findExercise, readExercises } from "#server/course";
import { closeSandboxes, gradeSource, startGrader } from "#server/grading";
import { remember } from "../../server/config.ts";
import { db, disconnect } from "../../server/db/client.ts";
import { freshDatabase } from "../database.ts";
import { makeClass, resultOf, submit } from "../grading.ts";

export const name = "grading";

const SINGLE = 25;
const STUDENTS = 60;
const EACH = 4;
const CONCURRENCY = 2;
/** Seldom enough to take nothing from those who grade. */
const LOOK_MS = 100;

export async function bench(): Promise<Record<string, number>> {
  const found = findExercise("E11.1");
  if (found === undefined) throw new Error("there is no exercise E11.1");
  const source = readFileSync(join(found.folder, "solution.ts"), "utf8");
  const database = await freshDatabase();
  remember({ databaseUrl: database.url, secret: "a-secret-that-only-benches-ever-use" });
  const stop = await startGrader({ concurrency: CONCURRENCY });
  try {
    const lesson = await makeClass(found.folder, STUDENTS);
    let variant = 0;
    const next = () => `${source}// ${variant++}`;

    const times: number[] = [];
    for (let i = 0; i < SINGLE + 3; i++) {
      const began = performance.now();
      const result = await resultOf(await submit(lesson, lesson.students[i] ?? "", next()));
      if (result.status !== "graded" || result.score < 5) throw new Error(JSON.stringify(result));
      // The first ones boot the pool.
      if (i >= 3) times.push(performance.now() - began);
    }

    const before = await db().submissionResult.count();
    const began = performance.now();
    for (let i = 0; i < EACH; i++) {
      for (const student of lesson.students) await submit(lesson, student, next());
    }
    const graded = EACH * STUDENTS;
    while ((await db().submissionResult.count()) < before + graded) await setTimeout(LOOK_MS);
    const minutes = (performance.now() - began) / 60_000;

    return {
      grading_end_to_end_ms_median: round(median(times)),
      grading_end_to_end_ms_max: round(Math.max(...times)),
      grading_submissions_per_minute: Math.round(graded / minutes),
      ...(await slowestExercise()),
    };
  } finally {
    await stop();
    await disconnect();
    await database.close();
  }
}

/** The exercise whose solution takes longest, without the queue around it. */
async function slowestExercise(): Promise<Record<string, number>> {
  let slowest = { ms: 0, number: "" };
  for (const { folder, manifest } of readExercises()) {
    const exercise = await exerciseVersionOf(folder);
    const source = readFileSync(join(folder, "solution.ts"), "utf8");
    const times: number[] = [];
    for (let i = 0; i < 4; i++) times.push((await gradeSource({ exercise, source })).ms);
    const ms = median(times.slice(1));
    process.stderr.write(`grading of the solution of ${manifest.number}: ${ms} ms\n`);
    if (ms > slowest.ms) slowest = { ms, number: manifest.number };
  }
  closeSandboxes();
  return { grading_slowest_exercise_ms: slowest.ms };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
