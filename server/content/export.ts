/** What the site shows, as a folder: the way back of an import. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { transaction } from "../db/client.ts";
import { readFolder, writeFolder } from "./folder.ts";
import { publishedTree, readBlobs, storedDocuments } from "./store.ts";
import type { Tree } from "./tree.ts";

export interface ExportOutcome {
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

/** Brings the folder to what is published. A second export, or one after an import, changes no byte. */
export async function exportCourse(courseId: string, folder: string): Promise<ExportOutcome> {
  const { tree, blobs } = await transaction(async (tx) => {
    const published = publishedTree(await storedDocuments(tx, courseId));
    return { tree: published, blobs: await readBlobs(tx, published.values()) };
  });
  const before: Tree = existsSync(folder) ? readFolder(folder).tree : new Map();
  writeFolder(folder, tree, blobs);
  const removed = [...before.keys()].filter((path) => !tree.has(path));
  for (const path of removed) rmSync(join(folder, path));
  return {
    written: [...tree.keys()].filter((path) => tree.get(path) !== before.get(path)),
    removed,
  };
}
