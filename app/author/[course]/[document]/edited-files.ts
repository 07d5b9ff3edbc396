import type { EditedChange, EditedFile } from "#server/authoring";
import type { TypedFile } from "./draft-saver.ts";

/** A document's files as they stand in the editor, by path. */
export type Files = ReadonlyMap<string, EditedFile>;

/** The version's files with the draft's changes laid over them. */
export function laidOver(base: readonly EditedFile[], changes: readonly EditedChange[]): Files {
  const files = new Map(base.map((file) => [file.path, file]));
  for (const change of changes) {
    if (change.kind === "removed") files.delete(change.path);
    else files.set(change.path, change);
  }
  return files;
}

/** The same after something was typed. */
export function afterTyping(files: Files, base: readonly EditedFile[], typed: TypedFile): Files {
  const next = new Map(files);
  if (typed.kind === "text" || typed.kind === "bytes") next.set(typed.path, typed);
  else next.delete(typed.path);
  const before = base.find(({ path }) => path === typed.path);
  if (typed.kind === "kept" && before !== undefined) next.set(typed.path, before);
  return next;
}

/** What has to be stored for the file to be that text: nothing of its own when the version has it so. */
export function typedText(base: readonly EditedFile[], path: string, text: string): TypedFile {
  const before = base.find((file) => file.path === path);
  const isSame = before?.kind === "text" && before.text === text;
  return isSame ? { path, kind: "kept" } : { path, kind: "text", text };
}

/** The same for bytes that are stored already. */
export function typedBytes(base: readonly EditedFile[], path: string, hash: string): TypedFile {
  const before = base.find((file) => file.path === path);
  const isSame = before?.kind === "bytes" && before.hash === hash;
  return isSame ? { path, kind: "kept" } : { path, kind: "bytes", hash };
}

/** All that differs from the version, for who keeps this text instead of another tab's. */
export function allTyped(
  base: readonly EditedFile[],
  files: Files,
  theirs: readonly EditedChange[],
): TypedFile[] {
  const paths = new Set([
    ...base.map(({ path }) => path),
    ...files.keys(),
    ...theirs.map(({ path }) => path),
  ]);
  return [...paths].flatMap((path): TypedFile[] => {
    const file = files.get(path);
    if (file?.kind === "text") return [typedText(base, path, file.text)];
    if (file !== undefined) return [typedBytes(base, path, file.hash)];
    return [
      base.some((one) => one.path === path) ? { path, kind: "removed" } : { path, kind: "kept" },
    ];
  });
}

/** Paths that differ from the version. */
export function changedPaths(base: readonly EditedFile[], files: Files): string[] {
  const before = new Map(base.map((file) => [file.path, contentOf(file)]));
  const paths = new Set([...before.keys(), ...files.keys()]);
  return [...paths].filter((path) => {
    const now = files.get(path);
    return before.get(path) !== (now && contentOf(now));
  });
}

function contentOf(file: EditedFile): string {
  return file.kind === "text" ? `text ${file.text}` : `bytes ${file.hash}`;
}

const ORDER = [
  "lecture.mdx",
  "task.mdx",
  "exercise.yaml",
  "contract.ts",
  "starter.ts",
  "solution.ts",
  "visible.test.ts",
  "hidden.test.ts",
];

/** In the order in which one writes them. */
export function inOrder(paths: Iterable<string>): string[] {
  const rank = (path: string) => (ORDER.includes(path) ? ORDER.indexOf(path) : ORDER.length);
  return [...paths].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
