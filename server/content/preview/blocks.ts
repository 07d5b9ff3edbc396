/**
 * A text cut where nothing can reach across: at empty lines outside of code, formulas, lists and
 * components. Each piece parses by itself to what it is in the whole.
 */

export interface TextBlock {
  readonly source: string;
  /** Of the whole text, 1-based. */
  readonly line: number;
}

const FENCE = /^\s*(`{3,}|~{3,})/;
const FORMULA = /^\s*\$\$/;
const LIST_ITEM = /^(?:[-*+]|\d+[.)])(?:\s|$)/;
/** What other blocks refer to: then the text stays in one piece. */
const CODE = /^(`{3,})[\s\S]*?^\1/gm;
const DEFINITION = /^ {0,3}\[[^\]]+\]:/m;
/** A component's opening tag: the last group is the slash of one without text. */
const OPENING = /^<([A-Z]\w*)(?:\s+[\w-]+(?:=(?:"[^"]*"|\{[^}\n]*\}))?)*\s*(\/?)>/;

export function splitBlocks(text: string): TextBlock[] {
  const lines = text.split("\n");
  if (DEFINITION.test(text.replace(CODE, ""))) return [{ source: text, line: 1 }];
  const blocks: TextBlock[] = [];
  let start = 0;
  let at = endOfFrontMatter(lines);
  const close = (end: number) => {
    const source = lines.slice(start, end).join("\n");
    if (source.trim() !== "") blocks.push({ source, line: start + 1 });
    start = end;
  };
  if (at > 0) close(at);
  while (at < lines.length) {
    if (lines[at]?.trim() === "") {
      const next = nextFilled(lines, at);
      if (isBorder(lines[start + leadingEmpty(lines, start)], lines[next])) close(next);
      at = next;
    } else at = endOfPart(lines, at);
  }
  close(lines.length);
  return blocks;
}

function endOfFrontMatter(lines: readonly string[]): number {
  if (lines[0]?.trimEnd() !== "---") return 0;
  return lines.findIndex((line, index) => index > 0 && line.trimEnd() === "---") + 1;
}

function leadingEmpty(lines: readonly string[], start: number): number {
  let count = 0;
  while (start + count < lines.length && lines[start + count]?.trim() === "") count += 1;
  return count;
}

function nextFilled(lines: readonly string[], from: number): number {
  const found = lines.findIndex((line, index) => index >= from && line.trim() !== "");
  return found === -1 ? lines.length : found;
}

/** An indented line may belong to what stands above, and so may the next item of a list. */
function isBorder(first: string | undefined, next: string | undefined): boolean {
  if (first === undefined || next === undefined) return true;
  if (/^\s/.test(next)) return false;
  return !(LIST_ITEM.test(first) && LIST_ITEM.test(next));
}

/** The line after the fence, formula or component that begins here, or after this line. */
function endOfPart(lines: readonly string[], at: number): number {
  const line = lines[at] ?? "";
  const fence = FENCE.exec(line)?.[1];
  if (fence !== undefined) {
    return after(
      lines,
      at,
      (other) => other.trim().startsWith(fence) && /^[`~]+$/.test(other.trim()),
    );
  }
  if (FORMULA.test(line) && !/\$\$.*\$\$/.test(line)) return after(lines, at, isFormulaEnd);
  return line.startsWith("<") ? endOfComponent(lines, at) : at + 1;
}

function isFormulaEnd(line: string): boolean {
  return /\$\$\s*$/.test(line);
}

/** A fence that is never closed goes on to the end, as the parser has it. */
function after(lines: readonly string[], at: number, closes: (line: string) => boolean): number {
  const found = lines.findIndex((line, index) => index > at && closes(line));
  return found === -1 ? lines.length : found + 1;
}

const COMPONENT_LINES_MAX = 400;

/** One whose end is missing is a line like any other: its block is refused, and no other. */
function endOfComponent(lines: readonly string[], at: number): number {
  const tag = OPENING.exec(lines.slice(at, at + COMPONENT_LINES_MAX).join("\n"));
  const [opening = "", name = "", slash = ""] = tag ?? [];
  if (tag === null) return at + 1;
  const opened = at + opening.split("\n").length;
  if (slash === "/") return opened;
  const closing = `</${name}>`;
  if (lines[opened - 1]?.includes(closing)) return opened;
  for (let line = opened; line < Math.min(lines.length, opened + COMPONENT_LINES_MAX); line++) {
    const text = lines[line]?.trim() ?? "";
    if (text.endsWith(closing)) return line + 1;
    if (text.startsWith(`<${name}`) || /^#{1,6}\s/.test(text)) break;
  }
  return at + 1;
}
