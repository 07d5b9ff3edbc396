/** What the course's folder has changed, offered to the publish gate: a start publishes nothing unseen by it. */
import { db, type Tx, transaction } from "../db/index.ts";
import { jobQueue } from "../operation/job-queue.ts";
import { isCarriedOut, requestCheck } from "./check.ts";
import type { FolderCourse } from "./folder.ts";
import { type DocumentDifference, differencesTo, folderVersion, goBackWith } from "./import.ts";
import { documentAt, lockCourse, storeBlobs } from "./store.ts";

type Offer =
  | { readonly kind: "nothing" }
  /** A check was asked for. */
  | { readonly kind: "offered"; readonly checkId: string }
  /** Just this was offered before, and is not checked yet. */
  | { readonly kind: "waiting"; readonly checkId: string }
  /** Just this was offered before, and was taken back, or was refused by a course that is the same still. */
  | { readonly kind: "refused"; readonly checkId: string };

export interface OfferOutcome {
  readonly offer: Offer;
  /** What both sides have changed. */
  readonly conflicts: readonly DocumentDifference[];
  /** What is not in the folder any more: readers go on to see it. */
  readonly missing: readonly DocumentDifference[];
}

/** Stores what the folder has changed as versions, and lets them pass the gate together, to be published. */
export async function offerFolder(
  courseId: string,
  { tree, blobs }: FolderCourse,
): Promise<OfferOutcome> {
  const compared = { courseId, isElsewhere: false, tree };
  // Its tables are made before the transaction, which holds the course.
  if ((await differencesTo(db(), compared)).some(isNew)) await jobQueue();
  return transaction(async (tx) => {
    await lockCourse(tx, courseId);
    await goBackWith(tx, courseId, tree);
    const differences = await differencesTo(tx, compared);
    const changed = differences.filter(isNew);
    if (changed.length > 0) await storeBlobs(tx, blobs);
    return {
      offer: await offer(tx, courseId, changed),
      conflicts: differences.filter(({ kind }) => kind === "conflict"),
      missing: differences.filter(({ kind }) => kind === "removed"),
    };
  });
}

function isNew({ kind }: DocumentDifference): boolean {
  return kind === "added" || kind === "changed";
}

async function offer(
  tx: Tx,
  courseId: string,
  changed: readonly DocumentDifference[],
): Promise<Offer> {
  const versionIds: string[] = [];
  for (const { path, folder } of changed) {
    if (folder === undefined) continue;
    const documentId = await documentAt(tx, courseId, path);
    versionIds.push((await folderVersion(tx, documentId, folder)).id);
  }
  if (versionIds.length === 0) return { kind: "nothing" };
  const before = await offeredBefore(tx, courseId, versionIds);
  if (before !== undefined) return before;
  const checkId = await requestCheck(tx, { courseId, versionIds, publishes: true });
  return { kind: "offered", checkId };
}

/** What became of the same offer at an earlier start; undefined: nothing that would not be tried again. */
async function offeredBefore(
  tx: Tx,
  courseId: string,
  versionIds: string[],
): Promise<Offer | undefined> {
  const parts = await tx.contentCheckPart.findMany({
    where: { versionId: { in: versionIds } },
    orderBy: { checkId: "desc" },
    distinct: ["versionId"],
    select: { check: { select: { id: true, state: true, askedAt: true } } },
  });
  const [last] = parts.map(({ check }) => check);
  const isSame =
    parts.length === versionIds.length && parts.every(({ check }) => check.id === last?.id);
  if (last === undefined || !isSame) return undefined;
  const { id: checkId, state, askedAt } = last;
  if (state === "cancelled") return { kind: "refused", checkId };
  // What was in the way may have been another document, which was mended since.
  if (state === "refused")
    return (await hasMoved(tx, courseId, askedAt)) ? undefined : { kind: "refused", checkId };
  const isOpen = state === "waiting" || state === "running";
  return isOpen && (await isCarriedOut(tx, checkId)) ? { kind: "waiting", checkId } : undefined;
}

async function hasMoved(tx: Tx, courseId: string, since: Date): Promise<boolean> {
  const later = { document: { courseId }, publishedAt: { gt: since } };
  return (await tx.contentPublication.count({ where: later })) > 0;
}
