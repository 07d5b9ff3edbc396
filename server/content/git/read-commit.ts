/** The files of a commit, as a course: read from git's objects, never written as files. */
import type { FolderCourse } from "../folder.ts";
import { isNotContent } from "../folder.ts";
import { hashOf, isCoursePath } from "../tree.ts";
import { GitProblem, git } from "./run-git.ts";

const FILES_MAX = 20_000;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const BYTES_MAX = 256 * 1024 * 1024;

interface Entry {
  readonly path: string;
  readonly object: string;
  readonly bytes: number;
}

/** Throws `GitProblem` for a commit that is too large to be a course. */
export async function readCommit(
  repository: string,
  commit: string,
  below: string,
): Promise<FolderCourse> {
  const listed = await git(repository, ["ls-tree", "-r", "-l", "-z", `${commit}:${below}`]);
  const entries: Entry[] = [];
  const refused: string[] = [];
  for (const line of listed.toString("utf8").split("\0")) {
    const [, mode = "", object = "", size = "", path = ""] =
      /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([\s\S]+)$/.exec(line) ?? [];
    if (path === "" || path.split("/").some(isNotContent)) continue;
    // Links, and the places of other repositories, are no files.
    if (!/^100/.test(mode) || !isCoursePath(path)) refused.push(path);
    else entries.push({ path, object, bytes: Number(size) });
  }
  refuseLarge(entries);
  return { ...(await readEntries(repository, entries)), refused };
}

function refuseLarge(entries: readonly Entry[]): void {
  const large = entries.find(({ bytes }) => bytes > FILE_BYTES_MAX);
  if (large !== undefined) {
    throw new GitProblem(
      `${large.path} has ${large.bytes} bytes, at most ${FILE_BYTES_MAX} are read`,
    );
  }
  const sum = entries.reduce((all, { bytes }) => all + bytes, 0);
  if (sum > BYTES_MAX || entries.length > FILES_MAX) {
    throw new GitProblem(
      `the course has ${entries.length} files of ${sum} bytes, at most ${FILES_MAX} of ${BYTES_MAX} are read`,
    );
  }
}

/** @spec git-cat-file(1), BATCH OUTPUT: `object type size`, a newline, the bytes, a newline */
async function readEntries(repository: string, entries: readonly Entry[]) {
  const tree = new Map<string, string>();
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const input = entries.map(({ object }) => `${object}\n`).join("");
  const all = await git(repository, ["cat-file", "--batch"], { input });
  let at = 0;
  for (const { path, object, bytes } of entries) {
    const head = `${object} blob ${bytes}\n`;
    if (all.toString("latin1", at, at + head.length) !== head) {
      throw new GitProblem(`${path} cannot be read from the repository`);
    }
    const content = new Uint8Array(all.subarray(at + head.length, at + head.length + bytes));
    at += head.length + bytes + 1;
    const hash = hashOf(content);
    tree.set(path, hash);
    blobs.set(hash, content);
  }
  return { tree, blobs };
}
