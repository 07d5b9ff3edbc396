/** Where code stands in a lecture's text that may be half typed. */

export interface Fence {
  /** What is written behind the marks that open it. */
  readonly info: string;
  /** The code: from the line after the opening marks to the line that closes it. */
  readonly start: number;
  readonly end: number;
}

interface Line {
  readonly text: string;
  readonly start: number;
  /** Behind its line break. */
  readonly next: number;
}

/** A line of marks; the second group is what stands behind opening ones. */
const MARKS = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
/** What no code is likely to begin a line with: an open fence ends there. */
const PROSE = /^(?:#{1,6} |<\/?[A-Z])/;

/**
 * The fences in their order. One that is not closed ends, other than for a reader, where another
 * one is opened or prose goes on for certain: its author has just begun to type it.
 */
export function fencesIn(text: string): Fence[] {
  const lines = linesOf(text);
  const found: Fence[] = [];
  for (let at = 0; at < lines.length; at++) {
    const opening = lines[at];
    const [, marks = "", info = ""] = MARKS.exec(opening?.text ?? "") ?? [];
    if (opening === undefined || marks === "") continue;
    const { line, isClosing } = endOf(lines, at + 1, marks);
    const end = lines[line]?.start ?? text.length;
    found.push({ info: info.trim(), start: opening.next, end });
    at = isClosing ? line : line - 1;
  }
  return found;
}

export function isCell({ info }: Fence): boolean {
  return /^ts +cell\b/.test(info);
}

/** The line that ends the code which begins at line `from`. */
function endOf(lines: readonly Line[], from: number, marks: string) {
  let prose: number | undefined;
  for (let at = from; at < lines.length; at++) {
    const text = lines[at]?.text ?? "";
    const [, other = "", info = ""] = MARKS.exec(text) ?? [];
    if (other.startsWith(marks)) {
      const isClosing = info.trim() === "";
      return { line: isClosing ? at : (prose ?? at), isClosing };
    }
    if (PROSE.test(text)) prose ??= at;
  }
  return { line: prose ?? lines.length, isClosing: false };
}

function linesOf(text: string): Line[] {
  let start = 0;
  return text.split("\n").map((line) => {
    const found = { text: line, start, next: start + line.length + 1 };
    start = found.next;
    return found;
  });
}
