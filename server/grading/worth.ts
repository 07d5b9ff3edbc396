/** An exercise is worth what the version says whose results are the grades. */
import type { ExerciseManifest } from "#notebook/document";
import type { Tx } from "../db/client.ts";
import { recordGradeEvent } from "./grade-event.ts";
import type { RegradeKey } from "./undo-repeat.ts";

/** What an exercise is worth, as events note it. */
interface Worth {
  readonly worth: number;
}

/** Makes the points of the version that becomes the grades' the exercise's; a part of the step that does it. */
export async function applyWorth(
  tx: Tx,
  key: RegradeKey,
  { exerciseId, versionId }: { readonly exerciseId: string; readonly versionId: string },
  reason: string,
): Promise<void> {
  const { manifest } = await tx.exerciseVersion.findUniqueOrThrow({
    where: { id: versionId },
    select: { manifest: true },
  });
  const { points } = manifest as unknown as ExerciseManifest;
  await setWorth(tx, key, { exerciseId, points, reason, kind: "regrade-applied" });
}

/** Brings back what the exercise was worth before the step, unless that has changed once more. */
export async function undoWorth(tx: Tx, key: RegradeKey, reason: string): Promise<void> {
  const event = await tx.gradeEvent.findFirst({
    where: {
      runId: key.runId,
      stepId: key.regradeId,
      kind: { in: ["regrade-applied", "regrade-undone"] },
      // Those of grades name the submission.
      submissionId: null,
      userId: null,
    },
    orderBy: [{ at: "desc" }, { id: "desc" }],
  });
  if (event?.kind !== "regrade-applied" || event.exerciseId === null) return;
  const { exerciseId } = event;
  // Written by `setWorth` alone.
  const [before, after] = [event.before, event.after] as unknown as (Worth | null)[];
  if (!before || (await lockWorth(tx, exerciseId)) !== after?.worth) return;
  await setWorth(tx, key, { exerciseId, points: before.worth, reason, kind: "regrade-undone" });
}

interface NewWorth {
  readonly exerciseId: string;
  readonly points: number;
  readonly reason: string;
  readonly kind: "regrade-applied" | "regrade-undone";
}

async function setWorth(
  tx: Tx,
  { runId, regradeId, actorId }: RegradeKey,
  { exerciseId, points, reason, kind }: NewWorth,
): Promise<void> {
  const before = await lockWorth(tx, exerciseId);
  if (before === undefined || before === points) return;
  await tx.exercise.update({ where: { id: exerciseId, runId }, data: { points } });
  const [was, is]: Worth[] = [{ worth: before }, { worth: points }];
  const step = { runId, kind, stepId: regradeId, exerciseId, actorId, reason };
  await recordGradeEvent(tx, { ...step, before: was, after: is });
}

async function lockWorth(tx: Tx, exerciseId: string): Promise<number | undefined> {
  const [row] = await tx.$queryRaw<{ points: number }[]>`
    SELECT "points" FROM "Exercise" WHERE "id" = ${exerciseId} FOR NO KEY UPDATE`;
  return row?.points;
}
