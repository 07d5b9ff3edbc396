import { type BuiltExercise, storeExercises, withExercises } from "../content/run-exercises.ts";
import { type Tx, transaction } from "../db/index.ts";
import { mayCreateRun, mayManageRun, type Viewer } from "../policies/index.ts";
import { RUN_OF_PAGES } from "../queries/exercise.ts";
import { setTimeZone } from "../queries/schedule-change.ts";
import { copyRules } from "./copy-rules.ts";

export interface NewRun {
  readonly courseId: string;
  readonly slug: string;
  readonly title: string;
  readonly timeZone: string;
}

export type CreateRunResult =
  | { readonly kind: "created"; readonly runId: string; readonly slug: string }
  /** Another run has this address. */
  | { readonly kind: "taken" }
  | { readonly kind: "gone" }
  | { readonly kind: "denied"; readonly because: "signed-out" | "not-allowed" };

/** Begins a run of a course with all of its exercises; who begins it is its first instructor. */
export async function createRun(
  viewer: Viewer | undefined,
  wanted: NewRun,
): Promise<CreateRunResult> {
  return begin(viewer, wanted, async () => undefined);
}

/**
 * Begins a run as an earlier one was: its sections, and its rules for everybody and for sections,
 * with every date `days` later. Never its people, what they have done, or rules for one student.
 */
export async function copyRun(
  viewer: Viewer | undefined,
  fromId: string,
  { days, ...wanted }: Omit<NewRun, "courseId" | "timeZone"> & { readonly days: number },
): Promise<CreateRunResult> {
  const decision = mayManageRun(viewer, fromId);
  if (decision.kind === "denied") return decision;
  const from = await transaction((tx) => tx.courseRun.findUnique({ where: { id: fromId } }));
  if (from === null) return { kind: "gone" };
  const { courseId, timeZone } = from;
  return begin(viewer, { ...wanted, courseId, timeZone }, (tx, toId) =>
    copyRules(tx, { fromId, toId, days }),
  );
}

async function begin(
  viewer: Viewer | undefined,
  wanted: NewRun,
  fill: (tx: Tx, runId: string) => Promise<void>,
): Promise<CreateRunResult> {
  const { courseId } = wanted;
  const decision = await transaction((tx) => decide(tx, viewer, courseId));
  if (decision !== undefined) return decision;
  // Under the same lock as a publication, so that none is missed between two runs of its course.
  return withExercises(courseId, (tx, exercises) => store(tx, viewer, { wanted, exercises, fill }));
}

interface RunToStore {
  readonly wanted: NewRun;
  readonly exercises: readonly BuiltExercise[];
  readonly fill: (tx: Tx, runId: string) => Promise<void>;
}

async function store(
  tx: Tx,
  viewer: Viewer | undefined,
  { wanted, exercises, fill }: RunToStore,
): Promise<CreateRunResult> {
  const decision = await decide(tx, viewer, wanted.courseId);
  if (decision !== undefined) return decision;
  const { count } = await tx.courseRun.createMany({ data: wanted, skipDuplicates: true });
  if (count === 0) return { kind: "taken" };
  const { slug } = wanted;
  const { id: runId } = await tx.courseRun.findUniqueOrThrow({ where: { slug } });
  if (viewer !== undefined && !viewer.isAdmin) {
    await tx.enrolment.create({ data: { runId, userId: viewer.userId, role: "instructor" } });
  }
  await storeExercises(tx, runId, exercises);
  await fill(tx, runId);
  return { kind: "created", runId, slug };
}

async function decide(
  tx: Tx,
  viewer: Viewer | undefined,
  courseId: string,
): Promise<Exclude<CreateRunResult, { kind: "created" | "taken" }> | undefined> {
  const runs = await tx.courseRun.findMany({ where: { courseId }, select: { id: true } });
  const decision = mayCreateRun(
    viewer,
    runs.map(({ id }) => id),
  );
  if (decision.kind === "denied") return decision;
  const course = await tx.course.findUnique({ where: { id: courseId }, select: { id: true } });
  return course === null ? { kind: "gone" } : undefined;
}

/** Changes what the run is called and in which time zone its dates are written. */
export async function describeRun(
  tx: Tx,
  { runId, actorId }: { readonly runId: string; readonly actorId: string },
  { title, timeZone }: { readonly title: string; readonly timeZone: string },
): Promise<void> {
  await setTimeZone(tx, runId, timeZone, actorId);
  await tx.courseRun.update({ where: { id: runId }, data: { title } });
}

/**
 * Puts the run away, or takes it back: in an archived one students only read. Nobody's pages stay
 * with it unless they choose it again.
 */
export async function archiveRun(tx: Tx, runId: string, at: Date | null): Promise<void> {
  await tx.courseRun.update({ where: { id: runId }, data: { archivedAt: at } });
  if (at !== null) await tx.enrolment.updateMany({ where: { runId }, data: { chosenAt: null } });
}

/** A run that a person is in, to choose from. */
export interface OwnRun {
  readonly id: string;
  readonly title: string;
  readonly isArchived: boolean;
}

/** The person's runs; the first is the one that their pages belong to. */
export async function ownRuns(tx: Tx, userId: string): Promise<readonly OwnRun[]> {
  const rows = await tx.enrolment.findMany({
    where: { userId },
    orderBy: [...RUN_OF_PAGES],
    select: { run: { select: { id: true, title: true, archivedAt: true } } },
  });
  return rows.map(({ run: { archivedAt, ...run } }) => ({
    ...run,
    isArchived: archivedAt !== null,
  }));
}

/** From now on the person's pages belong to this run; false when they are not in it. */
export async function chooseRun(
  tx: Tx,
  key: { readonly userId: string; readonly runId: string },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.enrolment.updateMany({ where: key, data: { chosenAt: now } });
  return count > 0;
}

export interface RunSettings {
  readonly title: string;
  readonly timeZone: string;
  readonly archivedAt: Date | null;
  /** Whether a key is set by which people enrol themselves. */
  readonly hasKey: boolean;
}

export async function runForSettings(tx: Tx, runId: string): Promise<RunSettings> {
  const { joinKeyHash, ...run } = await tx.courseRun.findUniqueOrThrow({
    where: { id: runId },
    select: { title: true, timeZone: true, archivedAt: true, joinKeyHash: true },
  });
  return { ...run, hasKey: joinKeyHash !== null };
}

/** A course in which the viewer may begin a run. */
export interface RunnableCourse {
  readonly id: string;
  readonly title: string;
}

export async function runnableCourses(tx: Tx, viewer: Viewer): Promise<readonly RunnableCourse[]> {
  const courses = await tx.course.findMany({
    orderBy: { title: "asc" },
    select: { id: true, title: true, runs: { select: { id: true } } },
  });
  return courses.flatMap(({ runs, ...course }) => {
    const runIds = runs.map(({ id }) => id);
    return mayCreateRun(viewer, runIds).kind === "allowed" ? [course] : [];
  });
}
