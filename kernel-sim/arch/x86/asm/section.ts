/**
 * What the assembler collects: sections made of fragments. A fragment has bytes of known length and
 * ends in something whose length is not known yet: a jump, an alignment, a gap.
 */
import type { Fixup } from "./encode.ts";
import type { Expr } from "./expression.ts";

export type FragmentEnd =
  | { readonly kind: "none" }
  | {
      readonly kind: "jump";
      readonly opcode: number;
      readonly target: Expr;
      readonly line: number;
      readonly at: number;
      /** It was found to need 32 bits. */
      isLong: boolean;
    }
  | {
      readonly kind: "align";
      readonly bytes: number;
      readonly fill: number | undefined;
      readonly most: number | undefined;
      readonly isCode: boolean;
    }
  | { readonly kind: "org"; readonly to: Expr; readonly fill: number; readonly line: number };

export class Fragment {
  readonly bytes: number[] = [];
  readonly fixups: (Fixup & { readonly line: number })[] = [];
  readonly section: Section;
  end: FragmentEnd = { kind: "none" };
  /** From the section's start, as far as the last layout found. */
  address = 0;
  endLength = 0;

  constructor(section: Section) {
    this.section = section;
  }
}

export interface SectionFlags {
  readonly isAlloc: boolean;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
  /** It has a size and no bytes. */
  readonly isNobits: boolean;
}

export class Section {
  readonly name: string;
  readonly flags: SectionFlags;
  readonly fragments: Fragment[] = [];
  alignment: number;

  constructor(name: string, flags: SectionFlags) {
    this.name = name;
    this.flags = flags;
    this.alignment = name === ".text" || name === ".data" || name === ".bss" ? 4 : 1;
    this.fragments.push(new Fragment(this));
  }

  get last(): Fragment {
    return this.fragments.at(-1)!;
  }

  /** Ends the last fragment and begins the next. */
  endFragment(end: FragmentEnd): void {
    this.last.end = end;
    this.fragments.push(new Fragment(this));
  }

  get size(): number {
    return this.last.address + this.last.bytes.length;
  }
}

/** The flags of a section by its name, as GNU as knows them. */
export function usualFlags(name: string): SectionFlags {
  const isNamed = (base: string): boolean => name === base || name.startsWith(`${base}.`);
  if (isNamed(".text") || isNamed(".init") || isNamed(".fini")) return flagsOf("ax", false);
  if (/^\.(?:preinit|init|fini)_array(?:\.|$)/.test(name)) return flagsOf("aw", false);
  if (isNamed(".data")) return flagsOf("aw", false);
  if (isNamed(".bss")) return flagsOf("aw", true);
  if (isNamed(".rodata")) return flagsOf("a", false);
  return flagsOf("", false);
}

export function flagsOf(letters: string, isNobits: boolean): SectionFlags {
  return {
    isAlloc: letters.includes("a"),
    isWritable: letters.includes("w"),
    isExecutable: letters.includes("x"),
    isNobits,
  };
}

/**
 * Bytes that do nothing, as GNU as fills code of a generic 32-bit processor with: a large gap is
 * jumped over.
 */
export function nops(length: number): number[] {
  const bytes: number[] = [];
  if (length > MOST_NOPS) {
    if (length - 2 < 128) bytes.push(0xeb, length - 2);
    else for (const part of [0xe9, length - 5, (length - 5) >> 8, 0, 0]) bytes.push(part & 0xff);
  }
  for (let left = length - bytes.length; left > 0; ) {
    // There is none of five bytes.
    const step = left === 5 ? 4 : Math.min(left, NOPS.length);
    bytes.push(...NOPS[step - 1]!);
    left -= step;
  }
  return bytes;
}

const MOST_NOPS = 20;

const NOPS: readonly (readonly number[])[] = [
  [0x90],
  [0x66, 0x90],
  [0x8d, 0x76, 0x00],
  [0x8d, 0x74, 0x26, 0x00],
  // Of five bytes: not used.
  [0x8d, 0x74, 0x26, 0x00, 0x90],
  [0x8d, 0xb6, 0x00, 0x00, 0x00, 0x00],
  [0x8d, 0xb4, 0x26, 0x00, 0x00, 0x00, 0x00],
];
