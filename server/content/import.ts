/**
 * From a folder into the database. For each document three states are compared: what was last
 * imported, what the folder holds now, and what the site has now. What changed on one side only is
 * taken from there; what both have changed is a conflict, and is left alone until somebody decides.
 * Of a folder that is not the site's own nobody knows what was imported last: there a document is a
 * conflict when its newest version was made in the site.
 */
import { Prisma, type Tx, transaction } from "../db/index.ts";
import { type FolderCourse, readFolder } from "./folder.ts";
import {
  documentAt,
  type Files,
  filesOf,
  isSameFiles,
  lockCourse,
  storeBlobs,
  storedDocuments,
  storePublication,
  storeVersion,
} from "./store.ts";
import { byDocument, type Tree, treeHash } from "./tree.ts";

/** What the folder and the site make of one document. */
export interface DocumentDifference {
  /** Its folder in the course. */
  readonly path: string;
  readonly kind: "added" | "changed" | "removed" | "conflict";
  /** What the folder has; undefined: it has no such document any more. */
  readonly folder: Files | undefined;
  /** What the site has. */
  readonly site: Files | undefined;
}

export interface ImportOutcome {
  /** What was taken over from the folder. */
  readonly taken: readonly DocumentDifference[];
  /** What both sides have changed, and was left as it is in the site. */
  readonly conflicts: readonly DocumentDifference[];
  /** Files of the folder that no course may have. */
  readonly refused: readonly string[];
}

interface ImportOptions {
  readonly courseId: string;
  readonly folder: string;
  /** Whether it is another folder than the one that the site reads at its start. */
  readonly isElsewhere?: boolean;
  /** How conflicts end, by the documents' folders; without a word they stay. */
  readonly decisions?: ReadonlyMap<string, "folder" | "site">;
}

const MESSAGE = "From the course's folder";
const BACK = "As before, in the course's folder again";

/** Takes over what the folder has changed since the last import. */
export async function importFolder(options: ImportOptions): Promise<ImportOutcome> {
  const found = readFolder(options.folder);
  return transaction((tx) => importInto(tx, options, found));
}

/** The same in a transaction, of a folder that was read before. */
export async function importInto(
  tx: Tx,
  { courseId, isElsewhere = false, decisions = new Map() }: Omit<ImportOptions, "folder">,
  { tree, blobs, refused }: FolderCourse,
): Promise<ImportOutcome> {
  await lockCourse(tx, courseId);
  const differences = await differencesTo(tx, { courseId, isElsewhere, tree });
  const outcome: Record<"taken" | "conflicts", DocumentDifference[]> = { taken: [], conflicts: [] };
  if (differences.length > 0) await storeBlobs(tx, blobs);
  for (const difference of differences) {
    const { path, folder } = difference;
    const decision = difference.kind === "conflict" ? decisions.get(path) : "folder";
    if (decision === undefined) {
      outcome.conflicts.push(difference);
      continue;
    }
    const documentId = await documentAt(tx, courseId, path);
    if (decision === "folder") {
      const versionId = folder && (await folderVersion(tx, documentId, folder)).id;
      await storePublication(tx, documentId, versionId);
      outcome.taken.push(difference);
    }
  }
  if (!isElsewhere) {
    await goBackWith(tx, courseId, tree);
    await rememberFolder(tx, courseId, tree, new Set(outcome.conflicts.map(({ path }) => path)));
  }
  return { ...outcome, refused };
}

/** The folder's files as the newest version; one that was offered to the gate before is the same still. */
export async function folderVersion(
  tx: Tx,
  documentId: string,
  files: Files,
): Promise<{ readonly id: string }> {
  const newest = await tx.contentVersion.findFirst({
    where: { documentId },
    orderBy: { number: "desc" },
    select: { id: true, origin: true, files: true },
  });
  if (newest?.origin === "folder" && isSameFiles(filesOf(newest.files), files)) return newest;
  return storeVersion(tx, { documentId, files, origin: "folder", message: MESSAGE });
}

/**
 * What the folder had meanwhile and readers have never seen, because the gate refused it, say, is the
 * newest version of its document still. Where the folder holds again what they see, that becomes the
 * newest one, so that authors do not go on from the other text.
 */
export async function goBackWith(tx: Tx, courseId: string, tree: Tree): Promise<void> {
  const folder = byDocument(tree);
  const documents = await storedDocuments(tx, courseId);
  for (const { id: documentId, path, head, isAhead, published } of documents.values()) {
    if (published === undefined || !isAhead || head.origin !== "folder") continue;
    if (!isSameFiles(folder.get(path), published.files)) continue;
    const version = {
      documentId,
      files: published.files,
      origin: "folder",
      message: BACK,
    } as const;
    await storePublication(tx, documentId, (await storeVersion(tx, version)).id);
  }
}

/** What the folder has changed since the last import, and whether the site has changed it, too. */
export async function differencesTo(
  tx: Tx,
  { courseId, isElsewhere, tree }: { courseId: string; isElsewhere: boolean; tree: Tree },
): Promise<DocumentDifference[]> {
  const folder = byDocument(tree);
  const stored = await storedDocuments(tx, courseId);
  const imported = await lastImported(tx, courseId);
  const paths = [...new Set([...folder.keys(), ...stored.keys()])].sort();
  return paths.flatMap((path): DocumentDifference[] => {
    const [here, there] = [folder.get(path), stored.get(path)];
    const base = imported.get(path);
    const shown = there?.published?.files;
    if (isSameFiles(here, shown) || (!isElsewhere && isSameFiles(here, base))) return [];
    // A version that is not published yet is a change of the site's, too, unless it came from the folder.
    const isWritten = there?.isAhead === true && there.head.origin === "site";
    const site = isWritten ? there.head.files : shown;
    const isUntouched = isElsewhere
      ? there?.head.origin !== "site"
      : isSameFiles(shown, base) && isSameFiles(site, base);
    const kind = here === undefined ? "removed" : shown === undefined ? "added" : "changed";
    return [{ path, kind: isUntouched ? kind : "conflict", folder: here, site }];
  });
}

/** What each document was in the folder at the last import; undefined for one that was not there. */
async function lastImported(tx: Tx, courseId: string): Promise<Map<string, Files | undefined>> {
  const documents = await tx.contentDocument.findMany({
    where: { courseId },
    select: { path: true, imported: true },
  });
  return new Map(
    documents.map(({ path, imported }) => [
      path,
      imported === null ? undefined : filesOf(imported),
    ]),
  );
}

/** Keeps that the folder had these files of a document, which have come past the gate. */
export async function rememberDocument(tx: Tx, documentId: string, files: Files): Promise<void> {
  await tx.contentDocument.update({
    where: { id: documentId },
    data: { imported: Object.fromEntries(files) },
  });
}

/** Keeps what the folder has now, for the next import; what is undecided stays so. */
export async function rememberFolder(
  tx: Tx,
  courseId: string,
  tree: Tree,
  undecided: ReadonlySet<string>,
): Promise<void> {
  const folder = byDocument(tree);
  for (const [path, before] of await lastImported(tx, courseId)) {
    const now = folder.get(path);
    if (undecided.has(path) || isSameFiles(now, before)) continue;
    await tx.contentDocument.update({
      where: { courseId_path: { courseId, path } },
      data: { imported: now === undefined ? Prisma.DbNull : Object.fromEntries(now) },
    });
  }
  const importedHash = treeHash(tree);
  await tx.course.update({ where: { id: courseId }, data: { importedHash } });
}
