/** What an author does with a document: keeps a draft, stores it as a version, asks to publish. */

import { requestCheck } from "../content/check.ts";
import {
  type Draft,
  draftOf,
  dropDraft,
  filesOfVersion,
  laidOver,
  lockDraft,
} from "../content/drafts.ts";
import { type CommitOutcome, commitVersion } from "../content/publish.ts";
import { storeBlobs } from "../content/store.ts";
import { hashOf } from "../content/tree.ts";
import type { Tx } from "../db/index.ts";

/** A document by its course and id: an id of another course's finds nothing. */
export async function documentIn(
  tx: Tx,
  courseId: string,
  documentId: string,
): Promise<{ readonly id: string; readonly path: string; readonly head: number } | undefined> {
  const found = await tx.contentDocument.findFirst({
    where: { id: documentId, courseId },
    select: {
      id: true,
      path: true,
      versions: { orderBy: { number: "desc" }, take: 1, select: { number: true } },
    },
  });
  if (found === null) return undefined;
  return { id: found.id, path: found.path, head: found.versions[0]?.number ?? 0 };
}

export interface VersionRequest {
  readonly courseId: string;
  readonly documentId: string;
  readonly userId: string;
  /** Of the draft as the author sees it. */
  readonly revision: number;
  readonly message: string;
}

export type VersionOutcome =
  | CommitOutcome
  | { readonly kind: "no-draft" }
  /** Another tab or device has saved the draft since. */
  | { readonly kind: "changed"; readonly draft: Draft };

/** Stores the author's draft as the document's next version; the draft is gone then. */
export async function storeDraft(tx: Tx, request: VersionRequest): Promise<VersionOutcome> {
  const { courseId, documentId, userId, revision, message } = request;
  await lockDraft(tx, { documentId, userId });
  const draft = await draftOf(tx, { documentId, userId });
  if (draft === undefined || draft.files.size === 0) return { kind: "no-draft" };
  if (draft.revision !== revision) return { kind: "changed", draft };
  const before = await filesOfVersion(tx, documentId, draft.base);
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const files = laidOver(before ?? new Map(), draft, (text) => {
    const bytes = new TextEncoder().encode(text);
    const hash = hashOf(bytes);
    blobs.set(hash, bytes);
    return hash;
  });
  await storeBlobs(tx, blobs);
  const { base } = draft;
  const commit = { courseId, documentId, authorId: userId, base, files, message };
  const outcome = await commitVersion(tx, commit);
  if (outcome.kind === "stored") await dropDraft(tx, { documentId, userId });
  return outcome;
}

/** A document with the version that somebody has seen as its newest one. */
interface SeenVersion {
  readonly id: string;
  readonly number: number;
}

type PublicationRequest =
  | { readonly kind: "requested"; readonly checkId: string }
  /** Somebody has stored a newer version meanwhile, which nobody who asks has seen. */
  | { readonly kind: "newer" }
  | { readonly kind: "unknown" };

/** Lets these versions pass the gate, to be published; nothing of them when one is not the newest any more. */
export async function requestPublication(
  tx: Tx,
  request: {
    readonly courseId: string;
    readonly documents: readonly SeenVersion[];
    readonly userId: string;
  },
): Promise<PublicationRequest> {
  const { courseId, userId } = request;
  const seen = new Map(request.documents.map(({ id, number }) => [id, number]));
  const documents = await tx.contentDocument.findMany({
    where: { courseId, id: { in: [...seen.keys()] }, versions: { some: {} } },
    select: {
      id: true,
      versions: { orderBy: { number: "desc" }, take: 1, select: { id: true, number: true } },
    },
  });
  if (documents.length === 0 || documents.length < seen.size) return { kind: "unknown" };
  const heads = documents.flatMap(({ id, versions }) =>
    versions.map((head) => ({ ...head, isSeen: seen.get(id) === head.number })),
  );
  if (heads.some(({ isSeen }) => !isSeen)) return { kind: "newer" };
  const versionIds = heads.map(({ id }) => id);
  const asked = { courseId, versionIds, askedById: userId, publishes: true };
  return { kind: "requested", checkId: await requestCheck(tx, asked) };
}
