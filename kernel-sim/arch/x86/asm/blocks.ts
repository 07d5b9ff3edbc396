/** Statements that concern other statements: repetitions, macros and conditions. */
import type { Assembler } from "./assembler.ts";
import { Cursor, type Statement } from "./cursor.ts";

/** Statements that are kept until the block's end. */
interface Block {
  readonly opens: readonly string[];
  readonly closes: string;
  depth: number;
  readonly body: Statement[];
  readonly finish: (body: readonly Statement[]) => void;
}

interface Macro {
  readonly parameters: readonly { readonly name: string; readonly usual: string | undefined }[];
  readonly body: readonly Statement[];
}

interface Condition {
  /** A branch has been taken, or the whole stands in a branch that is not. */
  isDone: boolean;
  isSkipped: boolean;
}

const REPEATS = [".rept", ".irp"];
const CONDITIONS = [".if", ".ifdef", ".ifndef"];
const MOST_DEPTH = 64;
/** A text that grows beyond this repeats itself for ever, or as good as. */
const MOST_STATEMENTS = 500_000;

export class Blocks {
  readonly #assembler: Assembler;
  readonly #macros = new Map<string, Macro>();
  readonly #conditions: Condition[] = [];
  #open: Block | undefined;
  #depth = 0;
  #expansions = 0;
  #statements = 0;

  constructor(assembler: Assembler) {
    this.#assembler = assembler;
  }

  /** What is missing at the end of the text, or undefined. */
  get missing(): string | undefined {
    if (this.#open !== undefined) return this.#open.closes;
    return this.#conditions.length > 0 ? ".endif" : undefined;
  }

  /** Takes a statement that belongs to a block, or that a condition leaves out. */
  takes(cursor: Cursor): boolean {
    const word = cursor.peekName();
    const open = this.#open;
    if (open !== undefined) {
      if (open.opens.includes(word)) open.depth++;
      if (word === open.closes && open.depth-- === 0) {
        this.#open = undefined;
        open.finish(open.body);
      } else {
        open.body.push({ text: cursor.text, line: cursor.line, column: cursor.column });
      }
      return true;
    }
    const condition = this.#conditions.at(-1);
    if (condition === undefined) return false;
    if (condition.isSkipped && CONDITIONS.includes(word)) {
      this.#conditions.push({ isDone: true, isSkipped: true });
      return true;
    }
    if (word === ".else") {
      condition.isSkipped = condition.isDone;
      condition.isDone = true;
      return true;
    }
    if (word === ".endif") {
      this.#conditions.pop();
      return true;
    }
    return condition.isSkipped;
  }

  /** `.if` and its relatives. */
  condition(holds: boolean): void {
    this.#conditions.push({ isDone: holds, isSkipped: !holds });
  }

  /** `.rept count`. */
  repeat(cursor: Cursor, count: number): void {
    this.#begin(REPEATS, ".endr", (body) => {
      for (let i = 0; i < count; i++) this.#run(cursor, body, (text) => text);
    });
  }

  /** `.irp name, value, value`. */
  repeatWith(cursor: Cursor): void {
    const name = cursor.name();
    if (name === "") cursor.fail("expected the name of a parameter");
    cursor.eat(",");
    const values = splitArguments(rest(cursor));
    this.#begin(REPEATS, ".endr", (body) => {
      for (const value of values) {
        this.#run(cursor, body, (text) => substitute(text, new Map([[name, value]]), 0));
      }
    });
  }

  /** `.macro name first, second=5`. */
  define(cursor: Cursor): void {
    const name = cursor.name();
    if (name === "") cursor.fail("expected the macro's name");
    cursor.eat(",");
    const parameters = splitArguments(rest(cursor)).map((written) => {
      const [parameter, ...usual] = written.split("=");
      const value = usual.length === 0 ? undefined : usual.join("=").trim();
      // `:req` and `:vararg` say how it is used.
      return { name: parameter!.trim().replace(/:.*$/, ""), usual: value };
    });
    this.#begin([".macro"], ".endm", (body) => {
      this.#macros.set(name.toLowerCase(), { parameters, body });
    });
  }

  /** Puts a macro's statements in its place; false if the word is none. */
  expand(cursor: Cursor, word: string): boolean {
    const macro = this.#macros.get(word.toLowerCase());
    if (macro === undefined) return false;
    const given = splitArguments(rest(cursor));
    if (given.length > macro.parameters.length) {
      cursor.failAt(0, `${word} takes ${macro.parameters.length} arguments, not ${given.length}`);
    }
    const values = new Map(
      macro.parameters.map(({ name, usual }, i) => [name, given[i] || (usual ?? "")]),
    );
    const number = this.#expansions++;
    this.#run(cursor, macro.body, (text) => substitute(text, values, number));
    return true;
  }

  #begin(opens: readonly string[], closes: string, finish: Block["finish"]): void {
    this.#open = { opens, closes, depth: 0, body: [], finish };
  }

  /** Errors in what is run are reported where it was asked for. */
  #run(cursor: Cursor, body: readonly Statement[], change: (text: string) => string): void {
    if (this.#depth >= MOST_DEPTH) cursor.failAt(0, "this macro uses itself without end");
    this.#depth++;
    try {
      for (const { text } of body) {
        if (++this.#statements > MOST_STATEMENTS) cursor.failAt(0, "this grows without end");
        const { line, column } = cursor;
        this.#assembler.statement(new Cursor({ text: change(text), line, column }));
      }
    } finally {
      this.#depth--;
    }
  }
}

function rest(cursor: Cursor): string {
  const text = cursor.text.slice(cursor.at);
  cursor.at = cursor.text.length;
  return text;
}

/** Arguments are parted by commas outside of strings and parentheses. */
function splitArguments(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let inString = false;
  let current = "";
  for (const char of text) {
    if (char === '"') inString = !inString;
    else if (char === "(" || char === "[") depth++;
    else if (char === ")" || char === "]") depth--;
    if (char === "," && depth === 0 && !inString) {
      found.push(current.trim());
      current = "";
    } else {
      current += char;
    }
  }
  if (current.trim() !== "" || found.length > 0) found.push(current.trim());
  return found;
}

/** Replaces `\name`; `\@` is the number of the expansion, `\()` ends a name. */
function substitute(text: string, values: ReadonlyMap<string, string>, number: number): string {
  return text.replace(/\\(@|\(\)|[A-Za-z_.$][A-Za-z0-9_.$]*)/g, (whole, name: string) => {
    if (name === "@") return String(number);
    if (name === "()") return "";
    return values.get(name) ?? whole;
  });
}
