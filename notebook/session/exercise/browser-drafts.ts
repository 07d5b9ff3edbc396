import { openLocalDrafts } from "../local-drafts.ts";
import { type OpenedDrafts, TEXT_CELL } from "./exercise-text.ts";

interface ExerciseKey {
  readonly id: string;
  readonly starter: string;
  /** undefined: nobody is signed in. */
  readonly userId: string | undefined;
}

/**
 * This browser's store of one person's text. What was typed before signing in becomes theirs; where
 * they have another text already, both are theirs to choose from.
 */
export async function openExerciseDrafts({
  id,
  starter,
  userId,
}: ExerciseKey): Promise<OpenedDrafts> {
  const cells = [{ id: TEXT_CELL, number: 1, source: starter, hasOutput: false }];
  const drafts = await openLocalDrafts(slugOf(id, userId), cells);
  if (userId === undefined) return { drafts, other: undefined };
  const anonymous = await openLocalDrafts(slugOf(id, undefined), cells);
  try {
    const typed = (await anonymous.texts()).get(TEXT_CELL) ?? starter;
    const own = (await drafts.texts()).get(TEXT_CELL) ?? starter;
    if (typed === starter) return { drafts, other: undefined };
    await anonymous.overwrite(TEXT_CELL, starter);
    if (own === starter) {
      await drafts.overwrite(TEXT_CELL, typed);
      return { drafts, other: undefined };
    }
    await drafts.remember(TEXT_CELL, typed);
    return { drafts, other: typed === own ? undefined : { source: typed, at: Date.now() } };
  } finally {
    anonymous.close();
  }
}

/** Each person has a text of their own, also on a machine that several share. */
export function slugOf(id: string, userId: string | undefined): string {
  return userId === undefined ? `exercise:${id}` : `exercise:${id}:${userId}`;
}
