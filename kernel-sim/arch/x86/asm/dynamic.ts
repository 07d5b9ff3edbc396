/**
 * Linking for shared libraries: which symbols come from elsewhere, the tables over which they are reached, and what
 * the dynamic linker has to know.
 *
 * @spec System V ABI, chapter 5; Intel386 supplement, "Dynamic Linking"
 */
import { byteArray } from "../../../lib/byte-string.ts";
import { type AsmObject, GLOBAL_OFFSET_TABLE, type SymbolVersion } from "./assembler.ts";
import {
  DT_BIND_NOW,
  DT_DEBUG,
  DT_FINI,
  DT_FINI_ARRAY,
  DT_FINI_ARRAYSZ,
  DT_FLAGS,
  DT_HASH,
  DT_INIT,
  DT_INIT_ARRAY,
  DT_INIT_ARRAYSZ,
  DT_JMPREL,
  DT_NEEDED,
  DT_NULL,
  DT_PLTGOT,
  DT_PLTREL,
  DT_PLTRELSZ,
  DT_PREINIT_ARRAY,
  DT_PREINIT_ARRAYSZ,
  DT_REL,
  DT_RELENT,
  DT_RELSZ,
  DT_RUNPATH,
  DT_SONAME,
  DT_STRSZ,
  DT_STRTAB,
  DT_SYMENT,
  DT_SYMTAB,
  DT_TEXTREL,
  R_386_32,
  R_386_COPY,
  R_386_GLOB_DAT,
  R_386_JMP_SLOT,
  R_386_PC32,
  R_386_RELATIVE,
} from "./elf-dynamic.ts";
import { elfHash } from "./elf-hash.ts";
import { type Expr, symbolsOf } from "./expression.ts";
import type { Fragment, Section } from "./section.ts";
import { StringTable } from "./string-table.ts";
import {
  DT_VERDEF,
  DT_VERDEFNUM,
  DT_VERNEED,
  DT_VERNEEDNUM,
  DT_VERSYM,
  type NeededVersions,
  VER_NDX_GLOBAL,
  VER_NDX_LOCAL,
  VERSYM_HIDDEN,
  verdefSize,
  verneedSize,
  writeVerdef,
  writeVerneed,
} from "./symbol-versions.ts";

const WORD = 4;
const SYM = 16;
const REL = 8;
const PLT_ENTRY = 16;
/** Words of `.got.plt` before those of functions: the dynamic section, the file's map, the resolver. */
const GOT_HEAD = 3;
/** The first index of a version. */
const FIRST_VERSION = 2;
/** More than the headers of a file with eight segments. */
export const HEADERS_SIZE = 52 + 10 * 32;
const DF_TEXTREL = 4;
const DF_BIND_NOW = 8;

interface LibraryExport {
  readonly isFunction: boolean;
  readonly size: number;
  /** The version that is meant where none is named. */
  readonly version?: string | undefined;
}

/** A library that a file is linked against. */
export interface LinkedLibrary {
  readonly soname: string;
  /** What it defines; undefined: nobody knows, so that anything may come from it. */
  readonly exports: ReadonlyMap<string, LibraryExport> | undefined;
  /** What it needs from others. */
  readonly imports: ReadonlySet<string>;
}

export interface DynamicOptions {
  /** The name of the library that is made; undefined: a program. */
  readonly soname: string | undefined;
  readonly libraries: readonly LinkedLibrary[];
  readonly interpreter: string;
  readonly runpath: readonly string[];
  /** All functions are bound before the program begins (`-z now`). */
  readonly isBoundNow: boolean;
  /** Versions of a library's own symbols, and which symbols are of each. */
  readonly versions?: readonly (readonly [string, readonly string[]])[];
}

/** A field that only the dynamic linker can fill. */
interface DynamicReloc {
  readonly type: number;
  /** Undefined: of no symbol. */
  readonly symbol: string | undefined;
  /** Where it is, once addresses are known. */
  readonly place: () => number;
}

/** Where the sections of the tables have come to lie. */
export interface TableAddresses {
  readonly [section: string]: number;
}

/** A symbol with its address, for the table that others see. */
interface Exported {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly isFunction: boolean;
  readonly isWeak: boolean;
}

/** How a reference is served: by what is known here, or by a table. */
export type Served =
  | { readonly kind: "static" }
  | { readonly kind: "plt"; readonly name: string }
  | { readonly kind: "got"; readonly name: string }
  | { readonly kind: "gotoff"; readonly name: string }
  | { readonly kind: "copy"; readonly name: string }
  | { readonly kind: "weak-zero" }
  | { readonly kind: "dynamic"; readonly name: string };

interface Reference {
  readonly object: AsmObject;
  readonly section: Section;
  readonly fragment: Fragment;
  readonly fixup: Fragment["fixups"][number];
}

/** All tables of one file that is linked against shared libraries, or is one. */
export class DynamicTables {
  readonly options: DynamicOptions;
  readonly #objects: readonly AsmObject[];
  /** Functions that are called over the linkage table, data that are reached over the offset table, data that are copied. */
  readonly plt: string[] = [];
  readonly got: string[] = [];
  readonly copies: string[] = [];
  /** Everything the file takes from elsewhere, or that another file may define instead. */
  readonly #imports: string[] = [];
  readonly #relocs: DynamicReloc[] = [];
  readonly #strings = new StringTable();
  #hasTextrel = false;
  /** Symbols that nobody defines, with the place where they are named. */
  readonly undefinedSymbols: {
    readonly name: string;
    readonly line: number;
    readonly at: number;
  }[] = [];

  constructor(objects: readonly AsmObject[], options: DynamicOptions) {
    this.#objects = objects;
    this.options = options;
    for (const reference of references(objects)) this.#scan(reference);
    for (const { soname } of options.libraries) this.#strings.add(soname);
    if (options.soname !== undefined) this.#strings.add(options.soname);
    if (options.runpath.length > 0) this.#strings.add(options.runpath.join(":"));
    for (const name of this.symbolNames) this.#strings.add(this.#nameOf(name));
    for (const name of this.#definedVersions) this.#strings.add(name);
    for (const { versions } of this.#neededVersions) {
      for (const { name } of versions) this.#strings.add(name);
    }
  }

  #versionOf(symbol: string): SymbolVersion | undefined {
    for (const { versions } of this.#objects) {
      const found = versions.get(symbol);
      if (found !== undefined) return found;
    }
    const named = this.options.versions?.find(([, names]) => names.includes(symbol));
    return named === undefined ? undefined : { name: symbol, version: named[0], isDefault: true };
  }

  /** What a symbol of the text is called elsewhere. */
  #nameOf(symbol: string): string {
    return this.#versionOf(symbol)?.name ?? symbol;
  }

  /** The versions of own symbols; they have the indices from 2 on. */
  get #definedVersions(): readonly string[] {
    if (!this.isLibrary) return [];
    const own = this.#exports.map((symbol) => this.#versionOf(symbol)?.version);
    const written = this.options.versions?.map(([name]) => name) ?? [];
    return [...new Set([...written, ...own.filter((name) => name !== undefined)])];
  }

  /** Which library a symbol of elsewhere comes from, and in which version. */
  #importedVersion(symbol: string): { readonly file: string; readonly name: string } | undefined {
    const name = this.#nameOf(symbol);
    for (const { soname, exports } of this.options.libraries) {
      const found = exports?.get(name);
      if (found === undefined) continue;
      const version = this.#versionOf(symbol)?.version ?? found.version;
      return version === undefined ? undefined : { file: soname, name: version };
    }
    return undefined;
  }

  /** The versions of others that it expects; their indices come behind those of its own. */
  get #neededVersions(): readonly NeededVersions[] {
    const files = new Map<string, { readonly name: string; readonly index: number }[]>();
    let index = this.#definedVersions.length + FIRST_VERSION;
    for (const symbol of this.#imports) {
      const version = this.#importedVersion(symbol);
      if (version === undefined) continue;
      const { file, name } = version;
      const known = files.get(file) ?? [];
      files.set(file, known);
      if (!known.some((one) => one.name === name)) known.push({ name, index: index++ });
    }
    return [...files].map(([file, versions]) => ({ file, versions }));
  }

  get #hasVersions(): boolean {
    return this.#definedVersions.length > 0 || this.#neededVersions.length > 0;
  }

  /** A symbol's number in `.gnu.version`. */
  #versionIndex(symbol: string): number {
    if (this.#imports.includes(symbol)) {
      const version = this.#importedVersion(symbol);
      const needed = this.#neededVersions.find(({ file }) => file === version?.file);
      const found = needed?.versions.find(({ name }) => name === version?.name);
      return found?.index ?? VER_NDX_GLOBAL;
    }
    const version = this.#versionOf(symbol);
    if (version === undefined) return VER_NDX_GLOBAL;
    const index = this.#definedVersions.indexOf(version.version) + FIRST_VERSION;
    return version.isDefault ? index : index | VERSYM_HIDDEN;
  }

  #versymTable(): Uint8Array {
    const bytes = new Uint8Array((this.symbolNames.length + 1) * 2);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, VER_NDX_LOCAL, true);
    this.symbolNames.forEach((symbol, i) => {
      view.setUint16((i + 1) * 2, this.#versionIndex(symbol), true);
    });
    return bytes;
  }

  get isLibrary(): boolean {
    return this.options.soname !== undefined;
  }

  /** Whether an own symbol can be replaced by another file's. */
  #isPreemptible(object: AsmObject, name: string): boolean {
    return this.isLibrary && object.globals.has(name) && !this.#isHidden(name);
  }

  #isHidden(name: string): boolean {
    return this.#objects.some(({ hidden }) => hidden.has(name));
  }

  #isDefined(object: AsmObject, name: string): boolean {
    if (object.symbols.has(name)) return true;
    return this.#objects.some(({ symbols, globals }) => symbols.has(name) && globals.has(name));
  }

  #isWeak(name: string): boolean {
    return this.#objects.some(({ weaks }) => weaks.has(name));
  }

  /** What a library says of a symbol; undefined when none of them has it. */
  #exportOf(
    name: string,
  ): { readonly isFunction: boolean | undefined; readonly size: number } | undefined {
    for (const { exports } of this.options.libraries) {
      const found = exports?.get(this.#nameOf(name));
      if (found !== undefined) return found;
    }
    const isOpen = this.options.libraries.some(({ exports }) => exports === undefined);
    return isOpen ? { isFunction: undefined, size: 0 } : undefined;
  }

  /** How a symbol that an expression names is served. */
  serve(object: AsmObject, written: string, isRelative: boolean, isWritable: boolean): Served {
    const [name = "", way] = written.split("@");
    if (name === GLOBAL_OFFSET_TABLE) return { kind: "static" };
    const isOwn = this.#isDefined(object, name);
    const isHere = isOwn && !this.#isPreemptible(object, name);
    if (way === "GOTOFF") return { kind: "gotoff", name };
    if (way === "GOT") return { kind: "got", name };
    if (isHere) return { kind: "static" };
    if (way === "PLT") return { kind: "plt", name };
    if (this.isLibrary) return { kind: "dynamic", name };
    const found = this.#exportOf(name);
    if (found === undefined && this.#isWeak(name)) return { kind: "weak-zero" };
    if (isRelative) return { kind: "plt", name };
    if (found?.isFunction === false) return { kind: "copy", name };
    return found?.isFunction === undefined && isWritable
      ? { kind: "dynamic", name }
      : { kind: "plt", name };
  }

  #scan({ object, section, fragment, fixup }: Reference): void {
    const { isWritable } = section.flags;
    for (const { name: written } of symbolsOf(fixup.value)) {
      const served = this.serve(object, written, fixup.isRelative, isWritable);
      if (served.kind === "static") {
        const isPlace = isAddress(object, fixup.value);
        if (this.isLibrary && !fixup.isRelative && fixup.bytes === WORD && isPlace) {
          this.#field(R_386_RELATIVE, undefined, section, fragment, fixup.offset);
        }
        break;
      }
      if (served.kind === "weak-zero") break;
      const { name } = served;
      const isHere = this.#isDefined(object, name) && !this.#isPreemptible(object, name);
      if (!this.#isDefined(object, name)) this.#require(name, fixup.line, fixup.at);
      if (served.kind === "gotoff") break;
      if (!isHere) addOnce(this.#imports, name);
      if (served.kind === "plt") addOnce(this.plt, name);
      else if (served.kind === "got") addOnce(this.got, name);
      else if (served.kind === "copy") addOnce(this.copies, name);
      else {
        const type = fixup.isRelative ? R_386_PC32 : R_386_32;
        this.#field(type, name, section, fragment, fixup.offset);
      }
      break;
    }
  }

  /** A program must find its symbols when it is linked; a library may hope for others. */
  #require(name: string, line: number, at: number): void {
    if (this.isLibrary || this.#exportOf(name) !== undefined || this.#isWeak(name)) return;
    this.undefinedSymbols.push({ name, line, at });
  }

  #field(
    type: number,
    symbol: string | undefined,
    section: Section,
    fragment: Fragment,
    offset: number,
  ): void {
    if (!section.flags.isWritable) this.#hasTextrel = true;
    const place = () => this.addressOf(section) + fragment.address + offset;
    this.#relocs.push({ type, symbol, place });
  }

  /** Told by the linker once sections have their places. */
  addressOf: (section: Section) => number = () => 0;
  /** Told by the linker: the address of an own symbol. */
  valueOf: (name: string) => number | undefined = () => undefined;

  /** Own symbols that others see: all global ones of a library; of a program those that a library names too. */
  get #exports(): readonly string[] {
    const names = this.#objects.flatMap(({ globals, symbols }) =>
      [...globals].filter((name) => symbols.has(name) && !this.#isHidden(name)),
    );
    if (this.isLibrary) return names;
    const { libraries } = this.options;
    return names.filter((name) =>
      libraries.some(
        ({ exports, imports }) => exports === undefined || exports.has(name) || imports.has(name),
      ),
    );
  }

  /** The symbols of the dynamic table, in its order, without the empty one at its beginning. */
  get symbolNames(): readonly string[] {
    const exported = this.#exports;
    return [...this.#imports.filter((name) => !exported.includes(name)), ...exported];
  }

  /** Sizes of the sections that come to the file, in the order in which they lie. */
  sizes(): readonly {
    readonly name: string;
    readonly size: number;
    readonly kind: "meta" | "code" | "data" | "zero";
  }[] {
    const symbols = this.symbolNames.length + 1;
    const interp = this.isLibrary ? 0 : this.options.interpreter.length + 1;
    const copied = this.copies.reduce((sum, name) => sum + this.#copySize(name), 0);
    return (
      [
        [".headers", HEADERS_SIZE, "meta"],
        [".interp", interp, "meta"],
        [".hash", (2 + symbols * 2) * WORD, "meta"],
        [".dynsym", symbols * SYM, "meta"],
        [".dynstr", this.#strings.length, "meta"],
        [".gnu.version", this.#hasVersions ? symbols * 2 : 0, "meta"],
        [".gnu.version_d", verdefSize(this.#definedVersions.length), "meta"],
        [".gnu.version_r", verneedSize(this.#neededVersions), "meta"],
        [".rel.dyn", this.#dynRelocs.length * REL, "meta"],
        [".rel.plt", this.plt.length * REL, "meta"],
        [".plt", this.plt.length === 0 ? 0 : (this.plt.length + 1) * PLT_ENTRY, "code"],
        [".dynamic", this.#dynamicTags({}).length * 2 * WORD, "data"],
        [".got", this.got.length * WORD, "data"],
        [".got.plt", (GOT_HEAD + this.plt.length) * WORD, "data"],
        [".bss.copies", copied, "zero"],
      ] as const
    )
      .filter(([, size]) => size > 0)
      .map(([name, size, kind]) => ({ name, size, kind }));
  }

  #copySize(name: string): number {
    return Math.ceil(Math.max(this.#exportOf(name)?.size ?? 0, WORD) / 16) * 16;
  }

  /** Fields in the file, the offset table and copies: what is to be done before the program begins. */
  get #dynRelocs(): readonly { readonly type: number; readonly symbol: string | undefined }[] {
    const { isLibrary } = this;
    const slots = this.got
      .map((name) => ({
        type: this.#isImport(name) ? R_386_GLOB_DAT : R_386_RELATIVE,
        symbol: name,
      }))
      .filter(({ type }) => isLibrary || type === R_386_GLOB_DAT);
    const copies = this.copies.map((symbol) => ({ type: R_386_COPY, symbol }));
    return [...this.#relocs, ...slots, ...copies];
  }

  #isImport(name: string): boolean {
    return this.#imports.includes(name);
  }

  /** The addresses of things in the tables. */
  pltOf(tables: TableAddresses, name: string): number {
    return tables[".plt"]! + (this.plt.indexOf(name) + 1) * PLT_ENTRY;
  }

  gotOf(tables: TableAddresses, name: string): number {
    return tables[".got"]! + this.got.indexOf(name) * WORD;
  }

  copyOf(tables: TableAddresses, name: string): number {
    let at = tables[".bss.copies"]!;
    for (const copy of this.copies) {
      if (copy === name) break;
      at += this.#copySize(copy);
    }
    return at;
  }

  /** The bytes of each section that this has asked for. */
  contents(tables: TableAddresses): ReadonlyMap<string, Uint8Array> {
    const symbols = this.#symbolTable(tables);
    return new Map<string, Uint8Array>([
      [".interp", text(`${this.options.interpreter}\0`)],
      [".hash", this.#hashTable()],
      [".dynsym", symbols],
      [".dynstr", this.#strings.bytes()],
      [".gnu.version", this.#versymTable()],
      [
        ".gnu.version_d",
        writeVerdef([this.options.soname ?? "", ...this.#definedVersions], (name) =>
          this.#strings.offset(name),
        ),
      ],
      [".gnu.version_r", writeVerneed(this.#neededVersions, (name) => this.#strings.offset(name))],
      [".rel.dyn", this.#relTable(tables)],
      [".rel.plt", this.#pltRelTable(tables)],
      [".plt", this.#pltCode(tables)],
      [".dynamic", words(this.#dynamicTags(tables).flat())],
      [
        ".got",
        words(this.got.map((name) => (this.#isImport(name) ? 0 : (this.valueOf(name) ?? 0)))),
      ],
      [".got.plt", this.#gotPlt(tables)],
    ]);
  }

  #dynamicTags(tables: TableAddresses): readonly (readonly [number, number])[] {
    const { soname, libraries, runpath, isBoundNow } = this.options;
    const at = (name: string) => tables[name] ?? 0;
    const tags: (readonly [number, number])[] = [];
    for (const library of libraries) tags.push([DT_NEEDED, this.#strings.offset(library.soname)]);
    if (soname !== undefined) tags.push([DT_SONAME, this.#strings.offset(soname)]);
    if (runpath.length > 0) tags.push([DT_RUNPATH, this.#strings.offset(runpath.join(":"))]);
    tags.push(
      [DT_HASH, at(".hash")],
      [DT_STRTAB, at(".dynstr")],
      [DT_SYMTAB, at(".dynsym")],
      [DT_STRSZ, this.#strings.length],
      [DT_SYMENT, SYM],
    );
    tags.push(...this.#functionTags());
    if (!this.isLibrary) tags.push([DT_DEBUG, 0]);
    if (this.plt.length > 0) {
      tags.push(
        [DT_PLTGOT, at(".got.plt")],
        [DT_PLTRELSZ, this.plt.length * REL],
        [DT_PLTREL, DT_REL],
        [DT_JMPREL, at(".rel.plt")],
      );
    }
    const relocs = this.#dynRelocs.length;
    if (relocs > 0) tags.push([DT_REL, at(".rel.dyn")], [DT_RELSZ, relocs * REL], [DT_RELENT, REL]);
    if (this.#hasVersions) tags.push([DT_VERSYM, at(".gnu.version")]);
    const defined = this.#definedVersions.length;
    if (defined > 0) tags.push([DT_VERDEF, at(".gnu.version_d")], [DT_VERDEFNUM, defined + 1]);
    const needed = this.#neededVersions.length;
    if (needed > 0) tags.push([DT_VERNEED, at(".gnu.version_r")], [DT_VERNEEDNUM, needed]);
    if (this.#hasTextrel) tags.push([DT_TEXTREL, 0]);
    if (isBoundNow) tags.push([DT_BIND_NOW, 0]);
    const flags = (this.#hasTextrel ? DF_TEXTREL : 0) | (isBoundNow ? DF_BIND_NOW : 0);
    if (flags !== 0) tags.push([DT_FLAGS, flags]);
    tags.push([DT_NULL, 0]);
    return tags;
  }

  /** Functions that run before and after the program: those called `_init` and `_fini`, and arrays of addresses. */
  #functionTags(): readonly (readonly [number, number])[] {
    const tags: (readonly [number, number])[] = [];
    for (const [name, tag] of INIT_FUNCTIONS) {
      if (this.#objects.some(({ symbols, globals }) => symbols.has(name) && globals.has(name))) {
        tags.push([tag, this.valueOf(name) ?? 0]);
      }
    }
    for (const [name, address, size] of INIT_ARRAYS) {
      const sections = this.#objects.flatMap((object) =>
        object.sections.filter((section) => section.name === name && section.size > 0),
      );
      const [first] = sections;
      const last = sections.at(-1);
      if (first === undefined || last === undefined) continue;
      // A library may not have one that runs before all.
      if (this.isLibrary && address === DT_PREINIT_ARRAY) continue;
      const begin = this.addressOf(first);
      tags.push([address, begin], [size, this.addressOf(last) + last.size - begin]);
    }
    return tags;
  }

  #exported(tables: TableAddresses, name: string): Exported {
    const { isFunction = true, size } = this.#exportOf(name) ?? { size: 0 };
    const isCopy = this.copies.includes(name);
    const own = isCopy ? this.copyOf(tables, name) : this.valueOf(name);
    if (own === undefined)
      return { name, value: 0, size: 0, isFunction, isWeak: this.#isWeak(name) };
    if (isCopy) return { name, value: own, size, isFunction: false, isWeak: false };
    const place = placeOf(this.#objects, name);
    return {
      ...{ name, value: own, size: place.size, isFunction: place.isFunction },
      isWeak: this.#isWeak(name),
    };
  }

  #symbolTable(tables: TableAddresses): Uint8Array {
    const bytes = new Uint8Array((this.symbolNames.length + 1) * SYM);
    const view = new DataView(bytes.buffer);
    this.symbolNames.forEach((name, i) => {
      const at = (i + 1) * SYM;
      const symbol = this.#exported(tables, name);
      const isHere = symbol.value !== 0;
      view.setUint32(at, this.#strings.offset(this.#nameOf(name)), true);
      // A function of elsewhere whose address a program has taken: its entry of the table is that address for all.
      const isCanonical =
        !isHere && !this.isLibrary && this.plt.includes(name) && this.#isTaken(name);
      view.setUint32(at + 4, isCanonical ? this.pltOf(tables, name) : symbol.value, true);
      view.setUint32(at + 8, symbol.size, true);
      const type = symbol.isFunction ? STT_FUNC : STT_OBJECT;
      view.setUint8(
        at + 12,
        ((symbol.isWeak ? STB_WEAK : STB_GLOBAL) << 4) | (isHere || isCanonical ? type : 0),
      );
      view.setUint16(at + 14, isHere ? 1 : 0, true);
    });
    return bytes;
  }

  /** Whether the address of a function is used otherwise than to call it. */
  #isTaken(name: string): boolean {
    for (const { fixup } of references(this.#objects)) {
      if (!fixup.isRelative && symbolsOf(fixup.value).some((symbol) => symbol.name === name))
        return true;
    }
    return false;
  }

  #hashTable(): Uint8Array {
    const names = this.symbolNames;
    const buckets = Math.max(1, names.length);
    const table = [buckets, names.length + 1];
    const heads = Array.from({ length: buckets }, () => 0);
    const chain = Array.from({ length: names.length + 1 }, () => 0);
    names.forEach((name, i) => {
      const bucket = elfHash(this.#nameOf(name)) % buckets;
      chain[i + 1] = heads[bucket]!;
      heads[bucket] = i + 1;
    });
    const all = [...table, ...heads, ...chain];
    // As many words as were asked for: there is at least one bucket.
    return words(all.slice(0, 2 + (names.length + 1) * 2));
  }

  #symbolIndex(name: string | undefined): number {
    return name === undefined ? 0 : this.symbolNames.indexOf(name) + 1;
  }

  #relTable(tables: TableAddresses): Uint8Array {
    const entries: number[] = [];
    const put = (place: number, type: number, symbol: string | undefined) => {
      entries.push(place, (this.#symbolIndex(symbol) << 8) | type);
    };
    for (const { type, symbol, place } of this.#relocs) put(place(), type, symbol);
    for (const name of this.got) {
      if (this.#isImport(name)) put(this.gotOf(tables, name), R_386_GLOB_DAT, name);
      else if (this.isLibrary) put(this.gotOf(tables, name), R_386_RELATIVE, undefined);
    }
    for (const name of this.copies) put(this.copyOf(tables, name), R_386_COPY, name);
    return words(entries);
  }

  #pltRelTable(tables: TableAddresses): Uint8Array {
    return words(
      this.plt.flatMap((name, i) => [
        tables[".got.plt"]! + (GOT_HEAD + i) * WORD,
        (this.#symbolIndex(name) << 8) | R_386_JMP_SLOT,
      ]),
    );
  }

  #gotPlt(tables: TableAddresses): Uint8Array {
    // A word leads back to its own entry of the linkage table, behind the jump, until it is bound.
    const slots = this.plt.map((name) => this.pltOf(tables, name) + 6);
    return words([tables[".dynamic"]!, 0, 0, ...slots]);
  }

  /** The linkage table: of a program with addresses, of a library from %ebx. */
  #pltCode(tables: TableAddresses): Uint8Array {
    if (this.plt.length === 0) return new Uint8Array(0);
    const got = tables[".got.plt"]!;
    const plt = tables[".plt"]!;
    const modrm = (reg: number) => (this.isLibrary ? 0x80 | (reg << 3) | 3 : (reg << 3) | 5);
    const slot = (i: number) => (this.isLibrary ? i * WORD : got + i * WORD);
    const code = [0xff, modrm(6), ...le32(slot(1)), 0xff, modrm(4), ...le32(slot(2)), 0, 0, 0, 0];
    this.plt.forEach((_name, i) => {
      const at = plt + (i + 1) * PLT_ENTRY;
      code.push(0xff, modrm(4), ...le32(slot(GOT_HEAD + i)), 0x68, ...le32(i * REL));
      code.push(0xe9, ...le32(plt - (at + PLT_ENTRY)));
    });
    return Uint8Array.from(code);
  }
}

const INIT_FUNCTIONS: readonly (readonly [string, number])[] = Object.freeze([
  ["_init", DT_INIT],
  ["_fini", DT_FINI],
]);
const INIT_ARRAYS: readonly (readonly [string, number, number])[] = Object.freeze([
  [".preinit_array", DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ],
  [".init_array", DT_INIT_ARRAY, DT_INIT_ARRAYSZ],
  [".fini_array", DT_FINI_ARRAY, DT_FINI_ARRAYSZ],
]);
const STB_GLOBAL = 1;
const STB_WEAK = 2;
const STT_OBJECT = 1;
const STT_FUNC = 2;

function* references(objects: readonly AsmObject[]): Generator<Reference> {
  for (const object of objects) {
    for (const section of object.sections) {
      if (!section.flags.isAlloc) continue;
      for (const fragment of section.fragments) {
        for (const fixup of fragment.fixups) yield { object, section, fragment, fixup };
      }
    }
  }
}

/** Whether an expression is an address in the file: one label more is added than taken away. */
function isAddress(object: AsmObject, expr: Expr): boolean {
  const weight = (at: Expr): number => {
    switch (at.kind) {
      case "number":
        return 0;
      case "symbol": {
        const symbol = object.symbols.get(at.name);
        return symbol?.kind === "constant" ? weight(symbol.value) : 1;
      }
      case "unary":
        return at.op === "-" ? -weight(at.of) : weight(at.of);
      case "binary":
        return at.op === "-"
          ? weight(at.left) - weight(at.right)
          : weight(at.left) + weight(at.right);
    }
  };
  return weight(expr) === 1;
}

/** What a symbol is by where it stands, and how far it reaches: up to the next one. */
function placeOf(
  objects: readonly AsmObject[],
  name: string,
): { isFunction: boolean; size: number } {
  for (const { symbols, globals } of objects) {
    const symbol = symbols.get(name);
    if (symbol === undefined || !globals.has(name)) continue;
    if (symbol.kind !== "label") return { isFunction: false, size: 0 };
    const { section } = symbol.fragment;
    const at = symbol.fragment.address + symbol.offset;
    let end = section.size;
    for (const [other, next] of symbols) {
      if (next.kind !== "label" || next.fragment.section !== section) continue;
      if (other.includes("#") || other.startsWith(".L")) continue;
      const place = next.fragment.address + next.offset;
      if (place > at && place < end) end = place;
    }
    return { isFunction: section.flags.isExecutable, size: end - at };
  }
  return { isFunction: true, size: 0 };
}

function addOnce(list: string[], name: string): void {
  if (!list.includes(name)) list.push(name);
}

function le32(value: number): readonly number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * WORD);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * WORD, value >>> 0, true);
  });
  return bytes;
}

function text(value: string): Uint8Array {
  return byteArray(value);
}
