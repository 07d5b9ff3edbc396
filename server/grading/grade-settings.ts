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

interface SettingsStep {
  readonly runId: string;
  readonly actorId: string;
}

/** Stores settings as one step and answers its id; exercises of other runs are not touched. */
export async function saveGradeSettings(
  tx: Tx,
  { runId, actorId }: SettingsStep,
  wanted: GradeSettings,
): Promise<string | undefined> {
  const before = await gradeSettings(tx, runId);
  const weights = Object.entries(wanted.weights).filter(
    ([id, weight]) => id in before.weights && before.weights[id] !== weight,
  );
  if (weights.length === 0 && wanted.dropLowest === before.dropLowest) return undefined;
  await tx.courseRun.update({ where: { id: runId }, data: { dropLowest: wanted.dropLowest } });
  for (const [id, weight] of weights) {
    await tx.exercise.update({ where: { id, runId }, data: { weight } });
  }
  const stepId = randomUUID();
  await recordGradeEvent(tx, {
    runId,
    kind: "settings",
    stepId,
    actorId,
    before: {
      dropLowest: before.dropLowest,
      weights: Object.fromEntries(weights.map(([id]) => [id, before.weights[id]])),
    },
    after: { dropLowest: wanted.dropLowest, weights: Object.fromEntries(weights) },
  });
  return stepId;
}

/** Brings back what stood before a step, for all that the step has changed. */
export async function undoGradeSettings(
  tx: Tx,
  { runId, stepId, actorId }: SettingsStep & { readonly stepId: string },
): Promise<string | undefined> {
  const event = await tx.gradeEvent.findFirst({ where: { runId, stepId, kind: "settings" } });
  if (event === null) return undefined;
  // Written by `saveGradeSettings` alone.
  return saveGradeSettings(tx, { runId, actorId }, event.before as unknown as GradeSettings);
}
