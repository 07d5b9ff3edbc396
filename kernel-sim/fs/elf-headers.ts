import { getUint64 } from "../mm/uaccess.ts";

export const ET_EXEC = 2;
export const ET_DYN = 3;
export const EM_386 = 3;
export const EM_X86_64 = 62;
export const PT_LOAD = 1;
export const PT_INTERP = 3;
export const PT_NOTE = 4;
export const PT_GNU_STACK = 0x6474e551;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

const CLASS_32 = 1;
const CLASS_64 = 2;

/** The header of an ELF file, of either class. @spec elf(5) */
export interface ElfHeader {
  readonly is32Bit: boolean;
  readonly type: number;
  readonly machine: number;
  readonly entry: number;
  readonly phoff: number;
  readonly phentsize: number;
  readonly phnum: number;
}

export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
  readonly memsz: number;
  readonly align: number;
}

/** The header in the first bytes of a file; undefined when it is no ELF file. */
export function parseElfHeader(bytes: Uint8Array): ElfHeader | undefined {
  if (bytes.length < 64) return undefined;
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const is32Bit = bytes[4] === CLASS_32;
  if (!is32Bit && bytes[4] !== CLASS_64) return undefined;
  return {
    is32Bit,
    type: view.getUint16(16, true),
    machine: view.getUint16(18, true),
    entry: is32Bit ? view.getUint32(24, true) : getUint64(view, 24),
    phoff: is32Bit ? view.getUint32(28, true) : getUint64(view, 32),
    phentsize: view.getUint16(is32Bit ? 42 : 54, true),
    phnum: view.getUint16(is32Bit ? 44 : 56, true),
  };
}

/** Bytes of one program header. */
export function phdrBytes(header: ElfHeader): number {
  return header.is32Bit ? 32 : 56;
}

export function parseProgramHeaders(header: ElfHeader, bytes: Uint8Array): ProgramHeader[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headers: ProgramHeader[] = [];
  for (let i = 0; i < header.phnum; i++) {
    const at = i * phdrBytes(header);
    headers.push(header.is32Bit ? phdr32(view, at) : phdr64(view, at));
  }
  return headers;
}

function phdr32(view: DataView, at: number): ProgramHeader {
  const word = (index: number) => view.getUint32(at + index * 4, true);
  return {
    type: word(0),
    offset: word(1),
    vaddr: word(2),
    filesz: word(4),
    memsz: word(5),
    flags: word(6),
    align: word(7),
  };
}

function phdr64(view: DataView, at: number): ProgramHeader {
  return {
    type: view.getUint32(at, true),
    flags: view.getUint32(at + 4, true),
    offset: getUint64(view, at + 8),
    vaddr: getUint64(view, at + 16),
    filesz: getUint64(view, at + 32),
    memsz: getUint64(view, at + 40),
    align: getUint64(view, at + 48),
  };
}
