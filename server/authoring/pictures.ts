/** Pictures of a draft: their bytes are stored first, then the draft names them by their hash. */
import { type DraftFile, filesOfVersion } from "../content/drafts.ts";
import { readBlobs, storeBlobs } from "../content/store.ts";
import { hashOf } from "../content/tree.ts";
import type { PictureFile } from "../course/lecture.ts";
import { isPictureName, PICTURES, readPicture } from "../course/pictures/picture-file.ts";
import { pictureOf } from "../course/pictures/pictures-beside.ts";
import type { Tx } from "../db/index.ts";

export { PICTURE_BYTES_MAX } from "../course/pictures/picture-file.ts";

export type StoredPicture =
  | {
      readonly kind: "stored";
      readonly hash: string;
      readonly width: number;
      readonly height: number;
    }
  /** `what: remedy`. */
  | { readonly kind: "refused"; readonly problem: string };

/** Keeps the bytes of a picture that may be shown. */
export async function storePicture(
  tx: Tx,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<StoredPicture> {
  const reading = readPicture(name, bytes);
  if (reading.kind === "refused") {
    const { line, message } = reading;
    return { kind: "refused", problem: line > 1 ? `line ${line}: ${message}` : message };
  }
  const hash = hashOf(bytes);
  await storeBlobs(tx, new Map([[hash, bytes]]));
  return { kind: "stored", hash, ...reading.size };
}

/**
 * The first of the draft's files that names bytes which are neither a picture of that name nor known to
 * the document: by its hash alone nobody gets at what others have stored.
 */
export async function oddPicture(
  tx: Tx,
  documentId: string,
  files: ReadonlyMap<string, DraftFile | undefined>,
): Promise<string | undefined> {
  for (const [path, file] of files) {
    if (file?.kind !== "bytes" || (await isKnown(tx, documentId, path, file.hash))) continue;
    const name = path.slice(PICTURES.length + 1);
    if (path !== `${PICTURES}/${name}` || !isPictureName(name)) return path;
    const blob = await tx.contentBlob.findUnique({ where: { hash: file.hash } });
    if (blob === null || readPicture(name, blob.bytes).kind === "refused") return path;
  }
  return undefined;
}

/** A picture as a version of the document has it. */
export async function versionPicture(
  tx: Tx,
  {
    documentId,
    number,
    name,
  }: { readonly documentId: string; readonly number: number; readonly name: string },
): Promise<PictureFile | undefined> {
  const hash = (await filesOfVersion(tx, documentId, number))?.get(`${PICTURES}/${name}`);
  if (hash === undefined) return undefined;
  const bytes = (await readBlobs(tx, [hash])).get(hash) ?? new Uint8Array();
  const { reading, version } = pictureOf(name, bytes);
  return reading.kind === "picture" ? { type: reading.type, bytes, version } : undefined;
}

/** Whether a version of the document has had the same file. */
async function isKnown(tx: Tx, documentId: string, path: string, hash: string): Promise<boolean> {
  const where = { documentId, files: { path: [path], equals: hash } };
  return (await tx.contentVersion.count({ where })) > 0;
}
