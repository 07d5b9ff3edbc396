/** What authors type: one draft for each author and document, over the version they began with. */
import type { Tx } from "../db/index.ts";
import { type Files, filesOf } from "./store.ts";
import { isPathOf } from "./tree.ts";

/** A file as an author has it: its text, the hash of bytes that are no text, or `removed`. */
export type DraftFile =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bytes"; readonly hash: string }
  | { readonly kind: "removed" };

export interface Draft {
  readonly id: string;
  /** Number of the version that the author began with; 0: the document had none. */
  readonly base: number;
  /** Grows with each save, so that a second tab sees that it is behind. */
  readonly revision: number;
  /** Only those that differ from the version, by path below the document's folder. */
  readonly files: ReadonlyMap<string, DraftFile>;
  readonly updatedAt: Date;
}

export interface DraftKey {
  readonly documentId: string;
  readonly userId: string;
}

export interface DraftChange extends DraftKey {
  /** The revision that the change was made on; 0 begins a draft. */
  readonly revision: number;
  /** The version that a new draft begins with. */
  readonly base: number;
  /** `undefined` gives a file up: it is as in the version again. */
  readonly files: ReadonlyMap<string, DraftFile | undefined>;
}

export type SaveOutcome =
  | { readonly kind: "saved"; readonly revision: number }
  /** Another tab or device has saved since: what it saved stays. */
  | { readonly kind: "behind"; readonly draft: Draft }
  | { readonly kind: "refused"; readonly path: string };

const DRAFT = {
  id: true,
  base: true,
  revision: true,
  updatedAt: true,
  files: { orderBy: { path: "asc" } },
} as const;

export async function draftOf(
  tx: Tx,
  { documentId, userId }: DraftKey,
): Promise<Draft | undefined> {
  const found = await tx.contentDraft.findUnique({
    where: { documentId_userId: { documentId, userId } },
    select: DRAFT,
  });
  if (found === null) return undefined;
  const files = new Map(found.files.map(({ path, text, hash }) => [path, fileOf(text, hash)]));
  return { ...found, files };
}

/** Stores what has changed; nothing of it when somebody else has saved since. */
export async function saveDraft(tx: Tx, change: DraftChange): Promise<SaveOutcome> {
  const { documentId, userId, revision, base, files } = change;
  const { path: document } = await tx.contentDocument.findUniqueOrThrow({
    where: { id: documentId },
    select: { path: true },
  });
  // Given up, it need not be a name that a file may have.
  const named = [...files].filter(([, file]) => file !== undefined).map(([path]) => path);
  const odd = named.find((path) => !isPathOf(document, path));
  if (odd !== undefined) return { kind: "refused", path: odd };
  // Two tabs that begin at once: the second one finds the first one's row.
  if (revision === 0) {
    await tx.contentDraft.createMany({
      data: [{ documentId, userId, base, revision: 0 }],
      skipDuplicates: true,
    });
  }
  const { count } = await tx.contentDraft.updateMany({
    where: { documentId, userId, revision },
    data: { revision: { increment: 1 } },
  });
  const draft = await draftOf(tx, change);
  if (draft === undefined || count === 0) {
    return { kind: "behind", draft: draft ?? NO_DRAFT };
  }
  for (const [path, file] of files) await storeFile(tx, draft.id, path, file);
  return { kind: "saved", revision: draft.revision };
}

/** Until the transaction ends nobody else saves the draft: what is read of it then is all there is. */
export async function lockDraft(tx: Tx, { documentId, userId }: DraftKey): Promise<void> {
  await tx.$queryRaw`
    SELECT "id" FROM "ContentDraft"
    WHERE "documentId" = ${documentId} AND "userId" = ${userId} FOR UPDATE`;
}

/** Forgets what the author has typed. */
export async function dropDraft(tx: Tx, { documentId, userId }: DraftKey): Promise<void> {
  await tx.contentDraft.deleteMany({ where: { documentId, userId } });
}

/** The files of the version with those of the draft laid over them; texts get their hash from `put`. */
export function laidOver(
  files: Files,
  draft: Draft,
  put: (text: string) => string,
): Map<string, string> {
  const whole = new Map(files);
  for (const [path, file] of draft.files) {
    if (file.kind === "removed") whole.delete(path);
    else whole.set(path, file.kind === "text" ? put(file.text) : file.hash);
  }
  return whole;
}

/** The files of one version; none for 0. */
export async function filesOfVersion(
  tx: Tx,
  documentId: string,
  number: number,
): Promise<Files | undefined> {
  if (number === 0) return new Map();
  const found = await tx.contentVersion.findUnique({
    where: { documentId_number: { documentId, number } },
    select: { files: true },
  });
  return found === null ? undefined : filesOf(found.files);
}

const NO_DRAFT: Draft = {
  id: "",
  base: 0,
  revision: 0,
  files: new Map(),
  updatedAt: new Date(0),
};

async function storeFile(tx: Tx, draftId: string, path: string, file: DraftFile | undefined) {
  if (file === undefined) {
    await tx.contentDraftFile.deleteMany({ where: { draftId, path } });
    return;
  }
  const text = file.kind === "text" ? file.text : null;
  const hash = file.kind === "bytes" ? file.hash : null;
  await tx.contentDraftFile.upsert({
    where: { draftId_path: { draftId, path } },
    create: { draftId, path, text, hash },
    update: { text, hash },
  });
}

function fileOf(text: string | null, hash: string | null): DraftFile {
  if (text !== null) return { kind: "text", text };
  return hash === null ? { kind: "removed" } : { kind: "bytes", hash };
}
