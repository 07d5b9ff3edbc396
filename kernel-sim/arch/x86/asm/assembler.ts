/**
 * An assembler for 32-bit x86 that reads what GNU as reads, in AT&T and in Intel syntax.
 *
 * @spec GNU as, the manual's chapters 5 to 7 and 9.16
 * @simplified numbers have 53 bits; of macros and conditions there is what `blocks.ts` has.
 */
import { Blocks } from "./blocks.ts";
import { Cursor, type Statement, splitStatements } from "./cursor.ts";
import { type Directive, directiveNamed } from "./directives.ts";
import { type Encoded, encodeInstruction } from "./encode.ts";
import { type Expr, evaluate, parseExpression, symbolsOf, type Value } from "./expression.ts";
import { FORMS, PREFIXES } from "./forms.ts";
import { layOut } from "./layout.ts";
import { attMnemonic, similarMnemonic } from "./mnemonic.ts";
import { type Operand, parseAttOperand, parseIntelOperand } from "./operand.ts";
import { type AsmError, AsmProblem } from "./problem.ts";
import { type Fragment, Section, type SectionFlags, usualFlags } from "./section.ts";

/** A place or a number that has a name. */
export type Symbol =
  | { readonly kind: "label"; readonly fragment: Fragment; readonly offset: number }
  | { readonly kind: "constant"; readonly value: Expr; readonly line: number };

/** What an assembly has made: to be linked (`link.ts`). */
export interface AsmObject {
  readonly sections: readonly Section[];
  readonly symbols: ReadonlyMap<string, Symbol>;
  readonly globals: ReadonlySet<string>;
  /** Those of them that another definition may take the place of, or that need none. */
  readonly weaks: ReadonlySet<string>;
  /** Those of them that no other file of a process sees. */
  readonly hidden: ReadonlySet<string>;
  /** What symbols of the text are called elsewhere, and of which version they are (`.symver`). */
  readonly versions: ReadonlyMap<string, SymbolVersion>;
  /** Sizes of `.comm` symbols that nothing defines. */
  readonly commons: ReadonlyMap<string, { readonly size: number; readonly alignment: number }>;
  /** For each instruction, where it came from: for a listing beside the source. */
  readonly lines: readonly SourceLine[];
}

/** The name and version of a symbol for other files. */
export interface SymbolVersion {
  readonly name: string;
  readonly version: string;
  /** Who asks for the name without a version gets this one (`@@`). */
  readonly isDefault: boolean;
}

export interface SourceLine {
  readonly fragment: Fragment;
  readonly offset: number;
  readonly line: number;
}

export type AssembleResult =
  | { readonly kind: "assembled"; readonly object: AsmObject }
  | { readonly kind: "errors"; readonly errors: readonly AsmError[] };

export interface AssembleOptions {
  readonly syntax?: "att" | "intel";
}

/** Assembles a source text. */
export function assemble(source: string, options: AssembleOptions = {}): AssembleResult {
  const assembler = new Assembler(options.syntax === "intel");
  let statements: Statement[] = [];
  try {
    statements = splitStatements(source);
  } catch (thrown) {
    assembler.note(thrown);
  }
  for (const statement of statements) {
    try {
      assembler.statement(new Cursor(statement));
    } catch (thrown) {
      assembler.note(thrown);
    }
  }
  if (assembler.errors.length === 0) assembler.finish();
  const { errors } = assembler;
  return errors.length > 0 ? { kind: "errors", errors } : { kind: "assembled", object: assembler };
}

export const GLOBAL_OFFSET_TABLE = "_GLOBAL_OFFSET_TABLE_";

const LABEL = /^([A-Za-z_.$][A-Za-z0-9_.$]*|[0-9]+)\s*:/;

export class Assembler implements AsmObject {
  readonly sections: Section[] = [];
  readonly symbols = new Map<string, Symbol>();
  readonly globals = new Set<string>();
  readonly weaks = new Set<string>();
  readonly hidden = new Set<string>();
  readonly versions = new Map<string, SymbolVersion>();
  readonly commons = new Map<string, { readonly size: number; readonly alignment: number }>();
  readonly lines: SourceLine[] = [];
  readonly errors: AsmError[] = [];
  isIntel: boolean;
  section: Section;
  previous: Section;
  /** How often each numeric label has been defined. */
  readonly #counts = new Map<string, number>();
  readonly blocks: Blocks = new Blocks(this);

  constructor(isIntel: boolean) {
    this.isIntel = isIntel;
    this.section = this.sectionNamed(".text");
    this.previous = this.section;
    this.sectionNamed(".data");
    this.sectionNamed(".bss");
  }

  note(thrown: unknown): void {
    if (!(thrown instanceof AsmProblem)) throw thrown;
    this.errors.push(thrown.error);
  }

  sectionNamed(name: string, flags?: SectionFlags): Section {
    const known = this.sections.find((section) => section.name === name);
    if (known !== undefined) return known;
    const made = new Section(name, flags ?? usualFlags(name));
    this.sections.push(made);
    return made;
  }

  switchTo(section: Section): void {
    this.previous = this.section;
    this.section = section;
  }

  statement(cursor: Cursor): void {
    if (this.blocks.takes(cursor)) return;
    for (;;) {
      const label = LABEL.exec(cursor.text.slice(cursor.at));
      if (label === null) break;
      this.#define(cursor, label[1]!);
      cursor.at += label[0].length;
      cursor.skipSpace();
    }
    if (cursor.isAtEnd) return;
    const start = cursor.at;
    const word = cursor.name();
    if (word === "") cursor.fail("expected an instruction, a directive or a label");
    if (cursor.peek() === "=" && cursor.peek(1) !== "=") {
      cursor.eat("=");
      this.setConstant(cursor, word, false);
    } else if (word.startsWith(".")) {
      this.#directive(cursor, word, start);
    } else if (!this.blocks.expand(cursor, word)) {
      this.#instruction(cursor, word.toLowerCase(), start);
    }
    if (!cursor.isAtEnd) cursor.fail("did not expect this here");
  }

  /** Reads an expression in the syntax of the moment. */
  readonly exprOptions = {
    isIntel: false,
    localLabel: (name: string, cursor: Cursor): string => this.#localLabel(name, cursor),
  };

  setConstant(cursor: Cursor, name: string, isOnce: boolean): void {
    if (isOnce && this.symbols.has(name)) cursor.failAt(0, `${name} has a value already`);
    const value = this.expression(cursor);
    // Names in it mean what they mean now, `.` above all.
    const now = this.known(value);
    const kept: Expr =
      now !== undefined && now.symbol === undefined
        ? { kind: "number", value: now.value }
        : this.#withPlace(value);
    this.symbols.set(name, { kind: "constant", value: kept, line: cursor.line });
  }

  expression(cursor: Cursor): Expr {
    return parseWith(cursor, this);
  }

  /** The value of an expression as far as it is known now. */
  known = (expr: Expr): Value | undefined => evaluate(expr, (name) => this.#valueNow(name));

  /** Of a number that must be known now. */
  number(cursor: Cursor): number {
    const { at } = cursor;
    const value = this.known(this.expression(cursor));
    if (value === undefined || value.symbol !== undefined) {
      return cursor.failAt(at, "this must be a number that is known here");
    }
    return value.value;
  }

  /** Appends bytes with fixups to the section. */
  append(cursor: Cursor, encoded: Encoded): void {
    const { last } = this.section;
    if (this.section.flags.isNobits && encoded.bytes.some((byte) => byte !== 0)) {
      cursor.failAt(0, `${this.section.name} holds no bytes: use .zero or .skip here`);
    }
    for (const fixup of encoded.fixups) {
      // `.` is the place of the statement, not of the field.
      const value = this.#withPlace(fromHere(fixup.value));
      const offset = last.bytes.length + fixup.offset;
      last.fixups.push({ ...fixup, value, offset, line: cursor.line });
    }
    for (const byte of encoded.bytes) last.bytes.push(byte);
    if (encoded.jump === undefined) return;
    const { target, at } = encoded.jump;
    const opcode = last.bytes.pop()!;
    this.section.endFragment({
      ...{ kind: "jump", opcode, target: this.#withPlace(target), line: cursor.line, at },
      isLong: false,
    });
  }

  finish(): void {
    const { missing } = this.blocks;
    if (missing !== undefined) {
      this.errors.push({ line: 1, column: 1, message: `a block has no end: add ${missing}` });
      return;
    }
    this.errors.push(...layOut(this));
  }

  #define(cursor: Cursor, written: string): void {
    let name = written;
    if (/^[0-9]/.test(written)) {
      const count = (this.#counts.get(written) ?? 0) + 1;
      this.#counts.set(written, count);
      name = localName(written, count);
    } else if (this.symbols.has(name)) {
      cursor.fail(`the label ${name} is there twice: rename one of the two`);
    }
    const fragment = this.section.last;
    this.symbols.set(name, { kind: "label", fragment, offset: fragment.bytes.length });
  }

  #localLabel(written: string, cursor: Cursor): string {
    const number = written.slice(0, -1).replace(/^0+(?=.)/, "");
    const count = this.#counts.get(number) ?? 0;
    if (written.endsWith("f")) return localName(number, count + 1);
    if (count === 0) cursor.fail(`there is no label ${number}: above; did you mean ${number}f?`);
    return localName(number, count);
  }

  #directive(cursor: Cursor, word: string, start: number): void {
    const directive: Directive | undefined = directiveNamed(word.toLowerCase());
    if (directive === undefined) cursor.failAt(start, `the directive ${word} is not known`);
    else directive(this, cursor);
  }

  #instruction(cursor: Cursor, first: string, start: number): void {
    const prefixes: number[] = [];
    let word = first;
    let at = start;
    while (PREFIXES[word] !== undefined) {
      prefixes.push(PREFIXES[word]!);
      if (cursor.isAtEnd) {
        this.append(cursor, { bytes: prefixes, fixups: [], jump: undefined });
        return;
      }
      at = cursor.at;
      word = cursor.name().toLowerCase();
    }
    this.#noteLine(cursor);
    const mnemonic = this.isIntel
      ? { name: word, bits: 0, sourceBits: 0 }
      : (attMnemonic(word) ?? { name: word, bits: 0, sourceBits: 0 });
    const { name, bits } = mnemonic;
    if (!FORMS.has(name)) {
      const similar = similarMnemonic(name);
      const hint = similar === undefined ? "" : `: did you mean ${similar}?`;
      cursor.failAt(at, `${word} is not an instruction of this processor${hint}`);
    }
    const isBranch = /^(?:j|call|loop|lcall|ljmp)/.test(name);
    const operands: Operand[] = [];
    while (!cursor.isAtEnd) {
      operands.push(this.#operand(cursor, isBranch));
      if (!cursor.eat(",")) break;
    }
    if (!cursor.isAtEnd) cursor.fail("expected a comma or the end of the line");
    const ordered = this.isIntel ? operands : attOrder(name, operands, mnemonic.sourceBits);
    if (name === "int" && ordered.length === 1 && this.#isThree(ordered[0]!)) {
      this.append(cursor, { bytes: [...prefixes, 0xcc], fixups: [], jump: undefined });
      return;
    }
    const encoded = encodeInstruction(name, farOperands(name, ordered), bits, prefixes, this.known);
    if (typeof encoded === "string") cursor.failAt(at, encoded);
    else this.append(cursor, encoded);
  }

  #isThree(operand: Operand): boolean {
    return operand.kind === "immediate" && this.known(operand.value)?.value === 3;
  }

  #operand(cursor: Cursor, isBranch: boolean): Operand {
    const options = { ...this.exprOptions, isIntel: this.isIntel };
    if (this.isIntel) {
      return parseIntelOperand(cursor, options, isBranch, (name) => this.#isConstant(name));
    }
    // IN and OUT write the register DX as if it were an address.
    if (cursor.eat("(%dx)")) {
      return { kind: "register", of: "r16", number: 2, at: cursor.at };
    }
    return parseAttOperand(cursor, options, isBranch);
  }

  #isConstant(name: string): boolean {
    const value = this.#valueNow(name);
    return value !== undefined && value.symbol === undefined;
  }

  #noteLine(cursor: Cursor): void {
    const fragment = this.section.last;
    this.lines.push({ fragment, offset: fragment.bytes.length, line: cursor.line });
  }

  #valueNow(name: string): Value | undefined {
    if (name === ".") {
      const { last } = this.section;
      return this.#place(last, last.bytes.length);
    }
    const symbol = this.symbols.get(name);
    if (symbol === undefined) return undefined;
    if (symbol.kind === "label") return this.#place(symbol.fragment, symbol.offset);
    return this.known(symbol.value);
  }

  /** Places in one fragment have a distance that is known. */
  #place(fragment: Fragment, value: number): Value {
    const { section } = fragment;
    return { symbol: `${section.name}#${section.fragments.indexOf(fragment)}`, value };
  }

  /** Puts a label of this place where the expression says `.`. */
  #withPlace(expr: Expr): Expr {
    switch (expr.kind) {
      case "number":
        return expr;
      case "symbol": {
        if (expr.name !== ".") return expr;
        const fragment = this.section.last;
        const name = `.#${this.sections.indexOf(this.section)}.${this.section.fragments.length}.${fragment.bytes.length}`;
        this.symbols.set(name, { kind: "label", fragment, offset: fragment.bytes.length });
        return { kind: "symbol", name, at: expr.at };
      }
      case "unary":
        return { ...expr, of: this.#withPlace(expr.of) };
      case "binary":
        return { ...expr, left: this.#withPlace(expr.left), right: this.#withPlace(expr.right) };
    }
  }
}

/**
 * The table's name stands for its distance from the instruction: `addl $_GLOBAL_OFFSET_TABLE_, %ebx` behind a call
 * that has left the instruction's address there.
 */
function fromHere(value: Expr): Expr {
  const table = symbolsOf(value).find(({ name }) => name === GLOBAL_OFFSET_TABLE);
  if (table === undefined) return value;
  return {
    kind: "binary",
    op: "-",
    left: value,
    right: { kind: "symbol", name: ".", at: table.at },
  };
}

function localName(number: string, count: number): string {
  return `${number}#${count}`;
}

/** `ljmp $selector, $offset` becomes one far pointer. */
function farOperands(name: string, operands: readonly Operand[]): readonly Operand[] {
  const [selector, offset] = operands;
  if (!/^(?:lcall|ljmp|call|jmp)$/.test(name) || operands.length !== 2) return operands;
  if (selector?.kind !== "immediate" || offset?.kind !== "immediate") return operands;
  return [{ kind: "far", selector: selector.value, offset: offset.value, at: selector.at }];
}

/** Intel's order: the destination first. A few instructions have one order in both syntaxes. */
function attOrder(name: string, operands: readonly Operand[], sourceBits: number): Operand[] {
  const isSame = /^(?:enter|bound|lcall|ljmp)$/.test(name);
  const ordered = isSame ? [...operands] : operands.toReversed();
  if (name !== "movzx" && name !== "movsx") return ordered;
  return ordered.map((operand, i) => {
    if (i !== 1 || operand.kind !== "memory") return operand;
    return { ...operand, bits: sourceBits === 0 ? 8 : sourceBits };
  });
}

function parseWith(cursor: Cursor, assembler: Assembler): Expr {
  return parseExpression(cursor, { ...assembler.exprOptions, isIntel: assembler.isIntel });
}
