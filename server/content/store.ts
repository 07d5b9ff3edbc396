/** Documents, versions and publications in the database. */
import { z } from "zod";
import type { Prisma, Tx } from "../db/index.ts";
import { kindOf, pathInCourse, placeOf, type Tree } from "./tree.ts";

export type Files = ReadonlyMap<string, string>;

/** One version of a document, with its files by path below the document's folder. */
export interface StoredVersion {
  readonly id: string;
  readonly number: number;
  /** Where it was made: in the site, or in a folder that was imported. */
  readonly origin: "site" | "folder";
  readonly files: Files;
}

/** A document as readers see it and as authors go on from it. */
export interface StoredDocument {
  readonly id: string;
  readonly path: string;
  /** The newest one. */
  readonly head: StoredVersion;
  /** Whether readers have never seen the newest one. */
  readonly isAhead: boolean;
  /** What readers see; undefined: nothing, or not any more. */
  readonly published: StoredVersion | undefined;
}

export interface NewVersion {
  readonly documentId: string;
  readonly files: Files;
  readonly origin: "site" | "folder";
  readonly message: string;
  readonly authorId?: string | undefined;
}

const Files = z.record(z.string(), z.string());

export function filesOf(json: Prisma.JsonValue): Files {
  return new Map(Object.entries(Files.parse(json)));
}

/** All documents of a course that have a version, by their folder. */
export async function storedDocuments(
  tx: Tx,
  courseId: string,
): Promise<Map<string, StoredDocument>> {
  const documents = await tx.contentDocument.findMany({
    where: { courseId, versions: { some: {} } },
    select: {
      id: true,
      path: true,
      versions: {
        orderBy: { number: "desc" },
        take: 1,
        select: { ...VERSION, _count: { select: { publications: true } } },
      },
      publications: {
        orderBy: { id: "desc" },
        take: 1,
        select: { version: { select: VERSION } },
      },
    },
    orderBy: { path: "asc" },
  });
  const stored = documents.flatMap(({ id, path, versions: [head], publications: [shown] }) => {
    if (head === undefined) return [];
    const published = shown?.version ?? undefined;
    const isAhead = head._count.publications === 0;
    return [
      { id, path, head: versionOf(head), isAhead, published: published && versionOf(published) },
    ];
  });
  return new Map(stored.map((document) => [document.path, document]));
}

/** What readers see of the course. */
export function publishedTree(documents: ReadonlyMap<string, StoredDocument>): Tree {
  const tree = new Map<string, string>();
  for (const { path, published } of documents.values()) {
    for (const [file, hash] of published?.files ?? []) tree.set(pathInCourse(path, file), hash);
  }
  return tree;
}

/** The tree with some documents as they are in these versions. */
export function treeWith(
  tree: Tree,
  versions: readonly {
    readonly files: Prisma.JsonValue;
    readonly document: { readonly path: string };
  }[],
): Tree {
  const changed = new Map(tree);
  for (const { files, document } of versions) {
    const { path } = document;
    for (const file of tree.keys()) if (placeOf(file).document === path) changed.delete(file);
    for (const [file, hash] of filesOf(files)) changed.set(pathInCourse(path, file), hash);
  }
  return changed;
}

/** The document of this folder, made when it is missing. */
export async function documentAt(tx: Tx, courseId: string, path: string): Promise<string> {
  const kind = kindOf(path);
  if (kind === undefined) throw new Error(`no document can lie at ${path}`);
  const { id } = await tx.contentDocument.upsert({
    where: { courseId_path: { courseId, path } },
    create: { courseId, path, kind },
    update: {},
    select: { id: true },
  });
  return id;
}

/** Stores a version after the newest one. Whoever does so holds the course's lock. */
export async function storeVersion(tx: Tx, version: NewVersion): Promise<StoredVersion> {
  const { documentId, files, origin, message, authorId = null } = version;
  const last = await tx.contentVersion.findFirst({
    where: { documentId },
    orderBy: { number: "desc" },
    select: { number: true },
  });
  const made = await tx.contentVersion.create({
    data: {
      documentId,
      number: (last?.number ?? 0) + 1,
      files: Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1))),
      origin,
      message,
      authorId,
    },
    select: VERSION,
  });
  return versionOf(made);
}

/** Lets readers see the version from now on; `undefined` takes the document down. */
export async function storePublication(
  tx: Tx,
  documentId: string,
  versionId: string | undefined,
  publishedById?: string,
): Promise<void> {
  const data = { documentId, versionId: versionId ?? null, publishedById: publishedById ?? null };
  const { document } = await tx.contentPublication.create({
    data,
    select: { document: { select: { courseId: true } } },
  });
  await tx.course.update({
    where: { id: document.courseId },
    data: { revision: { increment: 1 } },
  });
}

/** Keeps two from storing versions of one course at once, until the transaction ends. */
export async function lockCourse(tx: Tx, courseId: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM "Course" WHERE id = ${courseId} FOR UPDATE`;
}

/** Stores what is not there yet; what is there is as if it had come now. */
export async function storeBlobs(
  tx: Tx,
  blobs: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const hashes = [...blobs.keys()];
  const known = await tx.contentBlob.findMany({
    where: { hash: { in: hashes } },
    select: { hash: true },
  });
  const missing = new Map(blobs);
  for (const { hash } of known) missing.delete(hash);
  // Else it could be removed as unused before it is named.
  await tx.contentBlob.updateMany({
    where: { hash: { in: known.map(({ hash }) => hash) }, storedAt: { lt: longAgo() } },
    data: { storedAt: new Date() },
  });
  await tx.contentBlob.createMany({
    data: [...missing].map(([hash, bytes]) => ({ hash, bytes })),
    skipDuplicates: true,
  });
}

/** Of what was stored lately nothing has to be written again. */
function longAgo(): Date {
  return new Date(Date.now() - 3600_000);
}

/** The bytes behind hashes. Throws when one is missing: versions only name what is stored. */
export async function readBlobs(
  tx: Tx,
  hashes: Iterable<string>,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const wanted = [...new Set(hashes)];
  const found = await tx.contentBlob.findMany({ where: { hash: { in: wanted } } });
  const blobs = new Map(found.map(({ hash, bytes }) => [hash, bytes]));
  const lost = wanted.find((hash) => !blobs.has(hash));
  if (lost !== undefined) throw new Error(`the database has lost the content ${lost}`);
  return blobs;
}

export function isSameFiles(a: Files | undefined, b: Files | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.size === b.size && [...a].every(([path, hash]) => b.get(path) === hash);
}

const VERSION = { id: true, number: true, origin: true, files: true } as const;

type VersionRow = Omit<StoredVersion, "files"> & { readonly files: Prisma.JsonValue };

function versionOf({ files, ...version }: VersionRow): StoredVersion {
  const { id, number, origin } = version;
  return { id, number, origin, files: filesOf(files) };
}
