/** Splitting a source text into statements, and reading one of them. */
import { AsmProblem } from "./problem.ts";

/** A statement and where it begins. */
export interface Statement {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The statements of a source text, one a line or parted by semicolons. `#` begins a comment, and
 * so do slash and asterisk, as for GNU as on x86.
 */
export function splitStatements(source: string): Statement[] {
  const statements: Statement[] = [];
  let line = 1;
  let column = 1;
  let start = { line, column };
  let text = "";
  const finish = (): void => {
    if (text.trim() !== "") statements.push({ text, ...start });
    text = "";
  };
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    if (text === "") start = { line, column };
    if (char === "\n" || char === ";") finish();
    else if (char === "#") {
      while (i + 1 < source.length && source[i + 1] !== "\n") i++;
    } else if (char === "/" && source[i + 1] === "*") {
      const end = source.indexOf("*/", i + 2);
      if (end < 0) throw new AsmProblem(line, column, "this comment has no end: add */");
      const comment = source.slice(i, end + 2);
      const lines = comment.split("\n");
      line += lines.length - 1;
      column = lines.length > 1 ? lines.at(-1)!.length : column + comment.length - 1;
      // As wide as it was, so that columns stay right.
      text += " ".repeat(lines.length > 1 ? 1 : comment.length);
      i = end + 1;
    } else if (char === '"' || (char === "'" && source[i + 1] !== "\n")) {
      const end = char === '"' ? stringEnd(source, i) : charEnd(source, i);
      text += source.slice(i, end);
      column += end - i - 1;
      i = end - 1;
    } else {
      text += char;
    }
    if (source[i] === "\n") {
      line++;
      column = 1;
    } else {
      column++;
    }
  }
  finish();
  return statements;
}

function stringEnd(source: string, at: number): number {
  let i = at + 1;
  while (i < source.length && source[i] !== '"' && source[i] !== "\n") {
    i += source[i] === "\\" && source[i + 1] !== "\n" ? 2 : 1;
  }
  return source[i] === '"' ? i + 1 : i;
}

/** `'a`, `'a'`, `'\n'`: the closing quotation mark may be missing, as in GNU as. */
function charEnd(source: string, at: number): number {
  const end = source[at + 1] === "\\" ? at + 3 : at + 2;
  return source[end] === "'" ? end + 1 : end;
}

const NAME = /[A-Za-z0-9_.$]*/y;

/** A statement while it is read. */
export class Cursor {
  text: string;
  readonly #line: number;
  readonly #column: number;
  at = 0;

  constructor({ text, line, column }: Statement) {
    this.text = text;
    this.#line = line;
    this.#column = column;
    this.skipSpace();
  }

  get line(): number {
    return this.#line;
  }

  get column(): number {
    return this.#column;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? "";
  }

  skipSpace(): void {
    while (/\s/.test(this.peek())) this.at++;
  }

  /** Takes `word` if it comes next, and the space behind it. */
  eat(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    this.skipSpace();
    return true;
  }

  expect(word: string, what: string): void {
    if (!this.eat(word)) this.fail(`expected ${what}`);
  }

  /** A name, a number or a register without its percent sign; "" if there is none. */
  name(): string {
    NAME.lastIndex = this.at;
    const name = NAME.exec(this.text)?.[0] ?? "";
    this.at += name.length;
    this.skipSpace();
    return name;
  }

  /** What stands before a character of a kind. */
  until(end: RegExp): string {
    const length = this.text.slice(this.at).search(end);
    const word = this.text.slice(this.at, length < 0 ? undefined : this.at + length);
    this.at += word.length;
    this.skipSpace();
    return word;
  }

  /** What `name` would answer, in lower case; nothing is taken. */
  peekName(): string {
    NAME.lastIndex = this.at;
    return (NAME.exec(this.text)?.[0] ?? "").toLowerCase();
  }

  /** A string between quotation marks, as bytes (UTF-8 for what is not ASCII). */
  string(): number[] {
    if (this.peek() !== '"') this.fail('expected a string between " and "');
    const bytes: number[] = [];
    this.at++;
    for (;;) {
      const char = this.peek();
      if (char === "") this.fail('this string has no end: add "');
      if (char === '"') break;
      bytes.push(...this.#character());
    }
    this.at++;
    this.skipSpace();
    return bytes;
  }

  /** The value of a character constant; the apostrophe has been seen. */
  characterConstant(): number {
    this.at++;
    const bytes = this.#character();
    if (this.peek() === "'") this.at++;
    this.skipSpace();
    return bytes[0]!;
  }

  /** Reads with only the next `length` characters in sight. */
  within<Answer>(length: number, read: () => Answer): Answer {
    const whole = this.text;
    this.text = whole.slice(0, this.at + length);
    try {
      return read();
    } finally {
      this.text = whole;
    }
  }

  fail(message: string): never {
    return this.failAt(this.at, message);
  }

  failAt(at: number, message: string): never {
    throw new AsmProblem(this.#line, this.#column + at, message);
  }

  #character(): number[] {
    const char = this.text.codePointAt(this.at)!;
    if (char !== 0x5c) {
      this.at += char > 0xffff ? 2 : 1;
      return utf8(char);
    }
    this.at++;
    const letter = this.peek();
    const octal = /^[0-7]{1,3}/.exec(this.text.slice(this.at))?.[0];
    if (octal !== undefined) {
      this.at += octal.length;
      return [Number.parseInt(octal, 8) & 0xff];
    }
    const hex = /^x([0-9a-fA-F]+)/.exec(this.text.slice(this.at));
    if (hex !== null) {
      this.at += hex[0].length;
      return [Number.parseInt(hex[1]!.slice(-2), 16)];
    }
    this.at++;
    const known = { b: 8, t: 9, n: 10, f: 12, r: 13, '"': 34, "'": 39, "\\": 92 }[letter];
    return known === undefined
      ? this.failAt(this.at - 1, `\\${letter} is not known: write \\\\ for a backslash`)
      : [known];
  }
}

function utf8(code: number): number[] {
  if (code < 0x80) return [code];
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x800) return [0xc0 | (code >> 6), tail(0)];
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)];
  return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
}
