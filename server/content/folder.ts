/** A course in a folder: read into a tree, and laid out from one. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { hashOf, isCoursePath, type Tree } from "./tree.ts";

/** What lies beside a course's files and is none of it. */
const NOT_CONTENT: ReadonlySet<string> = new Set(["node_modules", "tsconfig.tsbuildinfo"]);

/** Whether a file or folder of this name is none of a course's: hidden, or made by a tool. */
export function isNotContent(name: string): boolean {
  return name.startsWith(".") || NOT_CONTENT.has(name);
}

export interface FolderCourse {
  readonly tree: Tree;
  /** By hash. */
  readonly blobs: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Files that no course may have: odd names and links that lead elsewhere. */
  readonly refused: readonly string[];
}

/** Reads all files; nothing behind a symbolic link, and nothing hidden. */
export function readFolder(folder: string): FolderCourse {
  const tree = new Map<string, string>();
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const refused: string[] = [];
  walk(folder);
  return { tree, blobs, refused };

  function walk(below: string): void {
    for (const entry of readdirSync(below, { withFileTypes: true })) {
      if (isNotContent(entry.name)) continue;
      const file = join(below, entry.name);
      const path = relative(folder, file).split(sep).join("/");
      if (entry.isDirectory()) walk(file);
      else if (!entry.isFile() || !isCoursePath(path)) refused.push(path);
      else {
        const bytes = new Uint8Array(readFileSync(file));
        const hash = hashOf(bytes);
        tree.set(path, hash);
        blobs.set(hash, bytes);
      }
    }
  }
}

/** Writes those files of the tree that are not there with the same bytes; removes nothing, and follows no link. */
export function writeFolder(
  folder: string,
  tree: Tree,
  blobs: ReadonlyMap<string, Uint8Array>,
): void {
  for (const [path, hash] of tree) {
    const bytes = blobs.get(hash);
    if (!isCoursePath(path) || bytes === undefined) {
      throw new Error(`${path} cannot be written: no course has such a file`);
    }
    const file = join(folder, path);
    const link = linkOn(folder, path);
    if (link !== undefined) {
      throw new Error(`${path} cannot be written: ${link} is a symbolic link, take it away`);
    }
    if (existsSync(file) && hashOf(readFileSync(file)) === hash) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}

/** The first part of the way to a file that is a symbolic link. */
function linkOn(folder: string, path: string): string | undefined {
  const parts = path.split("/");
  return parts
    .map((_, index) => join(folder, ...parts.slice(0, index + 1)))
    .find((place) => lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink());
}

/** Removes files, and the folders that are empty then. */
export function removeFiles(folder: string, paths: readonly string[]): void {
  for (const path of paths) {
    rmSync(join(folder, path));
    const parts = path.split("/").slice(0, -1);
    for (; parts.length > 0; parts.pop()) {
      const below = join(folder, ...parts);
      if (readdirSync(below).length > 0) break;
      rmdirSync(below);
    }
  }
}
