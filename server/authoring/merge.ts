/** Three states of a document brought together: the version that a draft began with, the draft, and the newest version. */
import { diff3Merge } from "node-diff3";

export type FileState =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bytes"; readonly hash: string }
  | { readonly kind: "absent" };

export type Choice = "mine" | "theirs" | "both";

export type MergePart =
  | { readonly kind: "agreed"; readonly text: string }
  /** Both have changed the same lines. */
  | {
      readonly kind: "conflict";
      readonly key: string;
      readonly base: string;
      readonly mine: string;
      readonly theirs: string;
    };

export type MergedFile =
  /** Only one side has changed it, or both alike. */
  | { readonly kind: "decided"; readonly path: string; readonly state: FileState }
  | { readonly kind: "parts"; readonly path: string; readonly parts: readonly MergePart[] }
  /** One has removed what the other has changed, or it is no text: it is the one or the other. */
  | {
      readonly kind: "whole";
      readonly path: string;
      readonly key: string;
      readonly mine: FileState;
      readonly theirs: FileState;
    };

export type Files = ReadonlyMap<string, FileState>;

const ABSENT: FileState = { kind: "absent" };

/** Each file that differs in any of the three. */
export function mergeFiles(base: Files, mine: Files, theirs: Files): MergedFile[] {
  const paths = [...new Set([...base.keys(), ...mine.keys(), ...theirs.keys()])].sort();
  return paths.flatMap((path) => {
    const of = (files: Files) => files.get(path) ?? ABSENT;
    const [before, here, there] = [of(base), of(mine), of(theirs)];
    if (isSame(before, here) && isSame(before, there)) return [];
    return [mergeFile(path, before, here, there)];
  });
}

function mergeFile(
  path: string,
  before: FileState,
  mine: FileState,
  theirs: FileState,
): MergedFile {
  if (isSame(mine, theirs) || isSame(before, mine)) return { kind: "decided", path, state: theirs };
  if (isSame(before, theirs)) return { kind: "decided", path, state: mine };
  if (mine.kind !== "text" || theirs.kind !== "text") {
    return { kind: "whole", path, key: path, mine, theirs };
  }
  const parts = mergeTexts(path, before.kind === "text" ? before.text : "", mine.text, theirs.text);
  if (parts.every(({ kind }) => kind === "agreed")) {
    const text = parts.map((part) => (part.kind === "agreed" ? part.text : "")).join("");
    return { kind: "decided", path, state: { kind: "text", text } };
  }
  return { kind: "parts", path, parts };
}

function mergeTexts(path: string, base: string, mine: string, theirs: string): MergePart[] {
  const regions = diff3Merge(linesOf(mine), linesOf(base), linesOf(theirs), {
    excludeFalseConflicts: true,
  });
  return regions.map(({ ok, conflict }, index): MergePart => {
    if (conflict === undefined) return { kind: "agreed", text: (ok ?? []).join("") };
    return {
      kind: "conflict",
      key: `${path}#${index}`,
      base: conflict.o.join(""),
      mine: conflict.a.join(""),
      theirs: conflict.b.join(""),
    };
  });
}

/** What comes out when each conflict is decided; undefined as long as one is not. */
export function decide(
  file: MergedFile,
  choices: ReadonlyMap<string, Choice>,
): FileState | undefined {
  if (file.kind === "decided") return file.state;
  if (file.kind === "whole") {
    const choice = choices.get(file.key);
    if (choice === undefined || choice === "both") return undefined;
    return file[choice];
  }
  let text = "";
  for (const part of file.parts) {
    if (part.kind === "agreed") text += part.text;
    else {
      const choice = choices.get(part.key);
      if (choice === undefined) return undefined;
      text += choice === "both" ? oneAfterAnother(part) : part[choice];
    }
  }
  return { kind: "text", text };
}

/** The last line of a file may have no newline; what comes after it begins a line all the same. */
function oneAfterAnother({ mine, theirs }: { mine: string; theirs: string }): string {
  const isOpen = mine !== "" && theirs !== "" && !mine.endsWith("\n");
  return isOpen ? `${mine}\n${theirs}` : mine + theirs;
}

export function isSame(a: FileState, b: FileState): boolean {
  if (a.kind === "text") return b.kind === "text" && a.text === b.text;
  if (a.kind === "bytes") return b.kind === "bytes" && a.hash === b.hash;
  return b.kind === "absent";
}

/** Each with its newline, so that joining them gives the text again. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}
