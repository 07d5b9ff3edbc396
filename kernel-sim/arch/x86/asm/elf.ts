/**
 * Executable files: ELF of 32 bits, little-endian, for i386.
 *
 * @linux include/uapi/linux/elf.h `struct elf32_hdr`, `struct elf32_phdr` (6.18)
 * @spec System V ABI, Intel386 supplement; elf(5)
 */
import { PT_DYNAMIC, PT_INTERP } from "./elf-dynamic.ts";
import { StringTable } from "./string-table.ts";

export const PT_LOAD = 1;
export const PT_GNU_STACK = 0x6474e551;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly vaddr: number;
  /** The bytes that the file holds; the rest of `memSize` is zero. */
  readonly bytes: Uint8Array;
  readonly memSize: number;
  readonly align: number;
  /** Its first bytes are the file's headers. */
  readonly hasHeaders?: boolean;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly isGlobal: boolean;
  /** The section it lies in, or undefined for a number. */
  readonly section: string | undefined;
}

export interface ElfSection {
  readonly name: string;
  readonly vaddr: number;
  readonly size: number;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
  readonly isNobits: boolean;
}

export interface ElfImage {
  readonly entry: number;
  /** ET_DYN: it goes wherever there is room. */
  readonly isShared?: boolean;
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
}

const EHDR = 52;
const PHDR = 32;
const SHDR = 40;
const SYM = 16;
const SHT_PROGBITS = 1;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_NOBITS = 8;
const SHF_WRITE = 1;
const SHF_ALLOC = 2;
const SHF_EXECINSTR = 4;
const SHN_ABS = 0xfff1;

const ET_EXEC = 2;
const ET_DYN = 3;

/** The bytes of an executable file or a shared library. */
export function writeElf(image: ElfImage): Uint8Array {
  const { segments, sections } = image;
  // Each segment lies in the file as far behind a page's start as in memory.
  const offsets: number[] = [];
  let end = EHDR + PHDR * segments.length;
  for (const segment of segments) {
    if (segment.hasHeaders === true) {
      offsets.push(0);
      end = segment.bytes.length;
      continue;
    }
    if (segment.bytes.length > 0) {
      const align = Math.max(segment.align, 1);
      end += (((segment.vaddr - end) % align) + align) % align;
    }
    offsets.push(end);
    end += segment.bytes.length;
  }
  const names = new StringTable();
  const strings = new StringTable();
  const symtabOffset = Math.ceil(end / 4) * 4;
  const ordered = [...image.symbols].sort((a, b) => Number(a.isGlobal) - Number(b.isGlobal));
  const symbolBytes = (ordered.length + 1) * SYM;
  for (const symbol of ordered) strings.add(symbol.name);
  for (const { name } of sections) names.add(name);
  for (const name of [".symtab", ".strtab", ".shstrtab"]) names.add(name);
  const strtabOffset = symtabOffset + symbolBytes;
  const shstrtabOffset = strtabOffset + strings.length;
  const shOffset = Math.ceil((shstrtabOffset + names.length) / 4) * 4;
  const count = sections.length + 4;
  const bytes = new Uint8Array(shOffset + count * SHDR);
  const out = new Writer(bytes);

  out.bytes([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  out.half(image.isShared === true ? ET_DYN : ET_EXEC, 3);
  out.word(1, image.entry, EHDR, shOffset, 0);
  out.half(EHDR, PHDR, segments.length, SHDR, count, count - 1);
  segments.forEach((segment, i) => {
    const { type, vaddr, memSize, flags, align } = segment;
    const isPart = type === PT_DYNAMIC || type === PT_INTERP;
    const offset = type === PT_LOAD ? offsets[i]! : isPart ? offsetIn(image, offsets, vaddr) : 0;
    out.word(type, offset, vaddr, vaddr);
    out.word(isPart ? memSize : segment.bytes.length, memSize, flags, align);
    const head = segment.hasHeaders === true ? EHDR + PHDR * segments.length : 0;
    bytes.set(segment.bytes.subarray(head), offsets[i]! + head);
  });

  out.at = symtabOffset + SYM;
  for (const symbol of ordered) {
    const index = sections.findIndex(({ name }) => name === symbol.section);
    out.word(strings.offset(symbol.name), symbol.value, symbol.size);
    out.bytes([symbol.isGlobal ? 0x10 : 0, 0]);
    out.half(symbol.section === undefined ? SHN_ABS : index + 1);
  }
  bytes.set(strings.bytes(), strtabOffset);
  bytes.set(names.bytes(), shstrtabOffset);

  out.at = shOffset + SHDR;
  for (const section of sections) {
    const holder = segments.findIndex(
      ({ type, vaddr, memSize }) =>
        type === PT_LOAD && section.vaddr >= vaddr && section.vaddr < vaddr + Math.max(memSize, 1),
    );
    const offset = holder < 0 ? 0 : offsets[holder]! + section.vaddr - segments[holder]!.vaddr;
    const flags =
      SHF_ALLOC | (section.isWritable ? SHF_WRITE : 0) | (section.isExecutable ? SHF_EXECINSTR : 0);
    out.word(names.offset(section.name), section.isNobits ? SHT_NOBITS : SHT_PROGBITS, flags);
    out.word(section.vaddr, offset, section.size, 0, 0, 4, 0);
  }
  const locals = ordered.filter(({ isGlobal }) => !isGlobal).length + 1;
  out.word(names.offset(".symtab"), SHT_SYMTAB, 0, 0, symtabOffset, symbolBytes);
  out.word(count - 2, locals, 4, SYM);
  out.word(names.offset(".strtab"), SHT_STRTAB, 0, 0, strtabOffset, strings.length, 0, 0, 1, 0);
  out.word(names.offset(".shstrtab"), SHT_STRTAB, 0, 0, shstrtabOffset, names.length, 0, 0, 1, 0);
  return bytes;
}

/** Where in the file an address lies. */
function offsetIn({ segments }: ElfImage, offsets: readonly number[], vaddr: number): number {
  const holder = segments.findIndex(
    (segment) =>
      segment.type === PT_LOAD && vaddr >= segment.vaddr && vaddr < segment.vaddr + segment.memSize,
  );
  return holder < 0 ? 0 : offsets[holder]! + vaddr - segments[holder]!.vaddr;
}

/** What a file that claims to be ELF turned out to be. */
export type ParsedElf =
  | { readonly kind: "elf"; readonly image: ElfImage }
  | { readonly kind: "refused"; readonly because: string };

/**
 * Reads an executable of 32 bits for i386.
 *
 * @linux fs/binfmt_elf.c `load_elf_binary` (6.18), the checks before anything is mapped
 */
export function parseElf(file: Uint8Array): ParsedElf {
  const refused = (because: string): ParsedElf => ({ kind: "refused", because });
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < EHDR || view.getUint32(0) !== 0x7f454c46) return refused("no ELF file");
  if (file[4] !== 1 || file[5] !== 1) return refused("not of 32 bits and little-endian");
  if (view.getUint16(16, true) !== 2) return refused("not an executable (ET_EXEC)");
  if (view.getUint16(18, true) !== 3) return refused("not for i386");
  const phoff = view.getUint32(28, true);
  const phnum = view.getUint16(44, true);
  if (view.getUint16(42, true) !== PHDR || phnum < 1) return refused("no program headers");
  if (phoff + phnum * PHDR > file.length) return refused("program headers beyond the end");
  const segments: ElfSegment[] = [];
  for (let i = 0; i < phnum; i++) {
    const at = phoff + i * PHDR;
    const word = (index: number): number => view.getUint32(at + index * 4, true);
    const [offset, filesz, memsz] = [word(1), word(4), word(5)];
    if (word(0) === PT_LOAD) {
      if (filesz > memsz) return refused("a segment has more bytes in the file than in memory");
      if (offset + filesz > file.length) return refused("a segment lies beyond the file's end");
      if (word(2) + memsz > 2 ** 32) return refused("a segment lies beyond 4 GiB");
    }
    const bytes = word(0) === PT_LOAD ? file.slice(offset, offset + filesz) : new Uint8Array(0);
    segments.push({
      ...{ type: word(0), vaddr: word(2), bytes, memSize: memsz, flags: word(6), align: word(7) },
    });
  }
  const { sections, symbols } = parseSections(file, view);
  return { kind: "elf", image: { entry: view.getUint32(24, true), segments, sections, symbols } };
}

/** Names for a debugger: whatever is broken here is left out. */
function parseSections(
  file: Uint8Array,
  view: DataView,
): { sections: ElfSection[]; symbols: ElfSymbol[] } {
  const sections: ElfSection[] = [];
  const symbols: ElfSymbol[] = [];
  const shoff = view.getUint32(32, true);
  const shnum = view.getUint16(48, true);
  const shstrndx = view.getUint16(50, true);
  const isWhole = shoff > 0 && shoff + shnum * SHDR <= file.length && shstrndx < shnum;
  if (!isWhole || view.getUint16(46, true) !== SHDR) return { sections, symbols };
  const header = (index: number, field: number): number => {
    return view.getUint32(shoff + index * SHDR + field * 4, true);
  };
  const text = (table: number, offset: number): string => {
    let name = "";
    const end = Math.min(header(table, 4) + header(table, 5), file.length);
    for (let at = header(table, 4) + offset; at < end && file[at] !== 0; at++) {
      name += String.fromCharCode(file[at]!);
    }
    return name;
  };
  const nameOf = (index: number): string => text(shstrndx, header(index, 0));
  for (let i = 1; i < shnum; i++) {
    const flags = header(i, 2);
    if ((flags & SHF_ALLOC) === 0) continue;
    sections.push({
      ...{ name: nameOf(i), vaddr: header(i, 3), size: header(i, 5) },
      isWritable: (flags & SHF_WRITE) !== 0,
      isExecutable: (flags & SHF_EXECINSTR) !== 0,
      isNobits: header(i, 1) === SHT_NOBITS,
    });
  }
  for (let i = 1; i < shnum; i++) {
    const table = header(i, 6);
    const end = header(i, 4) + header(i, 5);
    if (header(i, 1) !== SHT_SYMTAB || table >= shnum || end > file.length) continue;
    for (let at = header(i, 4) + SYM; at + SYM <= end; at += SYM) {
      const name = text(table, view.getUint32(at, true));
      const index = view.getUint16(at + 14, true);
      if (name === "" || index === 0) continue;
      const section = index < shnum ? nameOf(index) : undefined;
      const [value, size] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true)];
      symbols.push({ name, value, size, isGlobal: file[at + 12]! >> 4 === 1, section });
    }
  }
  return { sections, symbols };
}

class Writer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  bytes(values: readonly number[]): void {
    this.#bytes.set(values, this.at);
    this.at += values.length;
  }

  half(...values: readonly number[]): void {
    for (const value of values) {
      this.#view.setUint16(this.at, value, true);
      this.at += 2;
    }
  }

  word(...values: readonly number[]): void {
    for (const value of values) {
      this.#view.setUint32(this.at, value, true);
      this.at += 4;
    }
  }
}
