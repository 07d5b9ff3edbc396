/** Linking: sections get their addresses, fixups their values, and the whole becomes an ELF image. */
import { type AsmObject, GLOBAL_OFFSET_TABLE } from "./assembler.ts";
import { type DynamicOptions, DynamicTables, type TableAddresses } from "./dynamic.ts";
import {
  type ElfImage,
  type ElfSection,
  type ElfSegment,
  type ElfSymbol,
  PF_R,
  PF_W,
  PF_X,
  PT_GNU_STACK,
  PT_LOAD,
} from "./elf.ts";
import { PT_DYNAMIC, PT_INTERP } from "./elf-dynamic.ts";
import { type Expr, evaluate, type Lookup, symbolsOf } from "./expression.ts";
import type { AsmError } from "./problem.ts";
import type { Section } from "./section.ts";

export interface LinkOptions {
  /** Where the first segment begins; as with ld, code comes one page behind it. */
  readonly base?: number;
  /** The symbol that the program begins at. */
  readonly entry?: string;
  /** The program uses shared libraries, or is one. */
  readonly dynamic?: DynamicOptions;
}

export type LinkResult =
  | { readonly kind: "linked"; readonly image: ElfImage; readonly lines: readonly LineAddress[] }
  | { readonly kind: "errors"; readonly errors: readonly AsmError[] };

/** The address of an instruction and the line it was written in. */
export interface LineAddress {
  readonly address: number;
  readonly line: number;
  /** Which of the linked objects it came from. */
  readonly object: number;
}

const PAGE = 0x1000;

/** A section of the result: those of the same name, one behind the other. */
interface Output {
  readonly name: string;
  readonly parts: { readonly section: Section; offset: number }[];
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
  readonly isNobits: boolean;
  size: number;
  alignment: number;
  vaddr: number;
}

/** Links objects to one executable or library. Errors name the line in the object's own source. */
export function link(objects: readonly AsmObject[], options: LinkOptions = {}): LinkResult {
  const tables = options.dynamic && new DynamicTables(objects, options.dynamic);
  const isLibrary = tables?.isLibrary ?? false;
  const base = options.base ?? (isLibrary ? 0 : 0x08048000);
  const outputs = collect(objects, tables);
  // Where there are tables, the headers are part of the first segment.
  const segments = place(outputs, tables === undefined ? base + PAGE : base);
  const addresses = new Map<Section, number>();
  for (const output of outputs) {
    for (const { section, offset } of output.parts) addresses.set(section, output.vaddr + offset);
  }
  const errors: AsmError[] = [];
  const globals = globalSymbols(objects, addresses, outputs, errors);
  const contents = new Map(outputs.map((output) => [output, emptyBytes(output)]));
  const tableAt: TableAddresses = Object.fromEntries(
    outputs.filter(({ parts }) => parts.length === 0).map(({ name, vaddr }) => [name, vaddr]),
  );
  if (tables !== undefined) {
    tables.addressOf = (section) => addresses.get(section) ?? 0;
    tables.valueOf = (name) => globals(name)?.value;
    for (const { name, line, at } of tables.undefinedSymbols) {
      const message = `the symbol ${name} is not defined, and none of the libraries has it`;
      errors.push({ line, column: at + 1, message });
    }
  }
  objects.forEach((object) => {
    const known = objectLookup(object, addresses, globals);
    for (const section of object.sections) {
      const output = outputs.find(({ parts }) => parts.some((part) => part.section === section));
      if (output === undefined) continue;
      const at = addresses.get(section)!;
      const bytes = contents.get(output)!;
      for (const fragment of section.fragments) {
        const start = at + fragment.address;
        bytes.set(fragment.bytes, start - output.vaddr);
        for (const fixup of fragment.fixups) {
          const place = start + fixup.offset;
          const lookup =
            tables === undefined
              ? known
              : tableLookup(
                  object,
                  known,
                  tables,
                  tableAt,
                  section,
                  fixup.isRelative ? place : undefined,
                );
          const error = applyFixup(bytes, place - output.vaddr, place, fixup, lookup);
          if (error !== undefined) errors.push(error);
        }
      }
    }
  });
  const entryName = options.entry ?? "_start";
  const entry =
    globals(entryName)?.value ?? outputs.find(({ name }) => name === ".text")?.vaddr ?? 0;
  if (options.entry !== undefined && globals(entryName) === undefined) {
    errors.push({ line: 1, column: 1, message: `there is no global symbol ${entryName}` });
  }
  if (errors.length > 0) return { kind: "errors", errors };
  for (const [name, bytes] of tables?.contents(tableAt) ?? []) {
    const output = outputs.find((at) => at.name === name && at.parts.length === 0);
    if (output !== undefined) contents.get(output)!.set(bytes);
  }
  const loads = segments.map((held) => segmentOf(held, contents));
  const image: ElfImage = {
    entry: isLibrary && globals(entryName) === undefined ? 0 : entry,
    isShared: isLibrary,
    segments: [...tableSegments(outputs, loads), STACK],
    sections: outputs.map(sectionOf),
    symbols: objects.flatMap((object) => symbolsOfObject(object, addresses, globals)),
  };
  return { kind: "linked", image, lines: linesOf(objects, addresses) };
}

/** Where an object's references lead when there are tables. */
function tableLookup(
  object: AsmObject,
  known: Lookup,
  tables: DynamicTables,
  at: TableAddresses,
  section: Section,
  /** Of a distance: where it is. */
  place: number | undefined,
): Lookup {
  const isRelative = place !== undefined;
  const fixed = (value: number) => ({ symbol: undefined, value });
  return (written) => {
    const name = written.split("@")[0]!;
    const base = at[".got.plt"]!;
    if (name === GLOBAL_OFFSET_TABLE) return fixed(base);
    const served = tables.serve(object, written, isRelative, section.flags.isWritable);
    switch (served.kind) {
      case "static":
        return known(name);
      case "plt":
        return fixed(tables.pltOf(at, name));
      case "got":
        return fixed(tables.gotOf(at, name) - base);
      case "gotoff": {
        const value = known(name)?.value;
        return value === undefined ? undefined : fixed(value - base);
      }
      case "copy":
        return fixed(tables.copyOf(at, name));
      default:
        // The dynamic linker adds the symbol to what stands there.
        return fixed(served.kind === "dynamic" ? (place ?? 0) : 0);
    }
  };
}

/** The segments that say where the interpreter's name and the dynamic section are. */
function tableSegments(outputs: readonly Output[], loads: readonly ElfSegment[]): ElfSegment[] {
  const part = (name: string, type: number, flags: number): ElfSegment[] => {
    const output = outputs.find((at) => at.name === name && at.parts.length === 0);
    if (output === undefined) return [];
    const { vaddr, size, alignment } = output;
    return [{ type, flags, vaddr, bytes: new Uint8Array(0), memSize: size, align: alignment }];
  };
  // The interpreter's name comes before what it is to load.
  return [
    ...part(".interp", PT_INTERP, PF_R),
    ...loads,
    ...part(".dynamic", PT_DYNAMIC, PF_R | PF_W),
  ];
}

/** Gaps between code are filled with NOPs. */
function emptyBytes({ size, isExecutable }: Output): Uint8Array {
  return new Uint8Array(size).fill(isExecutable ? 0x90 : 0);
}

const STACK: ElfSegment = {
  ...{ type: PT_GNU_STACK, flags: PF_R | PF_W, vaddr: 0, bytes: new Uint8Array(0) },
  ...{ memSize: 0, align: 16 },
};

/** Code, then constants, then data, then what is zero at first: as ld orders them. */
function collect(objects: readonly AsmObject[], tables: DynamicTables | undefined): Output[] {
  const outputs: Output[] = [];
  for (const { name, size, kind } of tables?.sizes() ?? []) {
    outputs.push({
      ...{
        name,
        parts: [],
        size,
        alignment: kind === "code" || kind === "zero" ? 16 : 4,
        vaddr: 0,
      },
      isWritable: kind === "data" || kind === "zero",
      isExecutable: kind === "code",
      isNobits: kind === "zero",
    });
  }
  for (const section of objects.flatMap(({ sections }) => sections)) {
    const { isAlloc, isWritable, isExecutable, isNobits } = section.flags;
    if (!isAlloc || section.size === 0) continue;
    const joined = outputName(section.name);
    let output = outputs.find(({ name, parts }) => name === joined && parts.length > 0);
    if (output === undefined) {
      output = {
        ...{ name: joined, parts: [], isWritable, isExecutable, isNobits },
        ...{ size: 0, alignment: 1, vaddr: 0 },
      };
      outputs.push(output);
    }
    const offset = Math.ceil(output.size / section.alignment) * section.alignment;
    output.parts.push({ section, offset });
    output.size = offset + section.size;
    output.alignment = Math.max(output.alignment, section.alignment);
  }
  const rank = ({ parts, isExecutable, isWritable, isNobits }: Output): number => {
    if (isExecutable) return 0;
    if (parts.length === 0 && !isWritable) return -1;
    return isWritable ? (isNobits ? 3 : 2) : 1;
  };
  return outputs.sort((a, b) => rank(a) - rank(b));
}

/** `.rodata.str1.1` and the like become part of `.rodata`, as in ld's own script. */
function outputName(name: string): string {
  return /^\.(?:text|rodata|data|bss)(?=\.)/.exec(name)?.[0] ?? name;
}

/** Sections with the same rights share a segment; each segment begins on a page of its own. */
function place(outputs: readonly Output[], start: number): Output[][] {
  const segments: Output[][] = [];
  let address = start;
  let rights = "";
  for (const output of outputs) {
    const its = `${output.isWritable}${output.isExecutable}`;
    if (its !== rights) {
      // Data goes on in the next page where the file goes on in the last one of constants.
      const inPage = output.isWritable && rights === "falsefalse" ? address % PAGE : 0;
      if (segments.length > 0) address = Math.ceil(address / PAGE) * PAGE + inPage;
      segments.push([]);
      rights = its;
    }
    address = Math.ceil(address / output.alignment) * output.alignment;
    output.vaddr = address;
    address += output.size;
    segments.at(-1)!.push(output);
  }
  return segments;
}

function segmentOf(held: readonly Output[], contents: Map<Output, Uint8Array>): ElfSegment {
  const first = held[0]!;
  const last = held.at(-1)!;
  const lastWithBytes = held.findLast(({ isNobits }) => !isNobits);
  const fileSize =
    lastWithBytes === undefined ? 0 : lastWithBytes.vaddr + lastWithBytes.size - first.vaddr;
  const bytes = new Uint8Array(fileSize);
  for (const output of held) {
    if (!output.isNobits) bytes.set(contents.get(output)!, output.vaddr - first.vaddr);
  }
  return {
    type: PT_LOAD,
    flags: PF_R | (first.isWritable ? PF_W : 0) | (first.isExecutable ? PF_X : 0),
    ...{ vaddr: first.vaddr, bytes, memSize: last.vaddr + last.size - first.vaddr, align: PAGE },
    ...(first.name === ".headers" ? { hasHeaders: true } : {}),
  };
}

function sectionOf({ name, vaddr, size, ...rights }: Output): ElfSection {
  const { isWritable, isExecutable, isNobits } = rights;
  return { name, vaddr, size, isWritable, isExecutable, isNobits };
}

function labelAddress(
  object: AsmObject,
  name: string,
  addresses: Map<Section, number>,
): number | undefined {
  const symbol = object.symbols.get(name);
  if (symbol?.kind !== "label") return undefined;
  const { fragment, offset } = symbol;
  return (addresses.get(fragment.section) ?? 0) + fragment.address + offset;
}

/** Symbols that all objects see: their global ones, and those that ld makes. */
function globalSymbols(
  objects: readonly AsmObject[],
  addresses: Map<Section, number>,
  outputs: readonly Output[],
  errors: AsmError[],
): Lookup {
  const known = new Map<string, number>();
  for (const object of objects) {
    for (const name of object.globals) {
      const lookup = objectLookup(object, addresses, () => undefined);
      const value = object.symbols.has(name) ? lookup(name)?.value : undefined;
      if (value === undefined) continue;
      if (known.has(name)) {
        errors.push({ line: 1, column: 1, message: `${name} is defined in two of the files` });
      }
      known.set(name, value);
    }
  }
  const endOf = (isIn: (output: Output) => boolean): number => {
    const last = outputs.findLast(isIn);
    return last === undefined ? 0 : last.vaddr + last.size;
  };
  const made = {
    etext: endOf(({ isExecutable }) => isExecutable),
    edata: endOf(({ isNobits }) => !isNobits),
    end: endOf(() => true),
  };
  for (const [name, value] of Object.entries(made)) {
    for (const written of [name, `_${name}`]) if (!known.has(written)) known.set(written, value);
  }
  if (!known.has("__bss_start")) {
    known.set("__bss_start", outputs.find(({ isNobits }) => isNobits)?.vaddr ?? made.edata);
  }
  return (name) => {
    const value = known.get(name);
    return value === undefined ? undefined : { symbol: undefined, value };
  };
}

function objectLookup(object: AsmObject, addresses: Map<Section, number>, globals: Lookup): Lookup {
  let depth = 0;
  const lookup: Lookup = (name) => {
    const address = labelAddress(object, name, addresses);
    if (address !== undefined) return { symbol: undefined, value: address };
    const symbol = object.symbols.get(name);
    if (symbol?.kind !== "constant") return globals(name);
    if (depth > 32) return undefined;
    depth++;
    const value = evaluate(symbol.value, lookup);
    depth--;
    return value;
  };
  return lookup;
}

interface Field {
  readonly bytes: 1 | 2 | 4;
  readonly value: Expr;
  readonly isRelative: boolean;
  readonly isSigned: boolean;
  readonly at: number;
  readonly line: number;
}

function applyFixup(
  bytes: Uint8Array,
  index: number,
  place: number,
  field: Field,
  lookup: Lookup,
): AsmError | undefined {
  const column = field.at + 1;
  const found = evaluate(field.value, lookup);
  if (found === undefined) {
    const missing = symbolsOf(field.value).find(({ name }) => lookup(name) === undefined);
    const message =
      missing === undefined
        ? "this expression has no value"
        : `the symbol ${readable(missing.name)} is not defined`;
    return { line: field.line, column, message };
  }
  const width = field.bytes;
  const value = field.isRelative ? found.value - (place + width) : found.value;
  const low = -(2 ** (8 * width - 1));
  const high = field.isSigned && width === 1 && field.isRelative ? 2 ** 7 : 2 ** (8 * width);
  // Distances of 32 bits wrap around the end of the address space.
  if (!(field.isRelative && width === 4) && (value < low || value >= high)) {
    const message = field.isRelative
      ? `the target is ${value} bytes away, and this jump reaches 127: jump over a jmp instead`
      : `${value} does not fit into ${width === 1 ? "a byte" : `${width} bytes`}`;
    return { line: field.line, column, message };
  }
  const bits = value % 2 ** 32;
  for (let i = 0; i < width; i++) bytes[index + i] = bits >> (8 * i);
  if (width === 4) new DataView(bytes.buffer).setInt32(bytes.byteOffset + index, bits, true);
  return undefined;
}

/** `1#2` is what a numeric label is called inside. */
function readable(name: string): string {
  return name.includes("#") ? `${name.split("#")[0]}f` : name;
}

function symbolsOfObject(
  object: AsmObject,
  addresses: Map<Section, number>,
  globals: Lookup,
): ElfSymbol[] {
  const lookup = objectLookup(object, addresses, globals);
  const symbols: ElfSymbol[] = [];
  for (const [name, symbol] of object.symbols) {
    if (name.includes("#") || name.startsWith(".L")) continue;
    const value = lookup(name);
    if (value === undefined) continue;
    const section = symbol.kind === "label" ? outputName(symbol.fragment.section.name) : undefined;
    const isGlobal = object.globals.has(name);
    symbols.push({ name, value: value.value >>> 0, size: 0, isGlobal, section });
  }
  return symbols;
}

function linesOf(
  objects: readonly AsmObject[],
  addresses: Map<Section, number>,
): readonly LineAddress[] {
  return objects.flatMap(({ lines }, object) =>
    lines
      .filter(({ fragment }) => addresses.has(fragment.section))
      .map(({ fragment, offset, line }) => ({
        ...{ address: addresses.get(fragment.section)! + fragment.address + offset, line, object },
      })),
  );
}
