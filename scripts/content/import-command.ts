import { differenceText } from "../../server/content/difference-text.ts";
import type { FolderCourse } from "../../server/content/folder.ts";
import { type DocumentDifference, differencesTo, importInto } from "../../server/content/import.ts";
import { requestMutants } from "../../server/content/mutants.ts";
import { updateRuns } from "../../server/content/run-exercises.ts";
import { layOut, lookForPublications } from "../../server/content/served.ts";
import {
  lockCourse,
  publishedTree,
  readBlobs,
  storeBlobs,
  storedDocuments,
} from "../../server/content/store.ts";
import { kindOf, pathInCourse, placeOf, type Tree } from "../../server/content/tree.ts";
import { db, transaction } from "../../server/db/client.ts";
import { checkDocuments } from "../../server/gate/index.ts";
import { closeSandboxes } from "../../server/grading/index.ts";
import { decide, type Side, titleOf } from "./decide.ts";

export interface ImportCommand {
  readonly courseId: string;
  /** Read from a folder or from a repository. */
  readonly content: FolderCourse;
  readonly isElsewhere: boolean;
  readonly take: Side | undefined;
  readonly isUnchecked: boolean;
  readonly isDryRun: boolean;
}

/** Shows what would change, asks, checks, imports; answers the exit code. */
export async function importCommand(command: ImportCommand): Promise<number> {
  const { courseId, content, isElsewhere, take, isDryRun } = command;
  for (const path of content.refused) console.log(`left out: ${path}: rename it, or take it away`);
  const compared = { courseId, isElsewhere, tree: content.tree };
  const differences = await transaction((tx) => differencesTo(tx, compared));
  for (const { kind, path } of differences) console.log(`${kind}: ${titleOf(path)}`);
  // Also without a difference: an import remembers what the folder holds.
  const conflicts = differences.filter(({ kind }) => kind === "conflict");
  if (isDryRun) return conflicts.length > 0 ? 3 : 0;
  const decisions = await decide(await shown(conflicts, content), take);
  if (decisions === undefined) {
    console.log(
      "Nothing was imported. Decide with --take folder or --take site, or at a terminal.",
    );
    return 3;
  }
  const taken = differences.filter(({ path }) => decisions.get(path) !== "site");
  if (!command.isUnchecked && taken.length > 0) {
    const problems = await gateProblems(courseId, content, taken);
    for (const problem of problems) console.log(problem);
    if (problems.length > 0) {
      console.log(`${problems.length} problems: nothing was imported`);
      return 1;
    }
  }
  const outcome = await transaction(async (tx) => {
    await lockCourse(tx, courseId);
    const now = await differencesTo(tx, compared);
    if (!isSame(now, differences)) return undefined;
    return importInto(tx, { courseId, isElsewhere, decisions }, content);
  });
  if (outcome === undefined) {
    console.log("The site was changed meanwhile: nothing was imported, run it once more.");
    return 3;
  }
  await lookForPublications();
  await updateRuns(courseId);
  if (!command.isUnchecked)
    await requestReports(
      outcome.taken.map(({ path }) => path),
      courseId,
    );
  console.log(`${outcome.taken.length} documents imported`);
  return 0;
}

/** Lets the site look for small mistakes that the hidden tests do not notice, as after a publication in it. */
async function requestReports(paths: readonly string[], courseId: string): Promise<void> {
  const documents = await storedDocuments(db(), courseId);
  const versionIds = paths.flatMap((path) => {
    const published = documents.get(path)?.published;
    return kindOf(path) === "exercise" && published !== undefined ? [published.id] : [];
  });
  await transaction(async (tx) => {
    for (const versionId of versionIds) await requestMutants(tx, versionId);
  });
}

/** Each with what both sides hold. */
async function shown(conflicts: readonly DocumentDifference[], { blobs }: FolderCourse) {
  const hashes = conflicts.flatMap(({ site }) => [...(site?.values() ?? [])]);
  const stored = await readBlobs(db(), hashes);
  const bytesOf = (hash: string) => blobs.get(hash) ?? stored.get(hash) ?? new Uint8Array();
  return conflicts.map((conflict) => ({
    path: conflict.path,
    difference: differenceText(conflict, bytesOf),
  }));
}

async function gateProblems(
  courseId: string,
  { blobs }: FolderCourse,
  taken: readonly DocumentDifference[],
): Promise<string[]> {
  await transaction((tx) => storeBlobs(tx, blobs));
  const before = publishedTree(await storedDocuments(db(), courseId));
  const documents = taken.filter(({ folder }) => folder !== undefined).map(({ path }) => path);
  const places = { course: await layOut(changed(before, taken)), shown: await layOut(before) };
  try {
    return await checkDocuments({ ...places, documents }, (done, total, step) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${done}/${total} ${step}`);
    });
  } finally {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    closeSandboxes();
  }
}

/** What readers would see. */
function changed(before: Tree, taken: readonly DocumentDifference[]): Tree {
  const paths = new Set(taken.map(({ path }) => path));
  const tree = new Map([...before].filter(([file]) => !paths.has(placeOf(file).document)));
  for (const { path, folder } of taken) {
    for (const [file, hash] of folder ?? []) tree.set(pathInCourse(path, file), hash);
  }
  return tree;
}

function isSame(a: readonly DocumentDifference[], b: readonly DocumentDifference[]): boolean {
  const print = (all: readonly DocumentDifference[]) =>
    JSON.stringify(
      all.map(({ path, kind, folder = [], site = [] }) => [path, kind, [...folder], [...site]]),
    );
  return print(a) === print(b);
}
