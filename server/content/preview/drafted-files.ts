/** A document as one of its authors has it now: the version they write on, with their draft over it. */
import type { Tx } from "../../db/index.ts";
import { draftOf, filesOfVersion } from "../drafts.ts";
import { readBlobs } from "../store.ts";
import type { DocumentKind } from "../tree.ts";

export interface DraftedDocument {
  readonly id: string;
  readonly courseId: string;
  readonly path: string;
  readonly kind: DocumentKind;
}

/** By the course's slug: a document of another course is none. */
export async function draftedDocument(
  tx: Tx,
  course: string,
  documentId: string,
): Promise<DraftedDocument | undefined> {
  const found = await tx.contentDocument.findFirst({
    where: { id: documentId, course: { slug: course } },
    select: { id: true, courseId: true, path: true, kind: true },
  });
  return found ?? undefined;
}

const TEXT = /\.(?:mdx|ts|yaml|json)$/;

/** Its texts by path below the document's folder. */
export async function draftedFiles(
  tx: Tx,
  documentId: string,
  userId: string,
): Promise<Map<string, string>> {
  const draft = await draftOf(tx, { documentId, userId });
  const base =
    draft !== undefined && draft.files.size > 0 ? draft.base : await head(tx, documentId);
  const stored = [...((await filesOfVersion(tx, documentId, base)) ?? [])].filter(([path]) =>
    TEXT.test(path),
  );
  const blobs = await readBlobs(
    tx,
    stored.map(([, hash]) => hash),
  );
  const decoder = new TextDecoder();
  const files = new Map(stored.map(([path, hash]) => [path, decoder.decode(blobs.get(hash))]));
  for (const [path, file] of draft?.files ?? []) {
    if (file.kind === "text") files.set(path, file.text);
    else files.delete(path);
  }
  return files;
}

async function head(tx: Tx, documentId: string): Promise<number> {
  const newest = await tx.contentVersion.findFirst({
    where: { documentId },
    orderBy: { number: "desc" },
    select: { number: true },
  });
  return newest?.number ?? 0;
}
