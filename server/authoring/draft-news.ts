/** What has become of a draft since one of its author's tabs has read it. */
import { draftOf } from "../content/drafts.ts";
import type { Tx } from "../db/index.ts";
import type { EditedChange } from "./edited-document.ts";

export interface DraftNews {
  /** Number of the document's newest version. */
  readonly head: number;
  /** undefined: the draft is still the one that was asked about. */
  readonly draft:
    | {
        /** 0: it is gone, stored as a version. */
        readonly revision: number;
        /** Number of the version that it lies over. */
        readonly base: number;
        readonly changes: readonly EditedChange[];
      }
    | undefined;
}

/** @param since revision of the draft that is known already; 0: of none */
export async function draftNews(
  tx: Tx,
  key: { readonly documentId: string; readonly userId: string },
  since: number,
): Promise<DraftNews> {
  const newest = await tx.contentVersion.findFirst({
    where: { documentId: key.documentId },
    orderBy: { number: "desc" },
    select: { number: true },
  });
  const head = newest?.number ?? 0;
  const found = await draftOf(tx, key);
  const revision = found?.revision ?? 0;
  if (revision === since) return { head, draft: undefined };
  const changes = [...(found?.files ?? [])].map(([path, file]) => ({ path, ...file }));
  // One in which nothing differs any more begins with the newest version.
  const base = found === undefined || changes.length === 0 ? head : found.base;
  return { head, draft: { revision, base, changes } };
}
