/**
 * Versions of symbols: what a library calls its own, what a file expects of others, and which version each symbol has.
 *
 * @spec LSB Core, "Symbol Versioning"; U. Drepper, ELF Symbol Versioning
 */
import { elfHash } from "./elf-hash.ts";

export const DT_VERSYM = 0x6ffffff0;
export const DT_VERDEF = 0x6ffffffc;
export const DT_VERDEFNUM = 0x6ffffffd;
export const DT_VERNEED = 0x6ffffffe;
export const DT_VERNEEDNUM = 0x6fffffff;

/** Indices of symbols without a version: nobody else sees it, everybody does. */
export const VER_NDX_LOCAL = 0;
export const VER_NDX_GLOBAL = 1;
/** Only who asks for this version gets the symbol. */
export const VERSYM_HIDDEN = 0x8000;
const VER_FLG_BASE = 1;

const VERDEF = 20;
const VERDAUX = 8;
const VERNEED = 16;
const VERNAUX = 16;

/** What a file expects of a library. */
export interface NeededVersions {
  readonly file: string;
  readonly versions: readonly { readonly name: string; readonly index: number }[];
}

/** A number of `size` bytes at an address, and the string at an offset of the table: how tables are read wherever they are. */
export interface VersionReader {
  half(at: number): number;
  word(at: number): number;
  string(offset: number): string;
}

/** Bytes of `.gnu.version_d`: the library's own name, then its versions from index 2 on. */
export function verdefSize(versions: number): number {
  return versions === 0 ? 0 : (versions + 1) * (VERDEF + VERDAUX);
}

export function writeVerdef(
  names: readonly string[],
  offset: (name: string) => number,
): Uint8Array {
  const bytes = new Uint8Array(names.length * (VERDEF + VERDAUX));
  const view = new DataView(bytes.buffer);
  names.forEach((name, i) => {
    const at = i * (VERDEF + VERDAUX);
    const isLast = i === names.length - 1;
    [1, i === 0 ? VER_FLG_BASE : 0, i + 1, 1].forEach((half, j) => {
      view.setUint16(at + j * 2, half, true);
    });
    const words = [elfHash(name), VERDEF, isLast ? 0 : VERDEF + VERDAUX, offset(name), 0];
    words.forEach((word, j) => {
      view.setUint32(at + 8 + j * 4, word, true);
    });
  });
  return bytes;
}

/** The versions that a library defines, by index; the first one is its own name. */
export function readVerdef(read: VersionReader, at: number, count: number): Map<number, string> {
  const names = new Map<number, string>();
  for (let i = 0, entry = at; i < count; i++) {
    names.set(read.half(entry + 4), read.string(read.word(entry + read.word(entry + 12))));
    const next = read.word(entry + 16);
    if (next === 0) break;
    entry += next;
  }
  return names;
}

export function verneedSize(needed: readonly NeededVersions[]): number {
  return needed.reduce((sum, { versions }) => sum + VERNEED + versions.length * VERNAUX, 0);
}

export function writeVerneed(
  needed: readonly NeededVersions[],
  offset: (name: string) => number,
): Uint8Array {
  const bytes = new Uint8Array(verneedSize(needed));
  const view = new DataView(bytes.buffer);
  let at = 0;
  needed.forEach(({ file, versions }, i) => {
    const size = VERNEED + versions.length * VERNAUX;
    view.setUint16(at, 1, true);
    view.setUint16(at + 2, versions.length, true);
    view.setUint32(at + 4, offset(file), true);
    view.setUint32(at + 8, VERNEED, true);
    view.setUint32(at + 12, i === needed.length - 1 ? 0 : size, true);
    versions.forEach(({ name, index }, j) => {
      const aux = at + VERNEED + j * VERNAUX;
      view.setUint32(aux, elfHash(name), true);
      view.setUint16(aux + 6, index, true);
      view.setUint32(aux + 8, offset(name), true);
      view.setUint32(aux + 12, j === versions.length - 1 ? 0 : VERNAUX, true);
    });
    at += size;
  });
  return bytes;
}

/** What a file expects of libraries. */
export function readVerneed(read: VersionReader, at: number, count: number): NeededVersions[] {
  const needed: NeededVersions[] = [];
  for (let i = 0, entry = at; i < count; i++) {
    const versions: { readonly name: string; readonly index: number }[] = [];
    let aux = entry + read.word(entry + 8);
    for (let j = read.half(entry + 2); j > 0; j--) {
      versions.push({ name: read.string(read.word(aux + 8)), index: read.half(aux + 6) & 0x7fff });
      aux += read.word(aux + 12);
    }
    needed.push({ file: read.string(read.word(entry + 4)), versions });
    const next = read.word(entry + 12);
    if (next === 0) break;
    entry += next;
  }
  return needed;
}
