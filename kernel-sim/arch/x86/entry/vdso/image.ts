import { elfHash } from "../../asm/elf-hash.ts";
import { StringTable } from "../../asm/string-table.ts";

/** A function of the image. */
export interface VdsoSymbol {
  readonly name: string;
  /** Where it begins in the image, and its length. */
  readonly offset: number;
  readonly size: number;
  readonly version: string;
  readonly isWeak?: boolean;
}

/** What an image is made of. */
interface VdsoParts {
  readonly is64Bit: boolean;
  readonly soname: string;
  /** The code, and where in the image it goes. */
  readonly code: Uint8Array;
  readonly codeAt: number;
  readonly symbols: readonly VdsoSymbol[];
  /** Names of versions, the first one first. */
  readonly versions: readonly string[];
  /** Where a program would begin that has none of its own to begin at. */
  readonly entry: number;
  /** A note; without one, that of Linux with its version. */
  readonly note?: Uint8Array;
  /** It is the dynamic linker, and says so of its stack. */
  readonly isLinker?: boolean;
}

const ET_DYN = 3;
const EM_386 = 3;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_NOTE = 4;
const PF_R = 4;
const PF_RX = 5;
const PF_RW = 6;
const PT_GNU_STACK = 0x6474e551;
const DT = { hash: 4, strtab: 5, symtab: 6, strsz: 10, syment: 11, soname: 14, symbolic: 16 };
const DT_FLAGS = 30;
const DF_SYMBOLIC_BIND_NOW = 0x0a;
const DT_VERSYM = 0x6ffffff0;
const DT_FLAGS_1 = 0x6ffffffb;
const DT_VERDEF = 0x6ffffffc;
const DT_VERDEFNUM = 0x6ffffffd;
const DF_1_NOW = 1;
const SHN_ABS = 0xfff1;
/** Its code is the only section that symbols name; there is no table of sections. */
const TEXT_SECTION = 12;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const STB_GLOBAL = 1;
const STB_WEAK = 2;
const HASH_BUCKETS = 3;
const VERDEF_SIZE = 28;
const VER_FLG_BASE = 1;
/** 6.18.0. */
const LINUX_VERSION_CODE = 0x061200;

/**
 * The vDSO's image: a shared library of one segment with its dynamic symbols, their hashes and versions.
 *
 * @linux arch/x86/entry/vdso/vdso-layout.lds.S, vdso32.lds.S, vdso.lds.S (6.18)
 * @simplified no table of sections, no `.gnu.hash`, no unwind tables.
 */
export function vdsoImage(parts: VdsoParts, bytes: number): Uint8Array {
  const image = new ImageWriter(parts.is64Bit, bytes);
  const { symbols, versions, is64Bit } = parts;
  const names = [...symbols.map(({ name }) => name), ...versions];
  const strings = new StringTable();
  for (const text of [parts.soname, ...names]) strings.add(text);
  const sizes = is64Bit ? { ehdr: 64, phdr: 56, sym: 24 } : { ehdr: 52, phdr: 32, sym: 16 };
  const count = names.length + 1;

  const segments = parts.isLinker === true ? 4 : 3;
  let at = sizes.ehdr + segments * sizes.phdr;
  const section = (size: number, align: number) => {
    const start = (at + align - 1) & -align;
    at = start + size;
    return start;
  };
  const hash = section(4 * (2 + HASH_BUCKETS + count), 8);
  const symtab = section(count * sizes.sym, 8);
  const strtab = section(strings.length, 1);
  const versym = section(count * 2, 2);
  const verdef = section((versions.length + 1) * VERDEF_SIZE, 8);
  const dynamic = section(13 * image.word * 2, 8);
  const noteBytes = parts.note ?? linuxNote();
  const note = section(noteBytes.length, 4);

  writeHash(image, hash, names);
  names.forEach((name, i) => {
    const symbol = symbols[i];
    const bind = symbol?.isWeak === true ? STB_WEAK : STB_GLOBAL;
    image.symbol(symtab + (i + 1) * sizes.sym, {
      name: strings.offset(name),
      value: symbol === undefined ? 0 : symbol.offset,
      size: symbol?.size ?? 0,
      info: (bind << 4) | (symbol === undefined ? STT_OBJECT : STT_FUNC),
      section: symbol === undefined ? SHN_ABS : TEXT_SECTION,
    });
    // 0 is of no symbol, 1 the library's own name.
    image.half(versym + (i + 1) * 2, versions.indexOf(symbol?.version ?? name) + 2);
  });
  [parts.soname, ...versions].forEach((name, i) => {
    const isLast = i === versions.length;
    writeVerdef(image, verdef + i * VERDEF_SIZE, name, i, strings.offset(name), isLast);
  });
  image.bytes.set(strings.bytes(), strtab);
  const tags: readonly (readonly [number, number])[] = [
    [DT.soname, strings.offset(parts.soname)],
    [DT.symbolic, 0],
    [DT.hash, hash],
    [DT.strtab, strtab],
    [DT.symtab, symtab],
    [DT.strsz, strings.length],
    [DT.syment, sizes.sym],
    [DT_VERDEF, verdef],
    [DT_VERDEFNUM, versions.length + 1],
    [DT_FLAGS, DF_SYMBOLIC_BIND_NOW],
    [DT_FLAGS_1, DF_1_NOW],
    [DT_VERSYM, versym],
  ];
  tags.flat().forEach((value, i) => {
    image.address(dynamic + i * image.word, value);
  });
  image.bytes.set(noteBytes, note);
  image.bytes.set(parts.code, parts.codeAt);

  image.header(parts.is64Bit ? EM_X86_64 : EM_386, parts.entry, sizes.ehdr, sizes.phdr, segments);
  const fileSize = parts.codeAt + parts.code.length;
  const dynamicSize = (tags.length + 1) * 2 * image.word;
  image.segment(sizes.ehdr, PT_LOAD, PF_RX, 0, fileSize, 4096);
  image.segment(sizes.ehdr + sizes.phdr, PT_DYNAMIC, PF_R, dynamic, dynamicSize, image.word);
  image.segment(sizes.ehdr + 2 * sizes.phdr, PT_NOTE, PF_R, note, noteBytes.length, 4);
  if (parts.isLinker === true)
    image.segment(sizes.ehdr + 3 * sizes.phdr, PT_GNU_STACK, PF_RW, 0, 0, 16);
  return image.bytes;
}

/** Bytes that are written as hexadecimal digits. */
export function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16),
  );
}

function linuxNote(): Uint8Array {
  const note = new Uint8Array(24);
  const view = new DataView(note.buffer);
  view.setUint32(0, LINUX_NAME.length + 1, true);
  view.setUint32(4, 4, true);
  for (let i = 0; i < LINUX_NAME.length; i++) note[12 + i] = LINUX_NAME.charCodeAt(i);
  view.setUint32(20, LINUX_VERSION_CODE, true);
  return note;
}

const LINUX_NAME = "Linux";

/** The table by which symbols are found: System V's. */
function writeHash(image: ImageWriter, at: number, names: readonly string[]): void {
  const count = names.length + 1;
  image.int(at, HASH_BUCKETS);
  image.int(at + 4, count);
  const heads = at + 8;
  const chains = heads + HASH_BUCKETS * 4;
  names.forEach((name, i) => {
    const head = heads + (elfHash(name) % HASH_BUCKETS) * 4;
    image.int(chains + (i + 1) * 4, image.view.getUint32(head, true));
    image.int(head, i + 1);
  });
}

function writeVerdef(
  image: ImageWriter,
  at: number,
  name: string,
  index: number,
  nameOffset: number,
  isLast: boolean,
): void {
  image.half(at, 1);
  image.half(at + 2, index === 0 ? VER_FLG_BASE : 0);
  image.half(at + 4, index + 1);
  image.half(at + 6, 1);
  image.int(at + 8, elfHash(name));
  image.int(at + 12, 20);
  image.int(at + 16, isLast ? 0 : VERDEF_SIZE);
  image.int(at + 20, nameOffset);
}

interface SymbolFields {
  readonly name: number;
  readonly value: number;
  readonly size: number;
  readonly info: number;
  readonly section: number;
}

/** Writes the fields of a file of either class. */
class ImageWriter {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #is64Bit: boolean;

  constructor(is64Bit: boolean, bytes: number) {
    this.#is64Bit = is64Bit;
    this.bytes = new Uint8Array(bytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Bytes of an address. */
  get word(): number {
    return this.#is64Bit ? 8 : 4;
  }

  half(at: number, value: number): void {
    this.view.setUint16(at, value, true);
  }

  int(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  address(at: number, value: number): void {
    this.int(at, value);
    if (this.#is64Bit) this.int(at + 4, 0);
  }

  symbol(at: number, { name, value, size, info, section }: SymbolFields): void {
    this.int(at, name);
    if (this.#is64Bit) {
      this.bytes[at + 4] = info;
      this.half(at + 6, section);
      this.address(at + 8, value);
      this.address(at + 16, size);
      return;
    }
    this.int(at + 4, value);
    this.int(at + 8, size);
    this.bytes[at + 12] = info;
    this.half(at + 14, section);
  }

  header(machine: number, entry: number, ehdr: number, phdr: number, segments: number): void {
    this.bytes.set([0x7f, 0x45, 0x4c, 0x46, this.#is64Bit ? 2 : 1, 1, 1]);
    this.half(16, ET_DYN);
    this.half(18, machine);
    this.int(20, 1);
    this.address(24, entry);
    this.address(24 + this.word, ehdr);
    const sizes = 24 + this.word * 3 + 4;
    this.half(sizes, ehdr);
    this.half(sizes + 2, phdr);
    this.half(sizes + 4, segments);
    this.half(sizes + 6, this.#is64Bit ? 64 : 40);
  }

  segment(at: number, type: number, flags: number, start: number, size: number, align: number) {
    const numbers = [
      start,
      start,
      start,
      size,
      size,
      ...(this.#is64Bit ? [align] : [flags, align]),
    ];
    this.int(at, type);
    if (this.#is64Bit) this.int(at + 4, flags);
    const first = at + (this.#is64Bit ? 8 : 4);
    numbers.forEach((value, i) => {
      this.address(first + i * this.word, value);
    });
  }
}
