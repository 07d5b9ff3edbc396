/** How grades come together in sums: weights, and how many of the lowest are left out. */
import { randomUUID } from "node:crypto";
import type { Tx } from "../db/client.ts";
import { recordGradeEvent } from "./grade-event.ts";

export interface GradeSettings {
  readonly dropLowest: number;
  /** By the exercise's id. */
  readonly weights: Readonly<Record<string, number>>;
}

export async function gradeSettings(tx: Tx, runId: string): Promise<GradeSettings> {
  const { dropLowest, exercises } = await tx.courseRun.findUniqueOrThrow({
    where: { id: runId },
    select: { dropLowest: true, exercises: { select: { id: true, weight: true } } },
  });
  return { dropLowest, weights: Object.fromEntries(exercises.map((e) => [e.id, e.weight])) };
}

/** What is to be otherwise; all that is absent stays. */
export interface SettingsChange {
  readonly dropLowest?: number | undefined;
  /** By the exercise's id. */
  readonly weights: Readonly<Record<string, number>>;
}

interface SettingsStep {
  readonly runId: string;
  readonly actorId: string;
}

/** Stores settings as one step and answers its id; exercises of other runs are not touched. */
export async function saveGradeSettings(
  tx: Tx,
  { runId, actorId }: SettingsStep,
  wanted: SettingsChange,
): Promise<string | undefined> {
  await lockSettings(tx, runId);
  const before = await gradeSettings(tx, runId);
  const weights = Object.entries(wanted.weights).filter(
    ([id, weight]) => id in before.weights && before.weights[id] !== weight,
  );
  const dropLowest = wanted.dropLowest === before.dropLowest ? undefined : wanted.dropLowest;
  if (weights.length === 0 && dropLowest === undefined) return undefined;
  if (dropLowest !== undefined) {
    await tx.courseRun.update({ where: { id: runId }, data: { dropLowest } });
  }
  for (const [id, weight] of weights) {
    await tx.exercise.update({ where: { id, runId }, data: { weight } });
  }
  const stepId = randomUUID();
  const noted = (drop: number, values: Readonly<Record<string, number | undefined>>) => ({
    ...(dropLowest === undefined ? {} : { dropLowest: drop }),
    weights: Object.fromEntries(weights.map(([id]) => [id, values[id]])),
  });
  await recordGradeEvent(tx, {
    ...{ runId, kind: "settings", stepId, actorId },
    before: noted(before.dropLowest, before.weights),
    after: noted(wanted.dropLowest ?? before.dropLowest, wanted.weights),
  });
  return stepId;
}

/** Brings back what stood before a step, where it is still as the step has left it. */
export async function undoGradeSettings(
  tx: Tx,
  { runId, stepId, actorId }: SettingsStep & { readonly stepId: string },
): Promise<string | undefined> {
  const event = await tx.gradeEvent.findFirst({ where: { runId, stepId, kind: "settings" } });
  if (event === null) return undefined;
  await lockSettings(tx, runId);
  const now = await gradeSettings(tx, runId);
  // Written by `saveGradeSettings` alone.
  const [before, after] = [event.before, event.after] as unknown as SettingsChange[];
  if (before === undefined || after === undefined) return undefined;
  const weights = Object.entries(before.weights).filter(
    ([id]) => now.weights[id] === after.weights[id],
  );
  return saveGradeSettings(
    tx,
    { runId, actorId },
    {
      dropLowest: now.dropLowest === after.dropLowest ? before.dropLowest : undefined,
      weights: Object.fromEntries(weights),
    },
  );
}

/** Nobody else changes the settings until the transaction ends: what is compared is what is replaced. */
async function lockSettings(tx: Tx, runId: string): Promise<void> {
  await tx.$queryRaw`SELECT FROM "CourseRun" WHERE "id" = ${runId} FOR NO KEY UPDATE`;
}
