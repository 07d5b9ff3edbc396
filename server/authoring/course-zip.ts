/** What readers see of a course, as a ZIP file. */
import { zipSync } from "fflate";
import { publishedTree, readBlobs, storedDocuments } from "../content/store.ts";
import type { Tx } from "../db/index.ts";

/** The same bytes for the same course, whenever it is asked for. */
const MADE_AT = "2000-01-01T12:00:00";

export async function courseZip(tx: Tx, courseId: string): Promise<Uint8Array<ArrayBuffer>> {
  const tree = publishedTree(await storedDocuments(tx, courseId));
  const blobs = await readBlobs(tx, tree.values());
  const files = [...tree]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, hash]) => [path, blobs.get(hash) ?? new Uint8Array()] as const);
  return new Uint8Array(zipSync(Object.fromEntries(files), { mtime: MADE_AT }));
}
