/** A draft that begins anew over a version, whole. */
import type { DraftFile, DraftKey } from "../content/drafts.ts";
import type { Tx } from "../db/index.ts";

export interface DraftReplacement extends DraftKey {
  /** Of the draft that is replaced; 0: there is none. */
  readonly revision: number;
  /** The version that it lies over from now on. */
  readonly base: number;
  readonly files: ReadonlyMap<string, DraftFile>;
}

/** Makes the draft these changes over that version; false when it was saved elsewhere meanwhile. */
export async function replaceDraft(tx: Tx, replacement: DraftReplacement): Promise<boolean> {
  const { documentId, userId, revision, base, files } = replacement;
  if (revision === 0) {
    const row = { documentId, userId, base, revision: 0 };
    await tx.contentDraft.createMany({ data: [row], skipDuplicates: true });
  }
  const { count } = await tx.contentDraft.updateMany({
    where: { documentId, userId, revision },
    data: { base, revision: { increment: 1 } },
  });
  if (count === 0) return false;
  const key = { documentId_userId: { documentId, userId } };
  const { id } = await tx.contentDraft.findUniqueOrThrow({ where: key, select: { id: true } });
  await tx.contentDraftFile.deleteMany({ where: { draftId: id } });
  await tx.contentDraftFile.createMany({
    data: [...files].map(([path, file]) => ({
      draftId: id,
      path,
      text: file.kind === "text" ? file.text : null,
      hash: file.kind === "bytes" ? file.hash : null,
    })),
  });
  return true;
}

/**
 * A draft in which nothing differs any more lies over the version that its author sees from now on, and
 * one to which a text comes that was typed over an older version lies over that one: so the merge comes,
 * and what others have written in between is not taken back. Its revision stays: to other tabs nothing
 * has happened.
 */
export async function rebaseDraft(
  tx: Tx,
  { documentId, userId, revision, base }: Omit<DraftReplacement, "files">,
): Promise<void> {
  await tx.contentDraft.updateMany({
    where: {
      ...{ documentId, userId, revision },
      OR: [{ files: { none: {} } }, { base: { gt: base } }],
    },
    data: { base },
  });
}
