import { ELIBBAD, ENOEXEC, ENOMEM } from "../include/errno.ts";
import { MAP_FIXED_NOREPLACE, MAP_PRIVATE } from "../include/uapi/mman.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { Mm, PAGE_SIZE } from "../mm/mm.ts";
import { doMmap } from "../mm/mmap.ts";
import { insertAnonymous } from "../mm/mmap-region.ts";
import { VM_EXEC, VM_READ, VM_WRITE } from "../mm/vma.ts";
import { programOfNote } from "../user/program-file.ts";
import { setupStack } from "./binfmt-elf-stack.ts";
import type { Binfmt, Binprm, LoadedImage } from "./binprm.ts";
import {
  type ElfHeader,
  EM_386,
  EM_X86_64,
  ET_DYN,
  ET_EXEC,
  PF_R,
  PF_W,
  PF_X,
  type ProgramHeader,
  PT_GNU_STACK,
  PT_INTERP,
  PT_LOAD,
  PT_NOTE,
  parseElfHeader,
  parseProgramHeaders,
  phdrBytes,
} from "./elf-headers.ts";
import { openExec } from "./exec-open.ts";
import type { File } from "./fs.ts";
import { putExeFile } from "./open-file.ts";

const PATH_MAX = 4096;
/** `ELF_MIN_ALIGN`: at most this many bytes of program headers. */
const PHDRS_MAX = 65536;

/** An ELF file with its headers read. */
interface ElfFile {
  readonly file: File;
  readonly header: ElfHeader;
  readonly segments: readonly ProgramHeader[];
}

/**
 * ELF programs: i386 and x86-64, static or with an interpreter.
 *
 * @linux fs/binfmt_elf.c `load_elf_binary` (6.18)
 * @simplified the new address space is built before the old one is given up, so what Linux answers with SIGKILL
 * (a segment that cannot be mapped) is an error of execve here. Addresses are
 * not randomised. x86-64 machine code is not interpreted: a 64-bit file must name a TypeScript program.
 */
export const elfFormat: Binfmt = {
  name: "elf",
  load(bprm) {
    const elf = readElf(bprm.task.kernel, bprm.file, bprm.buf);
    if (typeof elf === "number") return elf;
    const interpreter = findInterpreter(bprm, elf);
    if (typeof interpreter === "number") return interpreter;
    const image = loadImage(bprm, elf, interpreter);
    if (interpreter !== undefined) putExeFile(interpreter.file);
    return image;
  },
};

function readElf(kernel: Kernel, file: File, start: Uint8Array): ElfFile | number {
  const header = parseElfHeader(start);
  if (header === undefined) return -ENOEXEC;
  if (header.type !== ET_EXEC && header.type !== ET_DYN) return -ENOEXEC;
  if (header.machine !== (header.is32Bit ? EM_386 : EM_X86_64)) return -ENOEXEC;
  const size = header.phnum * phdrBytes(header);
  if (header.phentsize !== phdrBytes(header) || size === 0 || size > PHDRS_MAX) return -ENOEXEC;
  const bytes = kernel.hooks.kernelRead(file, header.phoff, size);
  if (bytes.length < size) return -ENOEXEC;
  return { file, header, segments: parseProgramHeaders(header, bytes) };
}

/** The dynamic linker that PT_INTERP names. */
function findInterpreter(bprm: Binprm, elf: ElfFile): ElfFile | undefined | number {
  const { kernel } = bprm.task;
  const segment = elf.segments.find(({ type }) => type === PT_INTERP);
  if (segment === undefined) return undefined;
  if (segment.filesz > PATH_MAX || segment.filesz < 2) return -ENOEXEC;
  const path = kernel.hooks.kernelRead(elf.file, segment.offset, segment.filesz);
  if (path.length < segment.filesz || path.at(-1) !== 0) return -ENOEXEC;
  const file = openExec(bprm.task, String.fromCharCode(...path.subarray(0, path.indexOf(0))));
  if (typeof file === "number") return file;
  const interpreter = readElf(kernel, file, kernel.hooks.kernelRead(file, 0, 256));
  if (typeof interpreter !== "number") return interpreter;
  putExeFile(file);
  return -ELIBBAD;
}

function loadImage(
  bprm: Binprm,
  elf: ElfFile,
  interpreter: ElfFile | undefined,
): LoadedImage | number {
  const { kernel } = bprm.task;
  const program = noteProgram(kernel, elf);
  const isKnown = program !== undefined && kernel.programs.has(program);
  if (!isKnown && !elf.header.is32Bit) return -ENOEXEC;
  const mm = new Mm(kernel, elf.header.is32Bit ? "two-level" : "four-level");
  const stackFlags =
    elf.segments.find(({ type }) => type === PT_GNU_STACK)?.flags ?? PF_R | PF_W | PF_X;
  const bias = elf.header.type === ET_DYN ? dynamicBase(mm, interpreter !== undefined) : 0;
  const mapped = mapSegments(mm, elf, bias);
  if (mapped < 0) return discard(mm, mapped);
  let entry = elf.header.entry + bias;
  let interpreterBase = 0;
  if (interpreter !== undefined) {
    interpreterBase = interpreter.header.type === ET_DYN ? interpreterLoadBase(mm, interpreter) : 0;
    const end = mapSegments(mm, interpreter, interpreterBase);
    if (end < 0) return discard(mm, end);
    entry = interpreter.header.entry + interpreterBase;
  }
  mm.startBrk = mapped;
  mm.brk = mapped;
  const sp = setupStack(mm, bprm, {
    flags: (stackFlags & PF_X) === 0 ? VM_READ | VM_WRITE : VM_READ | VM_WRITE | VM_EXEC,
    is32Bit: elf.header.is32Bit,
    programHeaders: bias + headersAddress(elf),
    phentsize: elf.header.phentsize,
    phnum: elf.header.phnum,
    entry: elf.header.entry + bias,
    interpreterBase,
  });
  if (sp < 0) return discard(mm, sp);
  return { mm, entry, sp, is32Bit: elf.header.is32Bit, program };
}

function discard(mm: Mm, error: number): number {
  mm.exit();
  return error;
}

/** Position-independent programs with an interpreter lie at two thirds of the address space, others where mmap puts them. */
function dynamicBase(mm: Mm, hasInterpreter: boolean): number {
  if (!hasInterpreter) return mm.mmapBase - 16 * 1024 * 1024;
  return Math.floor(((mm.taskSize / 3) * 2) / PAGE_SIZE) * PAGE_SIZE;
}

function interpreterLoadBase(mm: Mm, interpreter: ElfFile): number {
  const loads = interpreter.segments.filter(({ type }) => type === PT_LOAD);
  const end = Math.max(0, ...loads.map(({ vaddr, memsz }) => vaddr + memsz));
  return mm.mmapBase - pageUp(end);
}

/** Maps the PT_LOAD segments: the first address behind them, or a negative errno. @linux `elf_load` */
function mapSegments(mm: Mm, elf: ElfFile, bias: number): number {
  let end = 0;
  for (const segment of elf.segments) {
    if (segment.type !== PT_LOAD) continue;
    if (segment.filesz > segment.memsz || segment.vaddr + segment.memsz > mm.taskSize) {
      return -ENOMEM;
    }
    const error = mapSegment(mm, elf.file, segment, bias);
    if (error < 0) return error;
    const start = segment.vaddr + bias;
    end = Math.max(end, start + segment.memsz);
    noteRange(mm, segment, start);
  }
  return end === 0 ? -ENOEXEC : pageUp(end);
}

function mapSegment(mm: Mm, file: File, segment: ProgramHeader, bias: number): number {
  const start = segment.vaddr + bias;
  const pageStart = pageDown(start);
  const prot =
    ((segment.flags & PF_R) !== 0 ? VM_READ : 0) |
    ((segment.flags & PF_W) !== 0 ? VM_WRITE : 0) |
    ((segment.flags & PF_X) !== 0 ? VM_EXEC : 0);
  let anonymousStart = pageStart;
  if (segment.filesz > 0) {
    const fileEnd = start + segment.filesz;
    const length = pageUp(fileEnd) - pageStart;
    const pgoff = pageDown(segment.offset) / PAGE_SIZE;
    const flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE;
    const at = doMmap(mm, file, pageStart, length, prot, flags, pgoff);
    if (at < 0) return at;
    anonymousStart = pageStart + length;
    // The rest of the last page does not belong to the file's contents; only writable data can care.
    if (segment.memsz > segment.filesz && (segment.flags & PF_W) !== 0) {
      mm.copyToUser(fileEnd, new Uint8Array(anonymousStart - fileEnd));
    }
  }
  const anonymousEnd = pageUp(start + segment.memsz);
  if (anonymousEnd > anonymousStart) {
    if (mm.memory.enough((anonymousEnd - anonymousStart) / PAGE_SIZE) !== 0) return -ENOMEM;
    mm.memory.unaccount((anonymousEnd - anonymousStart) / PAGE_SIZE);
    insertAnonymous(mm, anonymousStart, anonymousEnd - anonymousStart, prot);
  }
  return 0;
}

/** What /proc/PID/stat calls code and data. */
function noteRange(mm: Mm, segment: ProgramHeader, start: number): void {
  const end = start + segment.filesz;
  if ((segment.flags & PF_X) !== 0) {
    mm.startCode = mm.startCode === 0 ? start : Math.min(mm.startCode, start);
    mm.endCode = Math.max(mm.endCode, end);
  }
  mm.startData = Math.max(mm.startData, start);
  mm.endData = Math.max(mm.endData, end);
}

/** Address of the program headers in memory, before the bias (AT_PHDR). */
function headersAddress(elf: ElfFile): number {
  const { phoff } = elf.header;
  const holder = elf.segments.find(
    ({ type, offset, filesz }) => type === PT_LOAD && phoff >= offset && phoff < offset + filesz,
  );
  return holder === undefined ? 0 : phoff - holder.offset + holder.vaddr;
}

function noteProgram(kernel: Kernel, elf: ElfFile): string | undefined {
  const note = elf.segments.find(({ type }) => type === PT_NOTE);
  if (note === undefined) return undefined;
  return programOfNote(kernel.hooks.kernelRead(elf.file, note.offset, note.filesz));
}

function pageDown(address: number): number {
  return Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
}

function pageUp(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}
