import type { Prisma, Tx } from "../db/index.ts";

/** The edited cells of one lecture by one person, by cell. */
export type EditedCells = Readonly<Record<string, string>>;

export interface NotebookRevision {
  /** 0: nothing was ever saved. */
  readonly revision: number;
  readonly cells: EditedCells;
  readonly savedAt: Date;
}

/** Texts that follow each other faster than this are one entry of the history, in ms. */
const HISTORY_STEP_MS = 60_000;
const HISTORY_MAX = 50;

interface NotebookKey {
  readonly userId: string;
  readonly lectureSlug: string;
}

/** What the person has saved of the lecture. */
export async function notebookOf(tx: Tx, key: NotebookKey): Promise<NotebookRevision> {
  const draft = await tx.notebookDraft.findUnique({
    where: { userId_lectureSlug: key },
    select: { revision: true, cells: true, updatedAt: true },
  });
  if (draft === null) return { revision: 0, cells: {}, savedAt: new Date(0) };
  return { revision: draft.revision, cells: editedCells(draft.cells), savedAt: draft.updatedAt };
}

export type SaveOutcome =
  | { readonly kind: "saved"; readonly revision: number }
  /** Somebody has saved a newer revision: nothing was stored. */
  | { readonly kind: "conflict"; readonly present: NotebookRevision };

/**
 * Stores `cells` as the next revision if `revision` is still the present one. Two devices that save
 * at the same time take turns at the row, and the second one meets a newer revision.
 */
export async function saveNotebook(
  tx: Tx,
  { userId, lectureSlug, revision, cells }: NotebookKey & Omit<NotebookRevision, "savedAt">,
): Promise<SaveOutcome> {
  const [draft] = await tx.$queryRaw<{ id: string; revision: number; cells: unknown }[]>`
    INSERT INTO "NotebookDraft" ("id", "userId", "lectureSlug", "revision", "cells", "updatedAt")
    VALUES (${crypto.randomUUID()}, ${userId}, ${lectureSlug}, 0, '{}', now())
    ON CONFLICT ("userId", "lectureSlug") DO UPDATE SET "revision" = "NotebookDraft"."revision"
    RETURNING "id", "revision", "cells"`;
  if (draft === undefined) throw new Error("the draft is neither there nor could it be made");
  if (draft.revision !== revision) {
    return { kind: "conflict", present: await notebookOf(tx, { userId, lectureSlug }) };
  }
  const before = editedCells(draft.cells);
  await tx.notebookDraft.update({
    where: { id: draft.id },
    data: { revision: revision + 1, cells: { ...cells } satisfies Prisma.InputJsonObject },
  });
  for (const [cellId, source] of Object.entries(cells)) {
    if (before[cellId] !== source) await addToHistory(tx, draft.id, cellId, source);
  }
  return { kind: "saved", revision: revision + 1 };
}

async function addToHistory(tx: Tx, draftId: string, cellId: string, source: string) {
  const [last] = await tx.cellRevision.findMany({
    where: { draftId, cellId },
    orderBy: { savedAt: "desc" },
    take: 1,
    select: { id: true, savedAt: true },
  });
  if (last !== undefined && Date.now() - last.savedAt.getTime() < HISTORY_STEP_MS) {
    // The time stays that of its beginning, so that an hour of typing is sixty entries, not one.
    await tx.cellRevision.update({ where: { id: last.id }, data: { source } });
    return;
  }
  await tx.cellRevision.create({ data: { draftId, cellId, source } });
  const tooOld = await tx.cellRevision.findMany({
    where: { draftId, cellId },
    orderBy: { savedAt: "desc" },
    skip: HISTORY_MAX,
    select: { id: true },
  });
  if (tooOld.length > 0) {
    await tx.cellRevision.deleteMany({ where: { id: { in: tooOld.map(({ id }) => id) } } });
  }
}

/** The saved texts of one cell, newest first. */
export async function cellHistory(
  tx: Tx,
  { userId, lectureSlug, cellId }: NotebookKey & { readonly cellId: string },
): Promise<readonly { source: string; savedAt: Date }[]> {
  return tx.cellRevision.findMany({
    where: { cellId, draft: { userId, lectureSlug } },
    orderBy: { savedAt: "desc" },
    take: HISTORY_MAX,
    select: { source: true, savedAt: true },
  });
}

function editedCells(json: unknown): EditedCells {
  if (typeof json !== "object" || json === null) return {};
  const texts = Object.entries(json).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}
