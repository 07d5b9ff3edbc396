"use server";

import * as z from "zod";
import type {
  LoadNotebookResult,
  NotebookHistoryResult,
  SaveNotebookResult,
} from "#notebook/session";
import { currentViewer } from "#server/auth";
import { readLecture } from "#server/course";
import { db, transaction } from "#server/db";
import { maySaveNotebook } from "#server/policies";
import { cellHistory, notebookOf, saveNotebook } from "#server/queries";

/** All edited cells of a lecture together, in bytes. */
const NOTEBOOK_BYTES_MAX = 1024 * 1024;

/** Which notebook, and whose the page was made for. */
const Key = { slug: z.string().min(1).max(100), reader: z.string().min(1).max(64) };

type SignedOut = { readonly kind: "denied"; readonly because: "signed-out" };

/** What the reader has saved of the lecture. */
export async function loadCells(input: unknown): Promise<LoadNotebookResult> {
  const parsed = z.strictObject(Key).safeParse(input);
  const userId = await readerOf(parsed.data);
  if (typeof userId !== "string") return userId;
  const lectureSlug = parsed.data?.slug ?? "";
  const { savedAt, ...notebook } = await notebookOf(db(), { userId, lectureSlug });
  return { kind: "notebook", ...notebook, at: savedAt.getTime() };
}

const SaveInput = z.strictObject({
  ...Key,
  revision: z.int().min(0),
  cells: z
    .record(z.string().min(1).max(100), z.string())
    .refine(
      (cells) => Buffer.byteLength(JSON.stringify(cells)) <= NOTEBOOK_BYTES_MAX,
      `The cells are larger than ${NOTEBOOK_BYTES_MAX / 1024} KiB together: make them shorter.`,
    ),
});

/** Keeps the reader's cells, unless another device has kept a newer revision. */
export async function saveCells(input: unknown): Promise<SaveNotebookResult> {
  const parsed = SaveInput.safeParse(input);
  if (!parsed.success) return { kind: "invalid", problems: problemsOf(parsed.error) };
  const userId = await readerOf(parsed.data);
  if (typeof userId !== "string") return userId;
  const { slug, revision, cells } = parsed.data;
  const lecture = await readLecture(slug);
  if (lecture === undefined) return { kind: "invalid", problems: ["This lecture is not there."] };
  // A page that was opened before the lecture changed may still have cells that are gone.
  const ids = new Set(lecture.cells.map(({ id }) => id));
  const present = Object.fromEntries(Object.entries(cells).filter(([id]) => ids.has(id)));
  const outcome = await transaction((tx) =>
    saveNotebook(tx, { userId, lectureSlug: slug, revision, cells: present }),
  );
  if (outcome.kind === "saved") return outcome;
  const { savedAt, ...newer } = outcome.present;
  return { kind: "conflict", ...newer, at: savedAt.getTime() };
}

const HistoryInput = z.strictObject({ ...Key, cellId: z.string().min(1).max(100) });

/** The texts that a cell has had on the server. */
export async function historyOfCell(input: unknown): Promise<NotebookHistoryResult> {
  const parsed = HistoryInput.safeParse(input);
  if (!parsed.success) return { kind: "invalid", problems: problemsOf(parsed.error) };
  const userId = await readerOf(parsed.data);
  if (typeof userId !== "string") return userId;
  const { slug: lectureSlug, cellId } = parsed.data;
  const versions = await cellHistory(db(), { userId, lectureSlug, cellId });
  return {
    kind: "history",
    versions: versions.map(({ source, savedAt }) => ({ source, at: savedAt.getTime() })),
  };
}

/** Who asks, if the page was made for them: another's texts must not become theirs. */
async function readerOf(asked: { reader: string } | undefined): Promise<string | SignedOut> {
  const viewer = await currentViewer();
  const decision = maySaveNotebook(viewer);
  if (decision.kind === "denied") return decision;
  if (viewer === undefined || viewer.userId !== asked?.reader) {
    return { kind: "denied", because: "signed-out" };
  }
  return viewer.userId;
}

function problemsOf(error: z.ZodError): string[] {
  return error.issues.map(({ message }) => message);
}
