/** Grades that people give: points instead of the automatic ones, or an excuse. Each step can be taken back. */
import { createHash, randomUUID } from "node:crypto";
import type { Tx } from "../db/client.ts";
import { type NewGradeEvent, recordGradeEvent } from "./grade-event.ts";

export interface GivenGrade {
  /** null: the automatic ones stay. */
  readonly points: number | null;
  readonly isExcused: boolean;
  /** To the student. */
  readonly comment: string;
}

export interface GradeToGive {
  readonly exerciseId: string;
  readonly userId: string;
  /** null: nobody says anything. */
  readonly given: GivenGrade | null;
}

export interface GivingStep {
  readonly runId: string;
  readonly actorId: string;
  readonly kind: "given" | "imported";
}

/** Stores grades as one step and answers its id; undefined when all of it was so already. */
export async function giveGrades(
  tx: Tx,
  { runId, actorId, kind }: GivingStep,
  grades: readonly GradeToGive[],
): Promise<string | undefined> {
  const stepId = randomUUID();
  await lockGiving(tx, runId);
  const before = await givenNow(tx, grades);
  const changed = grades.filter(
    (grade) => !isSame(before.get(keyOf(grade)) ?? null, emptyAsNull(grade.given)),
  );
  if (changed.length === 0) return undefined;
  await store(tx, actorId, changed);
  const events = changed.map(({ exerciseId, userId, given }): NewGradeEvent => {
    const after = emptyAsNull(given);
    return {
      runId,
      kind,
      stepId,
      actorId,
      exerciseId,
      userId,
      before: before.get(keyOf({ exerciseId, userId })),
      after,
      reason: after?.comment ?? "",
    };
  });
  await recordGradeEvent(tx, ...events);
  return stepId;
}

/** By this a form says what stood there when it was shown. */
export function givenDigest(given: GivenGrade | null): string {
  const { points, isExcused, comment } = given ?? { points: null, isExcused: false, comment: "" };
  const said = JSON.stringify([points, isExcused, comment]);
  return createHash("sha256").update(said).digest("hex");
}

export type GivingOutcome =
  | { readonly kind: "given" }
  /** Somebody has given another grade since: nothing is stored. */
  | { readonly kind: "changed"; readonly now: GivenGrade | null };

/** Gives one grade, where the one that stands there is still the one with the digest `seen`. */
export async function giveGradeAsSeen(
  tx: Tx,
  step: GivingStep,
  grade: GradeToGive,
  seen: string | undefined,
): Promise<GivingOutcome> {
  await lockGiving(tx, step.runId);
  const now = (await givenNow(tx, [grade])).get(keyOf(grade)) ?? null;
  const isSeen = seen === undefined || seen === givenDigest(now);
  if (!isSeen && !isSame(now, emptyAsNull(grade.given))) return { kind: "changed", now };
  await giveGrades(tx, step, [grade]);
  return { kind: "given" };
}

/** Nobody else gives grades in the run until the transaction ends, not even where none stands yet. */
export async function lockGiving(tx: Tx, runId: string): Promise<void> {
  const name = `grades given in ${runId}`;
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))::text`;
}

export type UndoneStep =
  | { readonly kind: "undone"; readonly grades: number; readonly left: number }
  | { readonly kind: "unknown" };

/** Takes a step of given grades back; one that somebody has changed since stays, and so does that of who is erased. */
export async function undoGiving(
  tx: Tx,
  { runId, stepId, actorId }: { runId: string; stepId: string; actorId: string },
): Promise<UndoneStep> {
  const events = await tx.gradeEvent.findMany({
    where: { runId, stepId, kind: { in: ["given", "imported"] } },
  });
  if (events.length === 0) return { kind: "unknown" };
  const steps = events.flatMap(({ exerciseId, userId, before, after }) =>
    exerciseId === null || userId === null
      ? []
      : [{ exerciseId, userId, before: asGiven(before), after: asGiven(after) }],
  );
  await lockGiving(tx, runId);
  const now = await givenNow(tx, steps);
  const there = await stillThere(
    tx,
    steps.map(({ userId }) => userId),
  );
  const back = steps.filter(
    (step) => there.has(step.userId) && isSame(now.get(keyOf(step)) ?? null, step.after),
  );
  await giveGrades(
    tx,
    { runId, actorId, kind: "given" },
    back.map(({ exerciseId, userId, before }) => ({ exerciseId, userId, given: before })),
  );
  return { kind: "undone", grades: back.length, left: steps.length - back.length };
}

/** Locked: nobody of them is erased until the transaction ends. */
async function stillThere(tx: Tx, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "User" WHERE "id" = ANY(${[...userIds]}) FOR KEY SHARE`;
  return new Set(rows.map(({ id }) => id));
}

type Key = Pick<GradeToGive, "exerciseId" | "userId">;

/** Locked until the transaction ends: what is compared is what is replaced. */
async function givenNow(tx: Tx, keys: readonly Key[]): Promise<Map<string, GivenGrade>> {
  const rows = await tx.$queryRaw<(Key & GivenGrade)[]>`
    SELECT o."exerciseId", o."userId", o."points", o."isExcused", o."comment"
    FROM "GradeOverride" AS o
    JOIN unnest(${keys.map(({ exerciseId }) => exerciseId)}::text[],
      ${keys.map(({ userId }) => userId)}::text[]) AS key (exercise, student)
      ON key.exercise = o."exerciseId" AND key.student = o."userId"
    FOR UPDATE OF o`;
  return new Map(
    rows.map(({ exerciseId, userId, ...given }) => [keyOf({ exerciseId, userId }), given]),
  );
}

async function store(tx: Tx, actorId: string, grades: readonly GradeToGive[]): Promise<void> {
  const kept = grades.flatMap(({ given, ...key }) => {
    const grade = emptyAsNull(given);
    return grade === null ? [] : [{ ...key, ...grade }];
  });
  const gone = grades.filter(({ given }) => emptyAsNull(given) === null);
  if (gone.length > 0) {
    await tx.$executeRaw`
      DELETE FROM "GradeOverride" AS o
      USING unnest(${gone.map(({ exerciseId }) => exerciseId)}::text[],
        ${gone.map(({ userId }) => userId)}::text[]) AS key (exercise, student)
      WHERE o."exerciseId" = key.exercise AND o."userId" = key.student`;
  }
  if (kept.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO "GradeOverride" ("exerciseId", "userId", "points", "isExcused", "comment", "setById", "setAt")
    SELECT row.*, ${actorId}, now()
    FROM unnest(${kept.map(({ exerciseId }) => exerciseId)}::text[],
      ${kept.map(({ userId }) => userId)}::text[], ${kept.map(({ points }) => points)}::float8[],
      ${kept.map(({ isExcused }) => isExcused)}::boolean[],
      ${kept.map(({ comment }) => comment)}::text[]) AS row
    ON CONFLICT ("exerciseId", "userId") DO UPDATE SET "points" = excluded."points",
      "isExcused" = excluded."isExcused", "comment" = excluded."comment",
      "setById" = excluded."setById", "setAt" = excluded."setAt"`;
}

function keyOf({ exerciseId, userId }: Key): string {
  return `${exerciseId} ${userId}`;
}

/** What says nothing is as good as nothing. */
function emptyAsNull(given: GivenGrade | null): GivenGrade | null {
  if (given === null) return null;
  const { points, isExcused, comment } = given;
  return points === null && !isExcused && comment === "" ? null : { points, isExcused, comment };
}

function asGiven(json: unknown): GivenGrade | null {
  // Written by `giveGrades` alone.
  return json as GivenGrade | null;
}

function isSame(a: GivenGrade | null, b: GivenGrade | null): boolean {
  return a?.points === b?.points && a?.isExcused === b?.isExcused && a?.comment === b?.comment;
}
