import { getUint64 } from "../mm/uaccess.ts";

/** ELF: `include/uapi/linux/elf.h` (6.18). */
export const ET_EXEC = 2;
export const ET_DYN = 3;
const EM_386 = 3;
const EM_X86_64 = 62;
export const PT_LOAD = 1;
export const PT_INTERP = 3;
export const PT_NOTE = 4;
export const PT_GNU_STACK = 0x6474e551;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

/** The header of a file, of either class. @spec ELF-64 Object File Format 1.5 */
export interface ElfHeader {
  readonly is64Bit: boolean;
  readonly type: number;
  readonly machine: number;
  readonly entry: number;
  readonly phoff: number;
  readonly phentsize: number;
  readonly phnum: number;
}

/** A segment. */
export interface ElfPhdr {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
  readonly memsz: number;
  readonly align: number;
}

const CLASS_64 = 2;
const CLASS_32 = 1;
/** Program headers of more than a page are not read. */
const PHDRS_BYTES_MAX = 4096;

/** The header at the beginning of `buf`, undefined when it is none or of another machine. */
export function readElfHeader(buf: Uint8Array): ElfHeader | undefined {
  if (buf.length < 64) return undefined;
  if (buf[0] !== 0x7f || buf[1] !== 0x45 || buf[2] !== 0x4c || buf[3] !== 0x46) return undefined;
  const view = new DataView(buf.buffer, buf.byteOffset, buf.length);
  const is64Bit = buf[4] === CLASS_64;
  if (!is64Bit && buf[4] !== CLASS_32) return undefined;
  const type = view.getUint16(16, true);
  const machine = view.getUint16(18, true);
  if (type !== ET_EXEC && type !== ET_DYN) return undefined;
  if (machine !== (is64Bit ? EM_X86_64 : EM_386)) return undefined;
  return {
    ...{ is64Bit, type, machine },
    entry: is64Bit ? getUint64(view, 24) : view.getUint32(24, true),
    phoff: is64Bit ? getUint64(view, 32) : view.getUint32(28, true),
    phentsize: view.getUint16(is64Bit ? 54 : 42, true),
    phnum: view.getUint16(is64Bit ? 56 : 44, true),
  };
}

/** How many bytes of program headers there are; 0 when they are not as they must be. */
export function phdrsBytes(header: ElfHeader): number {
  if (header.phentsize !== (header.is64Bit ? 56 : 32)) return 0;
  const bytes = header.phentsize * header.phnum;
  return bytes <= PHDRS_BYTES_MAX ? bytes : 0;
}

/** The program headers in `bytes`. @linux fs/binfmt_elf.c `load_elf_phdrs` */
export function readPhdrs(header: ElfHeader, bytes: Uint8Array): ElfPhdr[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const phdrs: ElfPhdr[] = [];
  for (let i = 0; i < header.phnum; i++) {
    const at = i * header.phentsize;
    phdrs.push(header.is64Bit ? phdr64(view, at) : phdr32(view, at));
  }
  return phdrs;
}

function phdr64(view: DataView, at: number): ElfPhdr {
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

function phdr32(view: DataView, at: number): ElfPhdr {
  return {
    type: view.getUint32(at, true),
    offset: view.getUint32(at + 4, true),
    vaddr: view.getUint32(at + 8, true),
    filesz: view.getUint32(at + 16, true),
    memsz: view.getUint32(at + 20, true),
    flags: view.getUint32(at + 24, true),
    align: view.getUint32(at + 28, true),
  };
}
