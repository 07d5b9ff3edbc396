/** A document as one of its authors has it now: the version they write on, with their draft over it. */
import type { PictureFile } from "../../course/lecture.ts";
import { PICTURES } from "../../course/pictures/picture-file.ts";
import {
  type PictureBeside,
  type PicturesBeside,
  pictureOf,
} from "../../course/pictures/pictures-beside.ts";
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

const TEXT = /\.(?:mdx?|ts|yaml|json)$/;

/** Its texts by path below the document's folder. */
export async function draftedFiles(
  tx: Tx,
  documentId: string,
  userId: string,
): Promise<Map<string, string>> {
  const tree = [...(await draftedTree(tx, documentId, userId))].filter(([path]) => TEXT.test(path));
  const blobs = await readBlobs(
    tx,
    tree.flatMap(([, file]) => (file.kind === "bytes" ? [file.hash] : [])),
  );
  const decoder = new TextDecoder();
  return new Map(
    tree.map(([path, file]) => [
      path,
      file.kind === "text" ? file.text : decoder.decode(blobs.get(file.hash)),
    ]),
  );
}

/** What was read of pictures: by what they are, so it never changes. */
const read = new Map<string, PictureBeside>();
const READ_MAX = 2000;

/** Its pictures by their names in `pictures/`. */
export async function draftedPictures(
  tx: Tx,
  documentId: string,
  userId: string,
): Promise<PicturesBeside> {
  const found = [...(await draftedTree(tx, documentId, userId))].flatMap(([path, file]) => {
    const name = pictureName(path);
    return name === undefined || file.kind === "text" ? [] : [{ name, hash: file.hash }];
  });
  const unread = found.filter(({ name, hash }) => !read.has(`${hash} ${name}`));
  const blobs = await readBlobs(
    tx,
    unread.map(({ hash }) => hash),
  );
  if (read.size > READ_MAX) read.clear();
  return new Map(
    found.map(({ name, hash }) => {
      const key = `${hash} ${name}`;
      const picture = read.get(key) ?? pictureOf(name, blobs.get(hash) ?? new Uint8Array());
      read.set(key, picture);
      return [name, picture];
    }),
  );
}

/** One of them; undefined for anything that is none. */
export async function draftedPicture(
  tx: Tx,
  { documentId, userId, name }: { documentId: string; userId: string; name: string },
): Promise<PictureFile | undefined> {
  const file = (await draftedTree(tx, documentId, userId)).get(`${PICTURES}/${name}`);
  if (file?.kind !== "bytes") return undefined;
  const bytes = (await readBlobs(tx, [file.hash])).get(file.hash) ?? new Uint8Array();
  const { reading, version } = pictureOf(name, bytes);
  return reading.kind === "picture" ? { type: reading.type, bytes, version } : undefined;
}

type DraftedFile =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bytes"; readonly hash: string };

/** All its files: those of the version by their bytes, what is typed as text. */
async function draftedTree(
  tx: Tx,
  documentId: string,
  userId: string,
): Promise<Map<string, DraftedFile>> {
  const draft = await draftOf(tx, { documentId, userId });
  const base =
    draft !== undefined && draft.files.size > 0 ? draft.base : await head(tx, documentId);
  const stored = (await filesOfVersion(tx, documentId, base)) ?? new Map<string, string>();
  const files = new Map(
    [...stored].map(([path, hash]): [string, DraftedFile] => [path, { kind: "bytes", hash }]),
  );
  for (const [path, file] of draft?.files ?? []) {
    if (file.kind === "removed") files.delete(path);
    else files.set(path, file);
  }
  return files;
}

function pictureName(path: string): string | undefined {
  const [folder, name, ...more] = path.split("/");
  return folder === PICTURES && more.length === 0 ? name : undefined;
}

async function head(tx: Tx, documentId: string): Promise<number> {
  const newest = await tx.contentVersion.findFirst({
    where: { documentId },
    orderBy: { number: "desc" },
    select: { number: true },
  });
  return newest?.number ?? 0;
}
