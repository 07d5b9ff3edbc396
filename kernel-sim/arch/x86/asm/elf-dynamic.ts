/**
 * What a file says to the dynamic linker.
 *
 * @spec System V ABI, chapter 5, "Dynamic Section"; Intel386 supplement, "Relocation"; elf(5)
 */

import {
  DT_VERDEF,
  DT_VERDEFNUM,
  DT_VERSYM,
  readVerdef,
  VERSYM_HIDDEN,
} from "./symbol-versions.ts";

export const PT_DYNAMIC = 2;
export const PT_INTERP = 3;

export const DT_NULL = 0;
export const DT_NEEDED = 1;
export const DT_PLTRELSZ = 2;
export const DT_PLTGOT = 3;
export const DT_HASH = 4;
export const DT_STRTAB = 5;
export const DT_SYMTAB = 6;
export const DT_STRSZ = 10;
export const DT_SYMENT = 11;
export const DT_INIT = 12;
export const DT_FINI = 13;
export const DT_SONAME = 14;
export const DT_RPATH = 15;
export const DT_REL = 17;
export const DT_RELSZ = 18;
export const DT_RELENT = 19;
export const DT_PLTREL = 20;
export const DT_DEBUG = 21;
export const DT_TEXTREL = 22;
export const DT_JMPREL = 23;
export const DT_BIND_NOW = 24;
export const DT_INIT_ARRAY = 25;
export const DT_FINI_ARRAY = 26;
export const DT_INIT_ARRAYSZ = 27;
export const DT_FINI_ARRAYSZ = 28;
export const DT_RUNPATH = 29;
export const DT_FLAGS = 30;
export const DT_PREINIT_ARRAY = 32;
export const DT_PREINIT_ARRAYSZ = 33;

export const R_386_32 = 1;
export const R_386_PC32 = 2;
export const R_386_COPY = 5;
export const R_386_GLOB_DAT = 6;
export const R_386_JMP_SLOT = 7;
export const R_386_RELATIVE = 8;

const PT_LOAD = 1;
const SYM = 16;
const STT_FUNC = 2;

/** A symbol of a library as a linker reads it from the file. */
export interface LibrarySymbol {
  readonly name: string;
  readonly isDefined: boolean;
  readonly isFunction: boolean;
  readonly isWeak: boolean;
  readonly size: number;
  /** Its version, when that is the one that is meant where none is named. */
  readonly version: string | undefined;
}

/** What a shared library's file says of itself. */
export interface LibraryFacts {
  readonly soname: string | undefined;
  readonly needed: readonly string[];
  readonly symbols: readonly LibrarySymbol[];
}

/** Reads the dynamic section of a file's bytes; undefined when it has none. */
export function readLibrary(file: Uint8Array): LibraryFacts | undefined {
  if (file.length < 52 || file[0] !== 0x7f || file[4] !== 1) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const word = (at: number) => (at + 4 <= file.length ? view.getUint32(at, true) : 0);
  const phoff = word(28);
  const phnum = view.getUint16(44, true);
  const headers = Array.from({ length: phnum }, (_, i) => phoff + i * 32);
  const offsetOf = (address: number): number => {
    for (const at of headers) {
      const start = word(at + 8);
      if (word(at) === PT_LOAD && address >= start && address < start + word(at + 16)) {
        return word(at + 4) + address - start;
      }
    }
    return file.length;
  };
  const dynamic = headers.find((at) => word(at) === PT_DYNAMIC);
  if (dynamic === undefined) return undefined;
  const tags: (readonly [number, number])[] = [];
  for (let at = word(dynamic + 4); at + 8 <= file.length && word(at) !== DT_NULL; at += 8) {
    tags.push([word(at), word(at + 4)]);
  }
  const tag = (wanted: number) => tags.find(([name]) => name === wanted)?.[1];
  const strings = offsetOf(tag(DT_STRTAB) ?? 0);
  const string = (offset: number): string => {
    let name = "";
    for (let at = strings + offset; at < file.length && file[at] !== 0; at++) {
      name += String.fromCharCode(file[at]!);
    }
    return name;
  };
  const soname = tag(DT_SONAME);
  const table = offsetOf(tag(DT_SYMTAB) ?? 0);
  const count = word(offsetOf(tag(DT_HASH) ?? 0) + 4);
  const symbols: LibrarySymbol[] = [];
  const half = (at: number) => (at + 2 <= file.length ? view.getUint16(at, true) : 0);
  const verdef = tag(DT_VERDEF);
  const versions =
    verdef === undefined
      ? new Map<number, string>()
      : readVerdef({ half, word, string }, offsetOf(verdef), tag(DT_VERDEFNUM) ?? 0);
  const versym = tag(DT_VERSYM);
  const versionOf = (index: number): string | undefined => {
    const number = versym === undefined ? 0 : half(offsetOf(versym) + index * 2);
    return number > 1 && number < VERSYM_HIDDEN ? versions.get(number) : undefined;
  };
  for (let i = 1; i < count && table + (i + 1) * SYM <= file.length; i++) {
    const at = table + i * SYM;
    const info = file[at + 12]!;
    symbols.push({
      name: string(word(at)),
      isDefined: view.getUint16(at + 14, true) !== 0,
      isFunction: (info & 0xf) === STT_FUNC,
      isWeak: info >> 4 === 2,
      size: word(at + 8),
      version: versionOf(i),
    });
  }
  return {
    soname: soname === undefined ? undefined : string(soname),
    needed: tags.filter(([name]) => name === DT_NEEDED).map(([, value]) => string(value)),
    symbols,
  };
}
