/** What somebody has uploaded, as their drafts: nothing is published, and nothing that was typed is replaced. */
import { type DraftFile, draftOf } from "../content/drafts.ts";
import type { FolderCourse } from "../content/folder.ts";
import {
  documentAt,
  isSameFiles,
  lockCourse,
  storeBlobs,
  storedDocuments,
  storeVersion,
} from "../content/store.ts";
import { byDocument } from "../content/tree.ts";
import type { Tx } from "../db/index.ts";
import { replaceDraft } from "./replace-draft.ts";
import { TEXT_MAX, textOf } from "./texts.ts";

/** By the documents' folders. */
export interface ZipOutcome {
  /** New ones: the upload is their first version. */
  readonly created: readonly string[];
  /** Those that differ from their newest version: the author's draft holds what was uploaded. */
  readonly begun: readonly string[];
  /** Those of which the author has a draft already, which stays. */
  readonly kept: readonly string[];
  readonly same: number;
  /** Files that no course may have. */
  readonly refused: readonly string[];
}

export async function draftsFromZip(
  tx: Tx,
  key: { readonly courseId: string; readonly userId: string },
  { tree, blobs, refused }: FolderCourse,
): Promise<ZipOutcome> {
  const { courseId, userId } = key;
  await lockCourse(tx, courseId);
  const stored = await storedDocuments(tx, courseId);
  const outcome = { created: [] as string[], begun: [] as string[], kept: [] as string[], same: 0 };
  await storeBlobs(tx, blobs);
  for (const [path, files] of byDocument(tree)) {
    const head = stored.get(path)?.head;
    if (isSameFiles(files, head?.files)) {
      outcome.same += 1;
      continue;
    }
    const documentId = stored.get(path)?.id ?? (await documentAt(tx, courseId, path));
    if (head === undefined) {
      const message = "From a ZIP file";
      await storeVersion(tx, { documentId, files, origin: "site", message, authorId: userId });
      outcome.created.push(path);
      continue;
    }
    const draft = await draftOf(tx, { documentId, userId });
    if ((draft?.files.size ?? 0) > 0) {
      outcome.kept.push(path);
      continue;
    }
    const changes = changesOf(head.files, files, blobs);
    const revision = draft?.revision ?? 0;
    await replaceDraft(tx, { documentId, userId, revision, base: head.number, files: changes });
    outcome.begun.push(path);
  }
  return { ...outcome, refused };
}

function changesOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  blobs: ReadonlyMap<string, Uint8Array>,
): Map<string, DraftFile> {
  const changes = new Map<string, DraftFile>();
  for (const path of before.keys()) if (!after.has(path)) changes.set(path, { kind: "removed" });
  for (const [path, hash] of after) {
    if (before.get(path) === hash) continue;
    const text = textOf(path, blobs.get(hash) ?? new Uint8Array());
    const isTyped = text !== undefined && text.length <= TEXT_MAX && !text.includes("\0");
    changes.set(path, isTyped ? { kind: "text", text } : { kind: "bytes", hash });
  }
  return changes;
}
