/** A course in a ZIP file, as somebody has uploaded it: read within limits, and nothing written. */
import { crc32 } from "node:zlib";
import { type Entry, fromBufferPromise, type ZipFile } from "yauzl";
import { type FolderCourse, isNotContent } from "./folder.ts";
import { clashesIn, hashOf, isCoursePath } from "./tree.ts";

/** What cannot be read, in words for who has sent it. */
export class ZipProblem extends Error {}

export const ZIP_BYTES_MAX = 8 * 1024 * 1024;
const ENTRIES_MAX = 10_000;
const FILE_BYTES_MAX = 8 * 1024 * 1024;
const BYTES_MAX = 64 * 1024 * 1024;

/** Throws `ZipProblem`. */
export async function readZip(bytes: Buffer): Promise<FolderCourse> {
  if (bytes.length > ZIP_BYTES_MAX) throw tooLarge("It", ZIP_BYTES_MAX);
  try {
    const options = { lazyEntries: true, strictFileNames: true, autoClose: false };
    const zip = await fromBufferPromise(bytes, options);
    if (zip.entryCount > ENTRIES_MAX) {
      throw new ZipProblem(`It holds ${zip.entryCount} files, at most ${ENTRIES_MAX} are read.`);
    }
    return await readEntries(zip);
  } catch (error) {
    if (error instanceof ZipProblem || !(error instanceof Error)) throw error;
    throw new ZipProblem(`It cannot be read as a ZIP file: ${error.message.slice(0, 200)}.`);
  }
}

/** The library has looked at each name first: none is absolute, and none leads upwards. */
async function readEntries(zip: ZipFile): Promise<FolderCourse> {
  const found = new Map<string, Uint8Array<ArrayBuffer>>();
  const refused: string[] = [];
  let sum = 0;
  for await (const entry of zip.eachEntry()) {
    const { fileName: path, uncompressedSize } = entry;
    if (path.endsWith("/") || path.split("/").some(isNotContent)) continue;
    if (!isCoursePath(path) || isLink(entry) || found.has(path)) {
      refused.push(path.slice(0, 300));
      continue;
    }
    sum += uncompressedSize;
    if (uncompressedSize > FILE_BYTES_MAX) throw tooLarge(path, FILE_BYTES_MAX);
    if (sum > BYTES_MAX) throw tooLarge("What is in it", BYTES_MAX);
    found.set(path, await contentOf(zip, entry));
  }
  return { ...courseOf(found), refused };
}

/** Inflated no further than the entry says of itself, and compared with its checksum. */
async function contentOf(zip: ZipFile, entry: Entry): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Buffer[] = [];
  for await (const piece of await zip.openReadStreamPromise(entry)) pieces.push(piece);
  const content = new Uint8Array(Buffer.concat(pieces));
  if (crc32(content) !== entry.crc32) throw new Error(`${entry.fileName} is damaged`);
  return content;
}

/** A file that was put in on Unix says so by its mode. */
function isLink({ externalFileAttributes }: Entry): boolean {
  return ((externalFileAttributes >>> 16) & 0o170000) === 0o120000;
}

/** Many tools put all of it into one folder: that is taken away. */
function courseOf(found: ReadonlyMap<string, Uint8Array<ArrayBuffer>>) {
  const tops = new Set([...found.keys()].map((path) => path.split("/")[0] ?? ""));
  const [top = ""] = tops;
  const isAround = tops.size === 1 && top !== "lectures" && !found.has(top);
  const tree = new Map<string, string>();
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [path, content] of found) {
    const hash = hashOf(content);
    tree.set(isAround ? path.slice(top.length + 1) : path, hash);
    blobs.set(hash, content);
  }
  const [clash] = clashesIn(tree.keys());
  if (clash !== undefined) throw new ZipProblem(`It cannot be read: ${clash}.`);
  return { tree, blobs };
}

function tooLarge(what: string, bytes: number): ZipProblem {
  return new ZipProblem(`${what} is larger than ${bytes / 1024 / 1024} MiB: take something out.`);
}
