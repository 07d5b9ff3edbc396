import type { Tx } from "../db/index.ts";

/** The text that a person has typed and not handed in. */
export interface ExerciseDraft {
  /** 0: nothing was ever saved. */
  readonly revision: number;
  /** undefined: nothing was ever saved. */
  readonly source: string | undefined;
  readonly savedAt: Date;
}

interface DraftKey {
  readonly userId: string;
  readonly exerciseId: string;
}

export async function exerciseDraft(tx: Tx, key: DraftKey): Promise<ExerciseDraft> {
  const draft = await tx.exerciseDraft.findUnique({
    where: { userId_exerciseId: key },
    select: { revision: true, source: true, updatedAt: true },
  });
  if (draft === null) return { revision: 0, source: undefined, savedAt: new Date(0) };
  return { revision: draft.revision, source: draft.source, savedAt: draft.updatedAt };
}

export type SaveDraftOutcome =
  | { readonly kind: "saved"; readonly revision: number }
  /** Somebody has saved a newer revision: nothing was stored. */
  | { readonly kind: "conflict"; readonly present: ExerciseDraft };

/**
 * Stores `source` as the next revision if `revision` is still the present one. Of two devices that
 * save at the same time one is told of the other.
 */
export async function saveExerciseDraft(
  tx: Tx,
  { userId, exerciseId, revision, source }: DraftKey & { revision: number; source: string },
): Promise<SaveDraftOutcome> {
  const next = revision + 1;
  const stored =
    revision === 0
      ? await tx.exerciseDraft.createMany({
          data: [{ userId, exerciseId, source, revision: next }],
          skipDuplicates: true,
        })
      : await tx.exerciseDraft.updateMany({
          where: { userId, exerciseId, revision },
          data: { source, revision: next },
        });
  if (stored.count === 1) return { kind: "saved", revision: next };
  return { kind: "conflict", present: await exerciseDraft(tx, { userId, exerciseId }) };
}

/**
 * Stores a text that came from a page without a script, where nobody can be asked: where another
 * device has saved one meanwhile, both stand below each other.
 */
export async function keepBothTexts(
  tx: Tx,
  { source, ...key }: DraftKey & { revision: number; source: string },
): Promise<void> {
  const outcome = await saveExerciseDraft(tx, { ...key, source });
  if (outcome.kind === "saved") return;
  const { present } = outcome;
  if (present.source === source) return;
  const both = `${present.source ?? ""}\n\n${source}`;
  await saveExerciseDraft(tx, { ...key, revision: present.revision, source: both });
}
