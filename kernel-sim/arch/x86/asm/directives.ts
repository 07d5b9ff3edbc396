/** The directives of GNU as that a program of a few hundred lines needs. */
import type { Assembler } from "./assembler.ts";
import type { Cursor } from "./cursor.ts";
import type { Expr } from "./expression.ts";
import { flagsOf, type SectionFlags } from "./section.ts";

export type Directive = (assembler: Assembler, cursor: Cursor) => void;

export function directiveNamed(name: string): Directive | undefined {
  return DIRECTIVES.get(name) ?? (name.startsWith(".cfi_") ? skip : undefined);
}

const skip: Directive = (_assembler, cursor) => {
  cursor.at = cursor.text.length;
};

function section(name: string): Directive {
  return (assembler) => assembler.switchTo(assembler.sectionNamed(name));
}

/** `.section name, "flags", @type`. */
const namedSection: Directive = (assembler, cursor) => {
  const name = cursor.peek() === '"' ? text(cursor) : cursor.until(/[\s,]/);
  if (name === "") cursor.fail("expected the section's name");
  let flags: SectionFlags | undefined;
  if (cursor.eat(",")) {
    const letters = text(cursor);
    const isNobits = cursor.eat(",") && typeOf(cursor) === "nobits";
    flags = flagsOf(letters, isNobits);
    // The size of its entries, for a linker that merges them.
    if (cursor.eat(",")) assembler.number(cursor);
  }
  assembler.switchTo(assembler.sectionNamed(name, flags));
};

function typeOf(cursor: Cursor): string {
  if (!cursor.eat("@") && !cursor.eat("%")) cursor.fail("expected @progbits or @nobits");
  return cursor.name();
}

function text(cursor: Cursor): string {
  return String.fromCharCode(...cursor.string());
}

function data(bytes: 1 | 2 | 4 | 8): Directive {
  return (assembler, cursor) => {
    if (cursor.isAtEnd) return;
    do {
      const { at } = cursor;
      const value = assembler.expression(cursor);
      putData(assembler, cursor, value, bytes, at);
    } while (cursor.eat(","));
  };
}

function putData(
  assembler: Assembler,
  cursor: Cursor,
  value: Expr,
  bytes: 1 | 2 | 4 | 8,
  at: number,
): void {
  if (bytes === 8) {
    const known = assembler.known(value);
    if (known === undefined || known.symbol !== undefined) {
      cursor.failAt(at, "a value of 8 bytes must be a number that is known here");
    } else {
      const low = known.value % 2 ** 32;
      const high = Math.floor(known.value / 2 ** 32);
      putData(assembler, cursor, { kind: "number", value: low < 0 ? low + 2 ** 32 : low }, 4, at);
      putData(assembler, cursor, { kind: "number", value: high }, 4, at);
    }
    return;
  }
  const fixup = { offset: 0, bytes, value, isRelative: false, isSigned: false, at };
  const empty = Array.from({ length: bytes }, () => 0);
  assembler.append(cursor, { bytes: empty, fixups: [fixup], jump: undefined });
}

function strings(isTerminated: boolean): Directive {
  return (assembler, cursor) => {
    if (cursor.isAtEnd) return;
    do {
      const bytes = cursor.string();
      if (isTerminated) bytes.push(0);
      assembler.append(cursor, { bytes, fixups: [], jump: undefined });
    } while (cursor.eat(","));
  };
}

/** Beyond this, a program has mistyped a number. */
export const MOST_BYTES = 4 * 1024 * 1024;

function count(assembler: Assembler, cursor: Cursor): number {
  const { at } = cursor;
  const value = assembler.number(cursor);
  if (value < 0 || value > MOST_BYTES) cursor.failAt(at, "this is not a size");
  return value;
}

const space: Directive = (assembler, cursor) => {
  const bytes = count(assembler, cursor);
  const fill = cursor.eat(",") ? assembler.number(cursor) & 0xff : 0;
  repeatByte(assembler, cursor, bytes, fill);
};

function repeatByte(assembler: Assembler, cursor: Cursor, bytes: number, fill: number): void {
  const filled = Array.from({ length: bytes }, () => fill);
  assembler.append(cursor, { bytes: filled, fixups: [], jump: undefined });
}

/** `.fill repeat, size, value`. */
const fill: Directive = (assembler, cursor) => {
  const repeat = count(assembler, cursor);
  const size = cursor.eat(",") ? Math.min(count(assembler, cursor), 8) : 1;
  const value = cursor.eat(",") ? assembler.number(cursor) : 0;
  for (let i = 0; i < repeat; i++) {
    for (let byte = 0; byte < size; byte++) {
      repeatByte(assembler, cursor, 1, byte < 4 ? (value >> (8 * byte)) & 0xff : 0);
    }
  }
};

/** `.align bytes, fill, most`; `.p2align` counts in powers of two. */
function align(isPower: boolean): Directive {
  return (assembler, cursor) => {
    const { at } = cursor;
    const given = cursor.isAtEnd ? 0 : assembler.number(cursor);
    const bytes = isPower ? 2 ** given : given;
    if (bytes > 65536 || bytes < 0 || (bytes & (bytes - 1)) !== 0) {
      cursor.failAt(at, isPower ? "this alignment is too large" : "an alignment is a power of two");
    }
    let fillByte: number | undefined;
    let most: number | undefined;
    if (cursor.eat(",")) {
      if (cursor.peek() !== "," && !cursor.isAtEnd) fillByte = assembler.number(cursor) & 0xff;
      if (cursor.eat(",")) most = assembler.number(cursor);
    }
    if (bytes <= 1) return;
    const { section: current } = assembler;
    current.alignment = Math.max(current.alignment, bytes);
    const isCode = current.flags.isExecutable;
    current.endFragment({ kind: "align", bytes, fill: fillByte, most, isCode });
  };
}

const org: Directive = (assembler, cursor) => {
  const to = assembler.expression(cursor);
  const filled = cursor.eat(",") ? assembler.number(cursor) & 0xff : 0;
  assembler.section.endFragment({ kind: "org", to, fill: filled, line: cursor.line });
};

function names(into: (assembler: Assembler) => Set<string>): Directive {
  return (assembler, cursor) => {
    do {
      const name = cursor.name();
      if (name === "") cursor.fail("expected a symbol");
      into(assembler).add(name);
    } while (cursor.eat(","));
  };
}

const globl = names((assembler) => assembler.globals);

const weak: Directive = (assembler, cursor) => {
  const { at } = cursor;
  names((to) => to.weaks)(assembler, cursor);
  cursor.at = at;
  globl(assembler, cursor);
};

/** `.symver text, name@VERSION`, or with two signs for the one that is meant without a version. */
const symver: Directive = (assembler, cursor) => {
  const symbol = cursor.name();
  if (symbol === "") cursor.fail("expected a symbol");
  cursor.expect(",", "a comma");
  const { at } = cursor;
  const written = cursor.until(/[\s,;]/);
  const [, name, signs, version] = /^([^@]+)(@{1,3})([^@]+)$/.exec(written) ?? [];
  if (name === undefined || version === undefined) {
    return cursor.failAt(at, "expected a name with its version: name@VERSION");
  }
  assembler.versions.set(symbol, { name, version, isDefault: signs !== "@" });
};

function set(isOnce: boolean): Directive {
  return (assembler, cursor) => {
    const name = cursor.name();
    if (name === "") cursor.fail("expected a symbol");
    cursor.expect(",", "a comma behind the symbol");
    assembler.setConstant(cursor, name, isOnce);
  };
}

/** `.comm name, size, alignment`: in `.bss`, unless something defines it. */
function common(isLocal: boolean): Directive {
  return (assembler, cursor) => {
    const name = cursor.name();
    cursor.expect(",", "a comma and the size");
    const size = count(assembler, cursor);
    const alignment = cursor.eat(",")
      ? count(assembler, cursor)
      : isLocal
        ? 1
        : usualAlignment(size);
    if (!isLocal) assembler.globals.add(name);
    assembler.commons.set(name, { size, alignment });
  };
}

function usualAlignment(size: number): number {
  let alignment = 1;
  while (alignment * 2 <= Math.min(size, 32)) alignment *= 2;
  return alignment;
}

function syntax(isIntel: boolean): Directive {
  return (assembler, cursor) => {
    assembler.isIntel = isIntel;
    const mode = cursor.name();
    if (mode !== "" && mode !== "noprefix" && mode !== "prefix") {
      cursor.fail("expected prefix, noprefix or nothing");
    }
  };
}

const rept: Directive = (assembler, cursor) => {
  const { at } = cursor;
  const times = assembler.number(cursor);
  if (times < 0 || times > 65_536) cursor.failAt(at, "this is not how often");
  assembler.blocks.repeat(cursor, times);
};

const irp: Directive = (assembler, cursor) => assembler.blocks.repeatWith(cursor);
const macro: Directive = (assembler, cursor) => assembler.blocks.define(cursor);

const ifNumber: Directive = (assembler, cursor) => {
  assembler.blocks.condition(assembler.number(cursor) !== 0);
};

function ifDefined(wanted: boolean): Directive {
  return (assembler, cursor) => {
    const name = cursor.name();
    if (name === "") cursor.fail("expected a symbol");
    assembler.blocks.condition(assembler.symbols.has(name) === wanted);
  };
}

/** The end, or the middle, of a block that nobody has begun. */
function withoutBegin(name: string, begin: string): Directive {
  return (_assembler, cursor) => cursor.failAt(0, `${name} without ${begin}`);
}

const wrongMode: Directive = (_assembler, cursor) => {
  cursor.failAt(0, "only 32-bit code can be assembled here");
};

const previous: Directive = (assembler) => assembler.switchTo(assembler.previous);

const DIRECTIVES: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  [".text", section(".text")],
  [".data", section(".data")],
  [".bss", section(".bss")],
  [".rodata", section(".rodata")],
  [".section", namedSection],
  [".previous", previous],
  [".byte", data(1)],
  [".2byte", data(2)],
  [".short", data(2)],
  [".hword", data(2)],
  [".word", data(2)],
  [".value", data(2)],
  [".4byte", data(4)],
  [".int", data(4)],
  [".long", data(4)],
  [".8byte", data(8)],
  [".quad", data(8)],
  [".ascii", strings(false)],
  [".asciz", strings(true)],
  [".string", strings(true)],
  [".zero", space],
  [".skip", space],
  [".space", space],
  [".fill", fill],
  [".align", align(false)],
  [".balign", align(false)],
  [".p2align", align(true)],
  [".org", org],
  [".globl", globl],
  [".global", globl],
  [".weak", weak],
  [".symver", symver],
  [".hidden", names((assembler) => assembler.hidden)],
  [".equ", set(false)],
  [".set", set(false)],
  [".equiv", set(true)],
  [".comm", common(false)],
  [".lcomm", common(true)],
  [".intel_syntax", syntax(true)],
  [".att_syntax", syntax(false)],
  [".rept", rept],
  [".irp", irp],
  [".endr", withoutBegin(".endr", ".rept")],
  [".macro", macro],
  [".endm", withoutBegin(".endm", ".macro")],
  [".if", ifNumber],
  [".ifdef", ifDefined(true)],
  [".ifndef", ifDefined(false)],
  [".else", withoutBegin(".else", ".if")],
  [".endif", withoutBegin(".endif", ".if")],
  [".code16", wrongMode],
  [".code64", wrongMode],
  // They say something to other tools.
  ...[".type", ".size", ".file", ".ident", ".extern", ".loc", ".local", ".code32"].map(
    (name): [string, Directive] => [name, skip],
  ),
]);
