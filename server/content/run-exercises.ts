import {
  type CourseExercise,
  CourseProblem,
  type ExerciseVersion,
  exerciseVersionOf,
  soundExercises,
} from "../course/index.ts";
import { db, type Tx, transaction } from "../db/client.ts";
import { log } from "../operation/log.ts";
import { folderOfCourse } from "./folder-of-course.ts";
import { lockCourse } from "./store.ts";

/** An exercise of the course that is shown, with what it is graded with now. */
export interface BuiltExercise {
  readonly exercise: CourseExercise;
  readonly version: ExerciseVersion;
}

/** Brings the exercises of all runs of the course up to what readers see of it now. */
export async function updateRuns(courseId: string): Promise<void> {
  await withExercises(courseId, async (tx, exercises) => {
    const runs = await tx.courseRun.findMany({ where: { courseId }, select: { id: true } });
    for (const run of runs) await storeExercises(tx, run.id, exercises);
  });
}

/**
 * Does `work` in a transaction that holds the course, with its exercises as they are published at that
 * moment. Bundling takes seconds, which no transaction waits for: it is done before, and once more
 * when something was published meanwhile.
 */
export async function withExercises<T>(
  courseId: string,
  work: (tx: Tx, exercises: readonly BuiltExercise[]) => Promise<T>,
): Promise<T> {
  for (;;) {
    const revision = await revisionOf(db(), courseId);
    const exercises = await buildExercises(await folderOfCourse(courseId));
    const done = await transaction(async (tx) => {
      await lockCourse(tx, courseId);
      if ((await revisionOf(tx, courseId)) !== revision) return undefined;
      return { answer: await work(tx, exercises) };
    });
    if (done !== undefined) return done.answer;
  }
}

async function revisionOf(tx: Tx, courseId: string): Promise<number | undefined> {
  const select = { revision: true } as const;
  return (await tx.course.findUnique({ where: { id: courseId }, select }))?.revision;
}

/**
 * Reads and bundles the exercises of the course; no database is needed, so none is kept waiting. A
 * course that is being edited must not keep the site from starting: one that is broken stays as the
 * database has it.
 */
async function buildExercises(course: string): Promise<BuiltExercise[]> {
  return (await Promise.all(soundExercises(course).map(built))).flat();
}

async function built(exercise: CourseExercise): Promise<BuiltExercise[]> {
  try {
    return [{ exercise, version: await exerciseVersionOf(exercise.folder) }];
  } catch (error) {
    if (!(error instanceof CourseProblem)) throw error;
    log.error({ problems: error.problems }, "an exercise cannot be imported");
    return [];
  }
}

/**
 * Brings a run's exercises up to the course folder. One that left the folder stays as it is, since
 * grades hang on it; a version is stored once, by the hash of what it grades with. Where somebody has
 * a grade, the exercise stays worth what it was until the new version's results are applied.
 */
export async function storeExercises(
  tx: Tx,
  runId: string,
  exercises: readonly BuiltExercise[],
): Promise<void> {
  const { archivedAt } = await tx.courseRun.findUniqueOrThrow({ where: { id: runId } });
  const graded = await gradedExercises(tx, runId);
  for (const [position, { exercise, version }] of exercises.entries()) {
    const { id: slug, kind, number, title, points, attempts = null } = exercise.manifest;
    const { lectureSlug } = exercise;
    const shown = { number, title, position, lectureSlug };
    // What a run was is not changed any more, nor what grades are reckoned with: that takes a regrade.
    const rules = archivedAt === null ? { kind, attempts } : {};
    const worth = archivedAt === null && !graded.has(slug) ? { points } : {};
    const { id: exerciseId } = await tx.exercise.upsert({
      where: { runId_slug: { runId, slug } },
      // People grade reports one after the other, and show all grades at once.
      create: { runId, slug, ...shown, kind, attempts, points, isHeld: kind === "report" },
      update: { ...shown, ...rules, ...worth },
      select: { id: true },
    });
    // Titles and hints are in the manifest and may be mended without a new version.
    const manifest = JSON.parse(JSON.stringify(version.manifest));
    const newest = await tx.exerciseVersion.findFirst({
      where: { exerciseId },
      orderBy: { createdAt: "desc" },
      select: { hash: true },
    });
    // The newest is the one that counts, also when the folder went back to an earlier one.
    const comesBack = newest?.hash === version.hash ? {} : { createdAt: new Date() };
    await tx.exerciseVersion.upsert({
      where: { exerciseId_hash: { exerciseId, hash: version.hash } },
      create: {
        exerciseId,
        hash: version.hash,
        manifest,
        judge: new TextEncoder().encode(version.judge),
      },
      update: { manifest, ...comesBack },
    });
  }
}

/** The slugs of those with grades, of the grader or of people. */
async function gradedExercises(tx: Tx, runId: string): Promise<ReadonlySet<string>> {
  const rows = await tx.$queryRaw<{ slug: string }[]>`
    SELECT e."slug" FROM "Exercise" AS e WHERE e."runId" = ${runId} AND (
      EXISTS (SELECT FROM "GradeOverride" AS o WHERE o."exerciseId" = e."id" AND o."points" IS NOT NULL)
      OR EXISTS (SELECT FROM "Submission" AS s JOIN "SubmissionResult" AS r ON r."submissionId" = s."id"
        WHERE s."exerciseId" = e."id" AND r."counts" AND r."status" <> 'internal-error'))`;
  return new Set(rows.map(({ slug }) => slug));
}
