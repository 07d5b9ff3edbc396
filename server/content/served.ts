/**
 * The folder that pages are read from: a copy of what is published. Under development, as long as the
 * site shows what the course's folder holds, that folder itself, so that a saved file shows at once.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../config.ts";
import { db } from "../db/client.ts";
import { log } from "../operation/log.ts";
import { writeFolder } from "./folder.ts";
import { ownGitCourse } from "./git/git-course.ts";
import { publishedTree, readBlobs, storedDocuments } from "./store.ts";
import { type Tree, treeHash } from "./tree.ts";

const LOOK_MS = 1000;

interface Served {
  readonly courseId: string;
  readonly revision: number;
  /** undefined: the course's own folder. */
  readonly folder: string | undefined;
}

// One for the process: Next's bundles and the server around them each load this module anew.
const KEPT = Symbol.for("kernelbook.served");
const FOLDER = Symbol.for("kernelbook.serves-folder");
const kept = globalThis as { [KEPT]?: Served; [FOLDER]?: boolean };

/** Whether pages may be read from the course's own folder, past the gate: under development alone. */
export function servesFolder(): boolean {
  return kept[FOLDER] === true;
}

export function serveFolder(isOn: boolean): void {
  kept[FOLDER] = isOn;
  delete kept[KEPT];
}

/** A copy of what is published; undefined: pages are read from the course's own folder. */
export function publishedFolder(): string | undefined {
  return kept[KEPT]?.folder;
}

/** Changes with every publication that is served here. */
export function publishedRevision(): string {
  const { courseId = "", revision = 0 } = kept[KEPT] ?? {};
  return `${courseId} ${revision}`;
}

/** Looks whether something was published since, here or by another process. */
export async function lookForPublications(): Promise<void> {
  // A site serves the course that it was set up with; others in its database are only written.
  const course = await db().course.findFirst({
    orderBy: { id: "asc" },
    select: { id: true, revision: true, importedHash: true },
  });
  if (course === null) return;
  const before = kept[KEPT];
  if (before?.courseId === course.id && before.revision === course.revision) return;
  const tree = publishedTree(await storedDocuments(db(), course.id));
  const isFolder =
    servesFolder() && ownGitCourse() === undefined && treeHash(tree) === course.importedHash;
  const folder = isFolder ? undefined : await layOut(tree);
  // Another one of this process may have been faster, and have seen more.
  const now = kept[KEPT];
  if (now !== before && now?.courseId === course.id && now.revision > course.revision) return;
  kept[KEPT] = { courseId: course.id, revision: course.revision, folder };
}

/** Keeps looking, as long as the process lives; answers what ends it. */
export async function followPublications(): Promise<() => Promise<void>> {
  await lookForPublications();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    lookForPublications()
      .catch((error: unknown) => log.warn({ err: error }, "cannot look for what is published"))
      .finally(() => {
        isLooking = false;
      });
  }, LOOK_MS);
  return async () => clearInterval(timer);
}

/** A folder that holds exactly the tree, made once for each: its name is the tree's hash. */
export async function layOut(tree: Tree): Promise<string> {
  const home = join(checkout(), "node_modules/.cache/kernelbook/courses");
  const folder = join(home, treeHash(tree));
  if (existsSync(folder)) {
    // In use again, for whoever removes old ones.
    utimesSync(folder, Date.now() / 1000, Date.now() / 1000);
    return folder;
  }
  const blobs = await readBlobs(db(), tree.values());
  mkdirSync(home, { recursive: true });
  // Made aside and put in place whole, so that no process sees half of it.
  const aside = mkdtempSync(join(home, "new-"));
  writeFolder(aside, tree, blobs);
  try {
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
