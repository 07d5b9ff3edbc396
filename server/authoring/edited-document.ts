/** One document as its editor shows it: the version that the author goes on from, and their draft. */
import { draftOf } from "../content/drafts.ts";
import { filesOf, readBlobs } from "../content/store.ts";
import type { DocumentKind } from "../content/tree.ts";
import type { Tx } from "../db/index.ts";
import { headingOf, textOf } from "./texts.ts";

/** A file of the version that the draft lies over. */
export type EditedFile =
  | { readonly path: string; readonly kind: "text"; readonly text: string }
  | { readonly path: string; readonly kind: "bytes"; readonly hash: string };

/** A file that the draft changes. */
export type EditedChange = EditedFile | { readonly path: string; readonly kind: "removed" };

export interface EditedDocument {
  readonly id: string;
  readonly path: string;
  readonly kind: DocumentKind;
  readonly number: string;
  readonly title: string;
  /** Number of the version that the draft lies over. */
  readonly base: number;
  readonly head: number;
  readonly published: number | undefined;
  /** Of the draft; 0: there is none yet. */
  readonly revision: number;
  readonly savedAt: Date | undefined;
  readonly files: readonly EditedFile[];
  readonly changes: readonly EditedChange[];
}

export async function editedDocument(
  tx: Tx,
  key: { readonly courseId: string; readonly documentId: string; readonly userId: string },
): Promise<EditedDocument | undefined> {
  const { courseId, documentId, userId } = key;
  const found = await tx.contentDocument.findFirst({
    where: { id: documentId, courseId },
    select: {
      id: true,
      path: true,
      kind: true,
      versions: { orderBy: { number: "desc" }, take: 1, select: { number: true } },
      publications: {
        orderBy: { id: "desc" },
        take: 1,
        select: { version: { select: { number: true } } },
      },
    },
  });
  if (found === null) return undefined;
  const { id, path, kind } = found;
  const head = found.versions[0]?.number ?? 0;
  const draft = await draftOf(tx, { documentId, userId });
  // A draft in which nothing differs any more begins with the newest version.
  const base = draft !== undefined && draft.files.size > 0 ? draft.base : head;
  const files = await filesAt(tx, documentId, base);
  const changes = [...(draft?.files ?? [])].map(([name, file]) => ({ path: name, ...file }));
  return {
    id,
    path,
    kind,
    ...headingIn([...files, ...changes]),
    base,
    head,
    published: found.publications[0]?.version?.number,
    revision: draft?.revision ?? 0,
    savedAt: draft === undefined || draft.files.size === 0 ? undefined : draft.updatedAt,
    files,
    changes,
  };
}

/** The files of one version, texts as texts; none for a version that is not there. */
export async function filesAt(tx: Tx, documentId: string, number: number): Promise<EditedFile[]> {
  const version = await tx.contentVersion.findUnique({
    where: { documentId_number: { documentId, number } },
    select: { files: true },
  });
  const files = version === null ? new Map<string, string>() : filesOf(version.files);
  const blobs = await readBlobs(tx, files.values());
  return [...files].map(([path, hash]): EditedFile => {
    const text = textOf(path, blobs.get(hash) ?? new Uint8Array());
    return text === undefined ? { path, kind: "bytes", hash } : { path, kind: "text", text };
  });
}

/** The draft's own word on what the document is called goes before the version's. */
function headingIn(files: readonly EditedChange[]) {
  const named = files.findLast(
    ({ path, kind }) => kind === "text" && /^(?:lecture\.mdx|exercise\.yaml)$/.test(path),
  );
  return headingOf(named?.kind === "text" ? named.text : "");
}
