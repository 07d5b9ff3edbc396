/** From a checked version to what readers see. */
import type { Tx } from "../db/index.ts";
import {
  type Files,
  lockCourse,
  storedDocuments,
  storePublication,
  storeVersion,
} from "./store.ts";
import type { DocumentKind } from "./tree.ts";

export type CommitOutcome =
  | { readonly kind: "stored"; readonly versionId: string; readonly number: number }
  /** Somebody has stored a version since the author began: both have to be brought together first. */
  | { readonly kind: "behind"; readonly head: number };

export interface Commit {
  readonly courseId: string;
  readonly documentId: string;
  readonly authorId: string;
  /** Number of the version that the files come from; 0: the document had none. */
  readonly base: number;
  readonly files: Files;
  readonly message: string;
}

/** Stores what an author has made as the next version; refused when another one came in between. */
export async function commitVersion(tx: Tx, commit: Commit): Promise<CommitOutcome> {
  const { courseId, documentId, base, files, message, authorId } = commit;
  await lockCourse(tx, courseId);
  const newest = await tx.contentVersion.findFirst({
    where: { documentId },
    orderBy: { number: "desc" },
    select: { number: true },
  });
  const head = newest?.number ?? 0;
  if (head !== base) return { kind: "behind", head };
  const version = await storeVersion(tx, { documentId, files, origin: "site", message, authorId });
  return { kind: "stored", versionId: version.id, number: version.number };
}

export interface Publication {
  readonly courseId: string;
  readonly documentId: string;
  readonly versionId: string;
  /** null: the author's account is gone. */
  readonly userId: string | null;
}

/** Shows the version to readers. Whoever calls has seen it pass the gate, and that it is not overtaken. */
export async function publishVersion(tx: Tx, publication: Publication): Promise<void> {
  const { courseId, documentId, versionId, userId } = publication;
  await lockCourse(tx, courseId);
  const documents = [...(await storedDocuments(tx, courseId)).values()];
  const before = documents.find(({ id }) => id === documentId);
  if (before?.published?.id === versionId) return;
  const [newer] = await overtaken(tx, [versionId]);
  if (newer !== undefined) throw new Error(`readers have seen version ${newer.shown} already`);
  await storePublication(tx, documentId, versionId, userId ?? undefined);
}

export interface Overtaken {
  readonly path: string;
  readonly kind: DocumentKind;
  readonly number: number;
  /** The newest that readers have seen. */
  readonly shown: number;
}

/** Of these versions the ones of whose document a newer one was shown: going back makes a higher number, too. */
export async function overtaken(tx: Tx, versionIds: readonly string[]): Promise<Overtaken[]> {
  return tx.$queryRaw<Overtaken[]>`
    SELECT document."path", document."kind"::text AS kind, version."number",
      max(newer."number") AS shown
    FROM "ContentVersion" AS version
    JOIN "ContentDocument" AS document ON document."id" = version."documentId"
    JOIN "ContentVersion" AS newer ON newer."documentId" = version."documentId"
      AND newer."number" > version."number"
    JOIN "ContentPublication" AS publication ON publication."versionId" = newer."id"
    WHERE version."id" = ANY(${[...versionIds]})
    GROUP BY document."id", version."id"
    ORDER BY document."path"`;
}
