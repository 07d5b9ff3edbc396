import type { LocalDrafts } from "./drafts.ts";
import { openLocalDrafts } from "./local-drafts.ts";
import type { LectureCell } from "./session-cell.ts";

/**
 * This browser's store of one reader's lecture; each has one of their own, also on a machine that
 * several share. What was typed before signing in becomes theirs.
 *
 * @param reader undefined: nobody is signed in
 */
export async function openReaderDrafts(
  slug: string,
  cells: readonly LectureCell[],
  reader: string | undefined,
): Promise<LocalDrafts> {
  if (reader === undefined) return openLocalDrafts(slug, cells);
  const own = await openLocalDrafts(`${slug}:${reader}`, cells);
  const anonymous = await openLocalDrafts(slug, cells);
  try {
    await takeOver(anonymous, own, cells);
  } finally {
    anonymous.close();
  }
  return own;
}

/** Moves the texts that are not the lecture's; where the reader has another one, both are shown. */
export async function takeOver(
  from: LocalDrafts,
  to: LocalDrafts,
  cells: readonly LectureCell[],
): Promise<void> {
  const [typed, own] = [await from.texts(), await to.texts()];
  for (const { id, source: original } of cells) {
    const text = typed.get(id) ?? original;
    const before = own.get(id) ?? original;
    if (text === original) continue;
    if (before !== original && before !== text) {
      await to.remember(id, before);
      const agreed = await to.agreement();
      await to.agree({ ...agreed, held: [...new Set([...agreed.held, id])] });
    }
    await to.overwrite(id, text);
    // Last: what breaks off here is moved again the next time.
    await from.overwrite(id, original);
  }
}
