/** Grades that students do not see yet. Holding and releasing are steps that can be taken back. */
import { randomUUID } from "node:crypto";
import type { Tx } from "../db/client.ts";
import { recordGradeEvent } from "./grade-event.ts";

export interface HoldingStep {
  readonly runId: string;
  readonly actorId: string;
}

export interface Holding {
  readonly exerciseIds: readonly string[];
  /** False: they are released. */
  readonly isHeld: boolean;
}

/**
 * Holds or releases the grades of exercises of the run as one step and answers its id; undefined
 * when all of it was so already.
 */
export async function holdGrades(
  tx: Tx,
  { runId, actorId }: HoldingStep,
  { exerciseIds, isHeld }: Holding,
): Promise<string | undefined> {
  const stepId = randomUUID();
  return (await changeHolding(tx, { runId, actorId, stepId }, { exerciseIds, isHeld })) === 0
    ? undefined
    : stepId;
}

/** Takes a step back for those exercises that are still as it has left them; answers how many. */
export async function undoHolding(
  tx: Tx,
  { runId, actorId, stepId }: HoldingStep & { readonly stepId: string },
): Promise<number> {
  const events = await tx.gradeEvent.findMany({
    where: { runId, stepId, kind: { in: ["held", "released"] } },
    select: { kind: true, exerciseId: true },
  });
  const undone = { runId, actorId, stepId: randomUUID() };
  const idsOf = (wanted: string) =>
    events.flatMap(({ kind, exerciseId }) => (kind === wanted ? (exerciseId ?? []) : []));
  return (
    (await changeHolding(tx, undone, { exerciseIds: idsOf("held"), isHeld: false })) +
    (await changeHolding(tx, undone, { exerciseIds: idsOf("released"), isHeld: true }))
  );
}

async function changeHolding(
  tx: Tx,
  step: HoldingStep & { readonly stepId: string },
  { exerciseIds, isHeld }: Holding,
): Promise<number> {
  const changed = await tx.exercise.updateManyAndReturn({
    where: { runId: step.runId, id: { in: [...exerciseIds] }, isHeld: !isHeld },
    data: { isHeld },
    select: { id: true },
  });
  const kind = isHeld ? "held" : "released";
  await recordGradeEvent(
    tx,
    ...changed.map(
      ({ id }) =>
        ({
          ...step,
          kind,
          exerciseId: id,
          before: { isHeld: !isHeld },
          after: { isHeld },
        }) as const,
    ),
  );
  return changed.length;
}
