/** Changes to a source that keep its lines, and know by how much they moved a column. */

interface Insertion {
  readonly offset: number;
  readonly text: string;
}

/** A 1-based line and column of a text. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Text that was put into a line: what stands from `column` on has moved to the right by `by`. */
export interface Shift extends Place {
  readonly by: number;
}

export class Edits {
  readonly #source: string;
  readonly #characters: string[];
  readonly #insertions: Insertion[] = [];

  constructor(source: string) {
    this.#source = source;
    this.#characters = source.split("");
  }

  /** Replaces everything but line breaks by spaces. */
  blank(start: number, end: number): void {
    for (let at = start; at < end; at++) {
      if (!isLineBreak(this.#source.charCodeAt(at))) this.#characters[at] = " ";
    }
  }

  isBlanked(at: number): boolean {
    return this.#characters[at] === " " && this.#source[at] !== " ";
  }

  /**
   * What stands in front of `offset` on its line now, and where the line break before that line is;
   * undefined on the first line.
   */
  printedBefore(offset: number): {
    readonly onLine: string;
    readonly lineBreak: number | undefined;
  } {
    let start = offset;
    while (start > 0 && !isLineBreak(this.#source.charCodeAt(start - 1))) start--;
    const onLine = this.#characters.slice(start, offset).join("");
    if (start === 0) return { onLine, lineBreak: undefined };
    const isPair = this.#source.slice(start - 2, start) === "\r\n";
    return { onLine, lineBreak: start - (isPair ? 2 : 1) };
  }

  /** Overwrites as many characters as `text` has. */
  put(start: number, text: string): void {
    for (let i = 0; i < text.length; i++) this.#characters[start + i] = text.charAt(i);
  }

  /** Puts text of one line in front of `offset`; the rest of its line moves to the right. */
  insert(offset: number, text: string): void {
    this.#insertions.push({ offset, text });
  }

  /** Where an offset of the source stands now; where text was put in there, the place in front. */
  printedPlace(offset: number): Place {
    const { line, column } = placesOf(this.#source)(offset);
    const start = offset - column + 1;
    const inFront = this.#insertions.filter((one) => one.offset >= start && one.offset < offset);
    const moved = inFront.reduce((sum, { text }) => sum + text.length, 0);
    return { line, column: column + moved };
  }

  print(): { readonly text: string; readonly shifts: readonly Shift[] } {
    // Stable: what was inserted first at a place stands first.
    const insertions = this.#insertions.toSorted((a, b) => a.offset - b.offset);
    let text = "";
    let from = 0;
    for (const { offset, text: inserted } of insertions) {
      text += this.#characters.slice(from, offset).join("") + inserted;
      from = offset;
    }
    text += this.#characters.slice(from).join("");
    return { text, shifts: this.#shifts(insertions) };
  }

  #shifts(insertions: readonly Insertion[]): Shift[] {
    const shifts: Shift[] = [];
    const places = placesOf(this.#source);
    let line = 0;
    let movedBy = 0;
    for (const { offset, text } of insertions) {
      const place = places(offset);
      if (place.line !== line) movedBy = 0;
      line = place.line;
      shifts.push({ line, column: place.column + movedBy, by: text.length });
      movedBy += text.length;
    }
    return shifts;
  }
}

/** Answers the place of an offset. */
export function placesOf(source: string): (offset: number) => Place {
  const starts = [0];
  for (let at = 0; at < source.length; at++) {
    if (!isLineBreak(source.charCodeAt(at))) continue;
    if (source[at] === "\r" && source[at + 1] === "\n") at++;
    starts.push(at + 1);
  }
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** Where a place of the printed text stands in the source. */
export function unshift(place: Place, shifts: readonly Shift[]): Place {
  let column = place.column;
  let movedBy = 0;
  for (const shift of shifts) {
    if (shift.line !== place.line || place.column < shift.column) continue;
    // Inside of inserted text: the place in front of which it was put.
    const inside = place.column < shift.column + shift.by;
    movedBy += inside ? place.column - shift.column : shift.by;
  }
  column -= movedBy;
  return { line: place.line, column };
}

/** The four line terminators of ECMAScript. */
function isLineBreak(code: number): boolean {
  return code === 10 || code === 13 || code === 0x2028 || code === 0x2029;
}
