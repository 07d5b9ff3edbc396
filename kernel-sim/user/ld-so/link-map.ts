import {
  DT_BIND_NOW,
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
  DT_PLTRELSZ,
  DT_PREINIT_ARRAY,
  DT_PREINIT_ARRAYSZ,
  DT_REL,
  DT_RELSZ,
  DT_RPATH,
  DT_RUNPATH,
  DT_SONAME,
  DT_STRTAB,
  DT_SYMTAB,
  DT_TEXTREL,
} from "../../arch/x86/asm/elf-dynamic.ts";
import {
  DT_VERDEF,
  DT_VERDEFNUM,
  DT_VERNEED,
  DT_VERNEEDNUM,
  DT_VERSYM,
  type NeededVersions,
  readVerdef,
  readVerneed,
  VERSYM_HIDDEN,
  type VersionReader,
} from "../../arch/x86/asm/symbol-versions.ts";
import type { ProcessMemory } from "./process-memory.ts";

const DF_TEXTREL = 4;
const DF_BIND_NOW = 8;
const TAGS_MAX = 256;

/** A segment as it is mapped, for who has to make it writable. */
export interface MappedSegment {
  readonly start: number;
  readonly end: number;
  readonly prot: number;
}

interface LoadedFile {
  readonly name: string;
  readonly base: number;
  /** Where its dynamic section is; 0: it has none. */
  readonly dynamic: number;
  readonly isMain: boolean;
  readonly identity: string;
  readonly segments: readonly MappedSegment[];
}

/** A file that has been loaded. @spec glibc include/link.h `struct link_map` */
export class LinkMap {
  /** As messages call it: the path it was found by; of the program, its argv[0]. */
  readonly name: string;
  /** What is added to the file's addresses. */
  readonly base: number;
  readonly isMain: boolean;
  /** Device and inode: a second name for it loads nothing. */
  readonly identity: string;
  readonly segments: readonly MappedSegment[];
  readonly #memory: ProcessMemory;
  readonly #tags = new Map<number, number>();
  /** What it says of itself: its own name, and the libraries that it needs. */
  soname: string | undefined;
  needed: readonly string[] = [];
  /** Names by which it has been asked for. */
  readonly names = new Set<string>();
  /** The file that asked for it first; undefined: the program, or a call of dlopen from there. */
  loader: LinkMap | undefined;
  /** Its number, by which its linkage table names it. */
  number = 0;
  /** Files that it needs, as far as they are loaded. */
  readonly dependencies: LinkMap[] = [];
  /** Files whose definitions it uses without needing them: they stay as long as it does. */
  readonly bound = new Set<LinkMap>();
  /** Where its symbols are looked for: behind the global scope, each with all that it needs. */
  readonly scopes: (readonly LinkMap[])[] = [];
  /** Calls of dlopen that have not been taken back. */
  openCount = 0;
  isGlobal = false;
  isNoDelete = false;
  isDeepBound = false;
  isRelocated = false;
  /** Its first functions have been called, or need not be. */
  isInitialized = false;

  readonly #file: LoadedFile;
  #defined: ReadonlyMap<number, string> | undefined;

  constructor(memory: ProcessMemory, file: LoadedFile) {
    this.#memory = memory;
    this.#file = file;
    this.name = file.name;
    this.base = file.base;
    this.isMain = file.isMain;
    this.identity = file.identity;
    this.segments = file.segments;
    if (file.dynamic === 0) return;
    const needed: number[] = [];
    for (let i = 0; i < TAGS_MAX; i++) {
      const tag = memory.word(file.dynamic + i * 8);
      const value = memory.word(file.dynamic + i * 8 + 4);
      if (tag === DT_NULL) break;
      if (tag === DT_NEEDED) needed.push(value);
      else this.#tags.set(tag, value);
    }
    this.soname = this.#stringOf(DT_SONAME);
    this.needed = needed.map((offset) => this.#string(offset));
  }

  /** Whether `name` in a list of needed libraries means this file. */
  isCalled(name: string): boolean {
    return this.names.has(name) || this.name === name || this.soname === name;
  }

  /** The same file in the memory of a copy of the process. */
  inMemory(memory: ProcessMemory): LinkMap {
    const copy = new LinkMap(memory, { ...this.#file, dynamic: 0 });
    for (const [tag, value] of this.#tags) copy.#tags.set(tag, value);
    copy.soname = this.soname;
    copy.needed = this.needed;
    for (const name of this.names) copy.names.add(name);
    const { number, openCount, isGlobal, isNoDelete, isDeepBound } = this;
    const { isRelocated, isInitialized } = this;
    const state = { number, openCount, isGlobal, isNoDelete, isDeepBound };
    return Object.assign(copy, { ...state, isRelocated, isInitialized });
  }

  #address(tag: number): number {
    const value = this.#tags.get(tag);
    return value === undefined ? 0 : (value + this.base) >>> 0;
  }

  #string(offset: number): string {
    return this.#memory.string(this.#address(DT_STRTAB) + offset);
  }

  #stringOf(tag: number): string | undefined {
    const offset = this.#tags.get(tag);
    return offset === undefined ? undefined : this.#string(offset);
  }

  /** Directories that are searched for what it needs: before LD_LIBRARY_PATH when there is no RUNPATH, else behind it. */
  get rpath(): readonly string[] {
    return this.#tags.has(DT_RUNPATH) ? [] : directories(this.#stringOf(DT_RPATH));
  }

  get runpath(): readonly string[] {
    return directories(this.#stringOf(DT_RUNPATH));
  }

  /** Functions that run before the program when the file is one itself (DT_PREINIT_ARRAY). */
  get preinitFunctions(): readonly number[] {
    return this.#array(DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ);
  }

  /** Functions that run first: DT_INIT's, then those of the array. */
  get initFunctions(): readonly number[] {
    const first = this.#tags.has(DT_INIT) ? [this.#address(DT_INIT)] : [];
    return [...first, ...this.#array(DT_INIT_ARRAY, DT_INIT_ARRAYSZ)];
  }

  /** Functions that run at the end: those of the array from its end on, then DT_FINI's. */
  get finiFunctions(): readonly number[] {
    const last = this.#tags.has(DT_FINI) ? [this.#address(DT_FINI)] : [];
    return [...this.#array(DT_FINI_ARRAY, DT_FINI_ARRAYSZ).toReversed(), ...last];
  }

  #array(tag: number, sizeTag: number): number[] {
    const at = this.#address(tag);
    const count = at === 0 ? 0 : (this.#tags.get(sizeTag) ?? 0) >>> 2;
    return Array.from({ length: count }, (_, i) => this.#memory.word(at + i * 4));
  }

  get hasTextrel(): boolean {
    return this.#tags.has(DT_TEXTREL) || ((this.#tags.get(DT_FLAGS) ?? 0) & DF_TEXTREL) !== 0;
  }

  get isBoundNow(): boolean {
    return this.#tags.has(DT_BIND_NOW) || ((this.#tags.get(DT_FLAGS) ?? 0) & DF_BIND_NOW) !== 0;
  }

  /** The table of words that the linkage table jumps by. */
  get pltGot(): number {
    return this.#address(DT_PLTGOT);
  }

  /** Relocations: those of data, then those of functions. */
  get rel(): { readonly at: number; readonly count: number } {
    return { at: this.#address(DT_REL), count: (this.#tags.get(DT_RELSZ) ?? 0) >>> 3 };
  }

  get jmprel(): { readonly at: number; readonly count: number } {
    return { at: this.#address(DT_JMPREL), count: (this.#tags.get(DT_PLTRELSZ) ?? 0) >>> 3 };
  }

  /** What it expects of others. */
  get neededVersions(): readonly NeededVersions[] {
    const at = this.#address(DT_VERNEED);
    return at === 0 ? [] : readVerneed(this.#reader, at, this.#tags.get(DT_VERNEEDNUM) ?? 0);
  }

  /** The versions that it defines, by their indices; undefined: it knows of none. */
  get definedVersions(): ReadonlyMap<number, string> | undefined {
    const at = this.#address(DT_VERDEF);
    if (at === 0) return undefined;
    this.#defined ??= readVerdef(this.#reader, at, this.#tags.get(DT_VERDEFNUM) ?? 0);
    return this.#defined;
  }

  /** A symbol's number in the table of versions; undefined when there is none. */
  versionNumber(index: number): number | undefined {
    const at = this.#address(DT_VERSYM);
    return at === 0 ? undefined : this.#reader.half(at + index * 2);
  }

  /** Which version of whose a reference means. */
  referredVersion(index: number): WantedVersion | undefined {
    const number = this.versionNumber(index);
    if (number === undefined) return undefined;
    const isHidden = (number & VERSYM_HIDDEN) !== 0;
    const wanted = number & ~VERSYM_HIDDEN;
    for (const { file, versions } of this.neededVersions) {
      const found = versions.find((one) => one.index === wanted);
      if (found !== undefined) return { name: found.name, file, isHidden };
    }
    const name = wanted > 1 ? this.definedVersions?.get(wanted) : undefined;
    return name === undefined ? undefined : { name, file: undefined, isHidden };
  }

  get #reader(): VersionReader {
    return {
      half: (at) => this.#memory.word(at) & 0xffff,
      word: (at) => this.#memory.word(at),
      string: (offset) => this.#string(offset),
    };
  }

  symbol(index: number): LoadedSymbol {
    const at = this.#address(DT_SYMTAB) + index * 16;
    const [name, value, size, info] = [0, 4, 8, 12].map((field) => this.#memory.word(at + field));
    return {
      name: this.#string(name!),
      value: value!,
      size: size!,
      type: info! & 0xf,
      bind: (info! >>> 4) & 0xf,
      section: info! >>> 16,
      index,
    };
  }

  /** The symbols whose names have this hash's bucket, in the order of the chain. @spec System V ABI, "Hash Table" */
  *chain(hash: number): Generator<LoadedSymbol> {
    const table = this.#address(DT_HASH);
    if (table === 0) return;
    const buckets = this.#memory.word(table);
    const chains = this.#memory.word(table + 4);
    if (buckets === 0) return;
    let index = this.#memory.word(table + 8 + (hash % buckets) * 4);
    for (let left = chains; index !== 0 && index < chains && left > 0; left--) {
      yield this.symbol(index);
      index = this.#memory.word(table + 8 + (buckets + index) * 4);
    }
  }
}

/** A symbol of a loaded file. */
export interface LoadedSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly type: number;
  readonly bind: number;
  /** 0: it is not defined here. */
  readonly section: number;
  /** Its place in the table of symbols. */
  readonly index: number;
}

/** A version of a symbol, and the library that had it when the file was linked. */
export interface WantedVersion {
  readonly name: string;
  readonly file: string | undefined;
  /** Nothing without a version will do. */
  readonly isHidden: boolean;
}

export function directories(list: string | undefined): readonly string[] {
  return list === undefined || list === "" ? [] : list.split(/[:;]/).map((dir) => dir || ".");
}
