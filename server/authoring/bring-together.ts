/** A draft that lies over the newest version, made from an older one or from what two authors have done. */

import { type Draft, type DraftFile, draftOf, filesOfVersion } from "../content/drafts.ts";
import { readBlobs } from "../content/store.ts";
import type { Tx } from "../db/index.ts";
import {
  type Choice,
  decide,
  type FileState,
  type Files,
  isSame,
  type MergedFile,
  mergeFiles,
} from "./merge.ts";
import { replaceDraft } from "./replace-draft.ts";
import { textOf } from "./texts.ts";

interface DraftKey {
  readonly documentId: string;
  readonly userId: string;
}

export interface Merge {
  readonly revision: number;
  readonly base: number;
  readonly head: number;
  readonly files: readonly MergedFile[];
}

/** What the author's draft and the newest version make together; undefined when the draft is not behind. */
export async function mergeOf(tx: Tx, key: DraftKey): Promise<Merge | undefined> {
  const draft = await draftOf(tx, key);
  const head = await headOf(tx, key.documentId);
  if (draft === undefined || draft.files.size === 0 || draft.base >= head) return undefined;
  const base = await statesAt(tx, key.documentId, draft.base);
  const theirs = await statesAt(tx, key.documentId, head);
  const files = mergeFiles(base, withDraft(base, draft), theirs);
  return { revision: draft.revision, base: draft.base, head, files };
}

export type MergeOutcome =
  | { readonly kind: "merged" }
  /** The draft or the newest version is another one by now. */
  | { readonly kind: "changed" }
  | { readonly kind: "undecided" };

/** Makes the draft what was chosen, over the newest version. */
export async function mergeDraft(
  tx: Tx,
  request: DraftKey & {
    readonly revision: number;
    readonly head: number;
    readonly choices: ReadonlyMap<string, Choice>;
  },
): Promise<MergeOutcome> {
  const merge = await mergeOf(tx, request);
  const { documentId, userId, revision, head, choices } = request;
  if (merge?.revision !== revision || merge.head !== head) return { kind: "changed" };
  const theirs = await statesAt(tx, documentId, head);
  const result = new Map(theirs);
  for (const file of merge.files) {
    const state = decide(file, choices);
    if (state === undefined) return { kind: "undecided" };
    result.set(file.path, state);
  }
  const files = changesOf(theirs, result);
  const isDone = await replaceDraft(tx, { documentId, userId, revision, base: head, files });
  return { kind: isDone ? "merged" : "changed" };
}

export type BringBackOutcome =
  | { readonly kind: "brought-back" }
  /** What the author has typed is stored or given up first: it would be lost. */
  | { readonly kind: "has-draft" }
  | { readonly kind: "no-version" };

/** Makes a draft of an older version, over the newest one. */
export async function bringBack(
  tx: Tx,
  request: DraftKey & { readonly number: number },
): Promise<BringBackOutcome> {
  const { documentId, userId, number } = request;
  if ((await filesOfVersion(tx, documentId, number)) === undefined) return { kind: "no-version" };
  const draft = await draftOf(tx, request);
  if (draft !== undefined && draft.files.size > 0) return { kind: "has-draft" };
  const base = await headOf(tx, documentId);
  const files = changesOf(
    await statesAt(tx, documentId, base),
    await statesAt(tx, documentId, number),
  );
  const revision = draft?.revision ?? 0;
  const isDone = await replaceDraft(tx, { documentId, userId, revision, base, files });
  return { kind: isDone ? "brought-back" : "has-draft" };
}

async function headOf(tx: Tx, documentId: string): Promise<number> {
  const head = await tx.contentVersion.findFirst({
    where: { documentId },
    orderBy: { number: "desc" },
    select: { number: true },
  });
  return head?.number ?? 0;
}

async function statesAt(tx: Tx, documentId: string, number: number): Promise<Files> {
  const files = (await filesOfVersion(tx, documentId, number)) ?? new Map<string, string>();
  const blobs = await readBlobs(tx, files.values());
  return new Map(
    [...files].map(([path, hash]) => {
      const text = textOf(path, blobs.get(hash) ?? new Uint8Array());
      return [path, text === undefined ? { kind: "bytes", hash } : { kind: "text", text }];
    }),
  );
}

function withDraft(base: Files, draft: Draft): Files {
  const files = new Map(base);
  for (const [path, file] of draft.files) {
    if (file.kind === "removed") files.delete(path);
    else files.set(path, file);
  }
  return files;
}

/** What a draft over `before` has to hold for its files to be these. */
function changesOf(before: Files, after: Files): Map<string, DraftFile> {
  const absent: FileState = { kind: "absent" };
  const changes = new Map<string, DraftFile>();
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const now = after.get(path) ?? absent;
    if (isSame(before.get(path) ?? absent, now)) continue;
    changes.set(path, now.kind === "absent" ? { kind: "removed" } : now);
  }
  return changes;
}
