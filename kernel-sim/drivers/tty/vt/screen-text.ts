/** Lines above the screen that can be scrolled to. */
const HISTORY_LINES = 500;
const TAB = 8;
const BLANK = 32;

export interface ScreenState {
  readonly row: number;
  readonly column: number;
}

/** The numbers of an escape sequence; what is missing is 0. */
export function parameters(text: string): number[] {
  return text === "" ? [] : text.split(";").map((part) => Math.min(9999, Number(part) || 0));
}

/** Rows of characters with a cursor. */
export class ScreenText {
  #rows: number;
  #cols: number;
  #lines: Uint32Array[] = [];
  readonly #history: Uint32Array[] = [];
  #row = 0;
  #column = 0;
  /** The last column is full: the next character begins a new line. */
  #needsWrap = false;
  #top = 0;
  #bottom: number;
  isWrapping = true;

  constructor(rows: number, cols: number) {
    this.#rows = rows;
    this.#cols = cols;
    this.#bottom = rows - 1;
    for (let i = 0; i < rows; i++) this.#lines.push(this.#blankLine());
  }

  get rows(): number {
    return this.#rows;
  }

  get cols(): number {
    return this.#cols;
  }

  state(): ScreenState {
    return { row: this.#row, column: this.#column };
  }

  visible(): string[] {
    return withoutLastEmpty(this.#lines.map(lineText));
  }

  all(): string[] {
    return withoutLastEmpty([...this.#history, ...this.#lines].map(lineText));
  }

  reset(): void {
    this.#lines = this.#lines.map(() => this.#blankLine());
    this.#top = 0;
    this.#bottom = this.#rows - 1;
    this.isWrapping = true;
    this.moveTo(0, 0);
  }

  /** Lines keep their place from the bottom, so that the cursor stays on its line. */
  resize(rows: number, cols: number): void {
    this.#cols = cols;
    this.#lines = this.#lines.map((line) => {
      const copy = this.#blankLine();
      copy.set(line.subarray(0, cols));
      return copy;
    });
    while (this.#lines.length > rows && this.#row < this.#lines.length - 1) this.#lines.pop();
    while (this.#lines.length > rows) {
      this.#remember(this.#lines.shift()!);
      this.#row--;
    }
    while (this.#lines.length < rows) this.#lines.push(this.#blankLine());
    this.#rows = rows;
    this.#top = 0;
    this.#bottom = rows - 1;
    this.moveTo(this.#row, this.#column);
  }

  put(code: number): void {
    if (this.#needsWrap) {
      this.carriageReturn();
      this.lineFeed();
    }
    this.#lines[this.#row]![this.#column] = code;
    if (this.#column < this.#cols - 1) this.#column++;
    else this.#needsWrap = this.isWrapping;
  }

  moveTo(row: number, column: number): void {
    this.#row = Math.max(0, Math.min(this.#rows - 1, row));
    this.#column = Math.max(0, Math.min(this.#cols - 1, column));
    this.#needsWrap = false;
  }

  backspace(): void {
    this.moveTo(this.#row, this.#column - 1);
  }

  tab(): void {
    this.moveTo(this.#row, (Math.floor(this.#column / TAB) + 1) * TAB);
  }

  carriageReturn(): void {
    this.moveTo(this.#row, 0);
  }

  lineFeed(): void {
    if (this.#row === this.#bottom) this.#scrollUp(this.#top, 1);
    else if (this.#row < this.#rows - 1) this.#row++;
    this.#needsWrap = false;
  }

  reverseLineFeed(): void {
    if (this.#row === this.#top) this.#scrollDown(this.#top, 1);
    else if (this.#row > 0) this.#row--;
    this.#needsWrap = false;
  }

  setRegion(top: number, bottom: number): void {
    if (top >= bottom || bottom >= this.#rows) return;
    this.#top = top;
    this.#bottom = bottom;
    this.moveTo(0, 0);
  }

  /** 0: from the cursor on, 1: up to it, 2: all of it, 3: with the history. */
  eraseScreen(what: number): void {
    if (what > 3) return;
    if (what === 3) this.#history.length = 0;
    this.#lines.forEach((_, row) => {
      const isErased = what >= 2 || (what === 0 ? row > this.#row : row < this.#row);
      if (isErased) this.#lines[row] = this.#blankLine();
    });
    if (what < 2) this.eraseLine(what);
    this.#needsWrap = false;
  }

  eraseLine(what: number): void {
    const from = what === 0 ? this.#column : 0;
    const to = what === 1 ? this.#column + 1 : this.#cols;
    if (what <= 2) this.#lines[this.#row]!.fill(BLANK, from, to);
    this.#needsWrap = false;
  }

  eraseCharacters(n: number): void {
    this.#lines[this.#row]!.fill(BLANK, this.#column, this.#column + n);
  }

  insertCharacters(n: number): void {
    const line = this.#lines[this.#row]!;
    line.copyWithin(this.#column + n, this.#column);
    line.fill(BLANK, this.#column, this.#column + n);
  }

  deleteCharacters(n: number): void {
    const line = this.#lines[this.#row]!;
    line.copyWithin(this.#column, this.#column + n);
    line.fill(BLANK, Math.max(this.#column, this.#cols - n));
  }

  insertLines(n: number): void {
    if (this.#isInRegion()) this.#scrollDown(this.#row, n);
  }

  deleteLines(n: number): void {
    if (this.#isInRegion()) this.#deleteAt(this.#row, n);
  }

  #isInRegion(): boolean {
    return this.#row >= this.#top && this.#row <= this.#bottom;
  }

  /** What leaves at the upper edge of the whole screen can be scrolled to. */
  #scrollUp(top: number, n: number): void {
    if (n === 1 && top === 0 && this.#bottom === this.#rows - 1) {
      const line = this.#lines.shift()!;
      this.#remember(line);
      this.#lines.push(line.fill(BLANK));
      return;
    }
    const count = Math.min(n, this.#bottom - top + 1);
    if (top === 0) for (const line of this.#lines.slice(0, count)) this.#remember(line);
    this.#deleteAt(top, count);
  }

  #deleteAt(top: number, n: number): void {
    const count = Math.min(n, this.#bottom - top + 1);
    this.#lines.splice(top, count);
    const blank = Array.from({ length: count }, () => this.#blankLine());
    this.#lines.splice(this.#bottom - count + 1, 0, ...blank);
  }

  #scrollDown(top: number, n: number): void {
    const count = Math.min(n, this.#bottom - top + 1);
    this.#lines.splice(this.#bottom - count + 1, count);
    this.#lines.splice(top, 0, ...Array.from({ length: count }, () => this.#blankLine()));
  }

  #remember(line: Uint32Array): void {
    this.#history.push(line.slice(0, lengthOf(line)));
    if (this.#history.length > HISTORY_LINES) this.#history.shift();
  }

  #blankLine(): Uint32Array {
    return new Uint32Array(this.#cols).fill(BLANK);
  }
}

function lineText(line: Uint32Array): string {
  let text = "";
  const length = lengthOf(line);
  for (let i = 0; i < length; i++) text += String.fromCodePoint(line[i]!);
  return text;
}

/** Without the blanks at its end. */
function lengthOf(line: Uint32Array): number {
  let length = line.length;
  while (length > 0 && line[length - 1] === BLANK) length--;
  return length;
}

function withoutLastEmpty(lines: string[]): string[] {
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
