import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { GradingResult } from "#notebook/document";
import { type ExerciseVersion, exerciseVersionOf } from "#server/course";
import { enqueueGrading, sourceHashOf } from "#server/grading";
import { db, transaction } from "../server/db/client.ts";

const FIXTURES = join(import.meta.dirname, "fixtures/course/lectures/01-sums/exercises");

/** An exercise of the tests' own course. */
export function fixtureFolder(name: string): string {
  return join(FIXTURES, name);
}

export const ADD_UP_SOLUTION = `
export const sum = (a, b) => a + b;
export const reverse = (bytes) => bytes.slice().reverse();
`;

/** A run with one exercise in it, and students who may submit. */
export interface Class {
  readonly runId: string;
  readonly exerciseId: string;
  readonly version: ExerciseVersion;
  readonly students: readonly string[];
}

export async function makeClass(folder: string, students: number): Promise<Class> {
  const version = await exerciseVersionOf(folder);
  const { id: slug, number, title, points } = version.manifest;
  const course = await db().course.create({ data: { slug: randomUUID(), title: "Tests" } });
  const run = await db().courseRun.create({
    data: { courseId: course.id, slug: randomUUID(), title: "Tests" },
  });
  const exercise = await db().exercise.create({
    data: { runId: run.id, slug, number, title, points, position: 0, lectureSlug: "01-sums" },
  });
  await db().exerciseVersion.create({
    data: {
      exerciseId: exercise.id,
      hash: version.hash,
      manifest: JSON.parse(JSON.stringify(version.manifest)),
      judge: new TextEncoder().encode(version.judge),
    },
  });
  const users = Array.from({ length: students }, (_, index) => ({
    id: randomUUID(),
    name: `Student ${index}`,
    email: `${randomUUID()}@example.org`,
  }));
  await db().user.createMany({ data: users });
  await db().enrolment.createMany({
    data: users.map(({ id: userId }) => ({ userId, runId: run.id, role: "student" })),
  });
  return { runId: run.id, exerciseId: exercise.id, version, students: users.map(({ id }) => id) };
}

/** Makes the run's course the one that pages show: the first of all. */
export async function showCourseOf(runId: string): Promise<void> {
  const { courseId } = await db().courseRun.findUniqueOrThrow({ where: { id: runId } });
  await db().course.updateMany({ where: { id: "0" }, data: { id: randomUUID() } });
  await db().course.update({ where: { id: courseId }, data: { id: "0" } });
}

/** Stores and queues one submission, as the action does, and answers its id. */
export async function submit(
  { exerciseId }: Class,
  userId: string,
  source: string,
): Promise<string> {
  return transaction(async (tx) => {
    const earlier = await tx.submission.count({ where: { exerciseId, userId } });
    const { id } = await tx.submission.create({
      data: {
        exerciseId,
        userId,
        clientKey: randomUUID(),
        source,
        sourceHash: sourceHashOf(source),
        attempt: earlier + 1,
      },
    });
    await enqueueGrading(tx, id);
    return id;
  });
}

const PATIENCE_MS = 60_000;

/** Looks again and again until `look` answers something. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing in ${PATIENCE_MS / 1000} s`);
}

export async function resultOf(
  submissionId: string,
): Promise<Pick<GradingResult, "score"> & { status: string; message: string | null }> {
  return until(async () => {
    const row = await db().submissionResult.findFirst({
      where: { submissionId },
      select: { status: true, score: true, message: true },
    });
    return row ?? undefined;
  });
}
