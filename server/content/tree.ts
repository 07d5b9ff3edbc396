/** The files of a course as paths and hashes: what versions, imports and checkouts are compared by. */
import { createHash } from "node:crypto";

/** Path, with `/` between its parts -> SHA-256 of the file's bytes, in hexadecimal digits. */
export type Tree = ReadonlyMap<string, string>;

export type DocumentKind = "shared" | "lecture" | "exercise";

/** Where a file belongs: its document's folder ("" for the files beside `lectures/`), and its path there. */
export interface Place {
  readonly kind: DocumentKind;
  readonly document: string;
  readonly path: string;
}

const LECTURE = /^(lectures\/[^/]+)\/(.+)$/;
const EXERCISE = /^(lectures\/[^/]+\/exercises\/[^/]+)\/(.+)$/;

/** One part of a path: no dot in front, so neither `..` nor a hidden file, and nothing that a file system or a shell reads its own way. */
const PART = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;
const PATH_MAX = 300;

/** Whether a course may have a file of this path: relative, of plain names, never upwards. */
export function isCoursePath(path: string): boolean {
  return path.length <= PATH_MAX && path.split("/").every((part) => PART.test(part));
}

export function placeOf(path: string): Place {
  const [, exercise, below] = EXERCISE.exec(path) ?? [];
  if (exercise !== undefined && below !== undefined) {
    return { kind: "exercise", document: exercise, path: below };
  }
  const [, lecture, file] = LECTURE.exec(path) ?? [];
  if (lecture !== undefined && file !== undefined) {
    return { kind: "lecture", document: lecture, path: file };
  }
  return { kind: "shared", document: "", path };
}

/** What a document in this folder is; undefined where none can lie. */
export function kindOf(document: string): DocumentKind | undefined {
  if (document === "") return "shared";
  const { document: whole, kind } = placeOf(`${document}/x`);
  return whole === document && isCoursePath(document) && kind !== "shared" ? kind : undefined;
}

/** Where a document's file lies in the course. */
export function pathInCourse(document: string, path: string): string {
  return document === "" ? path : `${document}/${path}`;
}

/** Whether a document may have a file of this path: one that lies in its folder, and in no other document's. */
export function isPathOf(document: string, path: string): boolean {
  const whole = pathInCourse(document, path);
  const place = placeOf(whole);
  return isCoursePath(whole) && place.document === document && place.path === path;
}

/** What no folder can hold: a file in the place of a folder. Problems as `file:line: what: remedy`. */
export function clashesIn(tree: Iterable<string>): string[] {
  const files = new Set(tree);
  const clashes = new Set<string>();
  for (const path of files) {
    const parts = path.split("/");
    for (let length = 1; length < parts.length; length++) {
      const above = parts.slice(0, length).join("/");
      if (files.has(above)) clashes.add(above);
    }
  }
  return [...clashes].sort().map((path) => `${path}:1: is a file and a folder: rename one of them`);
}

/** A tree as its documents, by folder. */
export function byDocument(tree: Tree): Map<string, Map<string, string>> {
  const documents = new Map<string, Map<string, string>>();
  for (const [whole, hash] of tree) {
    const { document, path } = placeOf(whole);
    const files = documents.get(document) ?? new Map();
    documents.set(document, files.set(path, hash));
  }
  return documents;
}

/** Equal for trees of the same files with the same bytes. */
export function treeHash(tree: Tree): string {
  const lines = [...tree].map(([path, hash]) => `${hash} ${path}\n`).sort();
  return createHash("sha256").update(lines.join("")).digest("hex");
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
