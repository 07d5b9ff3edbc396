/** What the site shows, as a folder: the way back of an import. */
import { existsSync, mkdirSync } from "node:fs";
import { type Tx, transaction } from "../db/client.ts";
import { readFolder, removeFiles, writeFolder } from "./folder.ts";
import { rememberFolder } from "./import.ts";
import { publishedTree, readBlobs, storedDocuments } from "./store.ts";
import { placeOf, type Tree, treeHash } from "./tree.ts";

export interface ExportOutcome {
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

export interface ExportOptions {
  readonly courseId: string;
  readonly folder: string;
  /** Documents that stay as they are in the folder. */
  readonly kept?: ReadonlySet<string>;
  /** Whether it is another folder than the one that the site reads at its start. */
  readonly isElsewhere?: boolean;
  /** What was decided about: when either side is another by now, nothing is written. */
  readonly plan?: Pick<ExportPlan, "before" | "after"> | undefined;
}

/** What an export would do, and of that, what nobody could bring back from the database. */
export interface ExportPlan extends ExportOutcome {
  /** Files that no version of their document has with these bytes. */
  readonly unknown: readonly string[];
  readonly before: Tree;
  readonly after: Tree;
}

/** Compares the folder with what is published. */
export async function planExport(courseId: string, folder: string): Promise<ExportPlan> {
  const before: Tree = existsSync(folder) ? readFolder(folder).tree : new Map();
  return transaction(async (tx) => {
    const after = publishedTree(await storedDocuments(tx, courseId));
    const { written, removed } = differenceOf(before, after);
    const lost = [...written, ...removed].filter((path) => before.has(path));
    const unknown = await unknownOf(tx, courseId, new Map(lost.map(hashIn(before))));
    return { written, removed, unknown, before, after };
  });
}

/**
 * Of these files those that no version of the course has at their place. That their bytes are stored
 * says nothing: what an import has only looked at, or has refused, is removed some days later.
 */
async function unknownOf(tx: Tx, courseId: string, files: Tree): Promise<string[]> {
  const paths = [...files.keys()];
  const places = paths.map(placeOf);
  const known = await tx.$queryRaw<{ whole: string }[]>`
    SELECT wanted.whole
    FROM unnest(
      ${paths}::text[],
      ${places.map(({ document }) => document)}::text[],
      ${places.map(({ path }) => path)}::text[],
      ${[...files.values()]}::text[]
    ) AS wanted(whole, document, path, hash)
    WHERE EXISTS (
      SELECT FROM "ContentVersion" AS version
      JOIN "ContentDocument" AS document ON document."id" = version."documentId"
      WHERE document."courseId" = ${courseId} AND document."path" = wanted.document
        AND version."files" ->> wanted.path = wanted.hash)`;
  const names = new Set(known.map(({ whole }) => whole));
  return paths.filter((path) => !names.has(path)).sort();
}

function hashIn(tree: Tree): (path: string) => [string, string] {
  return (path) => [path, tree.get(path) ?? ""];
}

/**
 * Brings the folder to what is published. A second export, or one after an import, changes no byte.
 * undefined: one side has changed since the plan was made.
 */
export async function exportCourse(options: ExportOptions): Promise<ExportOutcome | undefined> {
  const { courseId, folder, kept = new Set(), isElsewhere = false, plan } = options;
  const isTouched = ([path]: [string, string]) => !kept.has(placeOf(path).document);
  const { published, blobs } = await transaction(async (tx) => {
    const all = publishedTree(await storedDocuments(tx, courseId));
    return { published: all, blobs: await readBlobs(tx, all.values()) };
  });
  mkdirSync(folder, { recursive: true });
  const found = readFolder(folder).tree;
  const isPlanned =
    plan === undefined || (isSame(plan.before, found) && isSame(plan.after, published));
  if (!isPlanned) return undefined;
  const tree = new Map([...published].filter(isTouched));
  const before = new Map([...found].filter(isTouched));
  const outcome = differenceOf(before, tree);
  // First: a file may stand where a folder has to be.
  removeFiles(folder, outcome.removed);
  writeFolder(folder, tree, blobs);
  if (!isElsewhere) {
    const now = readFolder(folder).tree;
    await transaction((tx) => rememberFolder(tx, courseId, now, kept));
  }
  return outcome;
}

function isSame(a: Tree, b: Tree): boolean {
  return treeHash(a) === treeHash(b);
}

function differenceOf(before: Tree, after: Tree): ExportOutcome {
  return {
    written: [...after.keys()].filter((path) => after.get(path) !== before.get(path)),
    removed: [...before.keys()].filter((path) => !after.has(path)),
  };
}
