import { mapVdso, vsyscallEntry } from "../arch/x86/entry/vdso/vma.ts";
import { EACCES, EINVAL, ELIBBAD, ENOEXEC, ENOMEM } from "../include/errno.ts";
import {
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "../include/uapi/mman.ts";
import { vmBrkFlags } from "../mm/brk.ts";
import { Mm } from "../mm/mm.ts";
import { RLIMIT_STACK, rlimitOf } from "../mm/mm-limits.ts";
import { doMmap } from "../mm/mmap.ts";
import { insertAnonymous } from "../mm/mmap-region.ts";
import { doMunmap, pageAlign } from "../mm/munmap.ts";
import { expandStack } from "../mm/stack-growth.ts";
import { VM_EXEC, VM_GROWSDOWN, VM_READ, VM_WRITE } from "../mm/vma.ts";
import type { ExecCreds } from "../security/commoncap-exec.ts";
import { programOfNote } from "../user/program-file.ts";
import {
  type Binfmt,
  type Binprm,
  bprmCredsFromFile,
  execfdOf,
  type LoadedImage,
} from "./binprm.ts";
import {
  type ElfHeader,
  type ElfPhdr,
  ET_DYN,
  PF_R,
  PF_W,
  PF_X,
  PT_GNU_STACK,
  PT_INTERP,
  PT_LOAD,
  PT_NOTE,
  phdrsBytes,
  readElfHeader,
  readPhdrs,
} from "./elf-headers.ts";
import {
  AT_BASE,
  AT_CLKTCK,
  AT_EGID,
  AT_ENTRY,
  AT_EUID,
  AT_EXECFD,
  AT_EXECFN,
  AT_FLAGS,
  AT_GID,
  AT_HWCAP,
  AT_HWCAP2,
  AT_MINSIGSTKSZ,
  AT_NULL,
  AT_PAGESZ,
  AT_PHDR,
  AT_PHENT,
  AT_PHNUM,
  AT_PLATFORM,
  AT_RANDOM,
  AT_RSEQ_ALIGN,
  AT_RSEQ_FEATURE_SIZE,
  AT_SECURE,
  AT_SYSINFO,
  AT_SYSINFO_EHDR,
  AT_UID,
  pointersTo,
  StackWriter,
} from "./elf-tables.ts";
import { openExec } from "./exec-open.ts";
import type { File } from "./fs.ts";
import { putExeFile } from "./open-file.ts";

const PATH_MAX = 4096;
const AT_FLAGS_PRESERVE_ARGV0 = 1;
/** CPUID 1, EDX, of a machine without more than every x86-64 has. */
const HWCAP = 0x178bfbff;
const CLOCK_TICKS = 100;
const MIN_SIGNAL_STACK = 3376;
/** A new stack is made so much larger than what lies on it (`stack_expand`). */
const STACK_ROOM = 131_072;
/** MAP_DENYWRITE is passed and ignored, as ever. */
const ELF_FLAGS = MAP_PRIVATE;

/**
 * ELF programs of x86-64 and of i386, with or without an interpreter.
 *
 * @linux fs/binfmt_elf.c `load_elf_binary` (6.18)
 * @simplified what goes wrong behind the point of no return (no memory for a segment) is an error of
 *   execve, where Linux kills the caller; addresses are not randomised. x86-64 machine code is not
 *   interpreted: a 64-bit file must name a TypeScript program.
 */
export const elfFormat: Binfmt = { name: "elf", load: loadElfBinary };

interface ElfFile {
  readonly file: File;
  readonly header: ElfHeader;
  readonly phdrs: readonly ElfPhdr[];
}

/** Where a file has come to lie. */
interface Placed {
  readonly bias: number;
  readonly base: number;
  readonly entry: number;
  readonly phdr: number;
  /** Behind the last byte of all segments. */
  readonly end: number;
}

function loadElfBinary(bprm: Binprm): LoadedImage | number {
  const elf = openElf(bprm.file, bprm.buf);
  if (typeof elf === "number") return elf;
  const program = programName(elf);
  const isKnown = program !== undefined && bprm.task.kernel.programs.has(program);
  if (!isKnown && elf.header.is64Bit) return -ENOEXEC;
  const interp = openInterpreter(bprm, elf);
  if (typeof interp === "number") return interp;
  const creds = bprmCredsFromFile(bprm, bprm.task.fs.users > 1);
  if (typeof creds === "number") {
    if (interp !== undefined) putExeFile(interp.file);
    return creds;
  }
  const mm = new Mm(bprm.task.kernel, elf.header.is64Bit ? "four-level" : "two-level");
  const image = build(bprm, mm, elf, interp, creds, program);
  if (interp !== undefined) putExeFile(interp.file);
  if (typeof image === "number") mm.exit();
  return image;
}

function openElf(file: File, buf: Uint8Array): ElfFile | number {
  const header = readElfHeader(buf);
  if (header === undefined || file.op.mmap === undefined) return -ENOEXEC;
  const bytes = phdrsBytes(header);
  if (bytes === 0) return -ENOEXEC;
  const raw = readFile(file, header.phoff, bytes);
  return raw.length < bytes ? -ENOEXEC : { file, header, phdrs: readPhdrs(header, raw) };
}

function readFile(file: File, pos: number, n: number): Uint8Array {
  return file.inode.sb.kernel.hooks.kernelRead(file, pos, n);
}

/** The dynamic linker that a program asks for. */
function openInterpreter(bprm: Binprm, elf: ElfFile): ElfFile | undefined | number {
  const phdr = elf.phdrs.find(({ type }) => type === PT_INTERP);
  if (phdr === undefined) return undefined;
  if (phdr.filesz > PATH_MAX || phdr.filesz < 2) return -ENOEXEC;
  const name = readFile(elf.file, phdr.offset, phdr.filesz);
  if (name.length < phdr.filesz || name.at(-1) !== 0) return -ENOEXEC;
  const path = String.fromCharCode(...name.subarray(0, name.indexOf(0)));
  const file = openExec(bprm.task, path);
  if (typeof file === "number") return file;
  const interp = openElf(file, readFile(file, 0, 256));
  if (typeof interp === "number" || interp.header.is64Bit !== elf.header.is64Bit) {
    putExeFile(file);
    return -ELIBBAD;
  }
  return interp;
}

function build(
  bprm: Binprm,
  mm: Mm,
  elf: ElfFile,
  interp: ElfFile | undefined,
  creds: ExecCreds,
  name: string | undefined,
): LoadedImage | number {
  mm.mmFlags = bprm.task.mm?.mmFlags.inherited() ?? mm.mmFlags;
  mm.mmFlags.dumpable = 1;
  const stack = makeStack(bprm, mm, elf);
  if (typeof stack === "number") return stack;
  const program = placeProgram(mm, elf, interp !== undefined);
  if (typeof program === "number") return program;
  mm.startBrk = pageAlign(program.end);
  mm.brk = mm.startBrk;
  const linker = interp === undefined ? undefined : place(mm, interp, undefined, false);
  if (typeof linker === "number") return linker;
  const vdso = mapVdso(mm);
  if (vdso < 0) return vdso;
  const sp = writeTables(bprm, mm, elf, program, linker, stack, creds);
  if (stack.writer.hasFailed) return -ENOMEM;
  mm.startStack = sp;
  return {
    mm,
    entry: linker?.entry ?? program.entry,
    sp,
    is32Bit: !elf.header.is64Bit,
    program: name,
    interpreter: interp === undefined ? undefined : programName(interp),
  };
}

/** A note may say for which TypeScript program the file stands. */
function programName(elf: ElfFile): string | undefined {
  for (const { type, offset, filesz } of elf.phdrs) {
    if (type !== PT_NOTE || filesz > PATH_MAX) continue;
    const name = programOfNote(readFile(elf.file, offset, filesz));
    if (name !== undefined) return name;
  }
  return undefined;
}

interface Stack {
  readonly writer: StackWriter;
  readonly filename: number;
  readonly argv: readonly number[];
  readonly envp: readonly number[];
}

/** The stack with the strings on it. @linux fs/exec.c `bprm_mm_init`, `copy_strings`, `setup_arg_pages` */
function makeStack(bprm: Binprm, mm: Mm, elf: ElfFile): Stack | number {
  const top = mm.taskSize;
  const wordBytes = elf.header.is64Bit ? 8 : 4;
  const gnuStack = elf.phdrs.find(({ type }) => type === PT_GNU_STACK);
  // Without a word about it 32-bit programs of old have an executable stack.
  const mayExec = gnuStack === undefined ? !elf.header.is64Bit : (gnuStack.flags & PF_X) !== 0;
  const strings = [bprm.filename, ...bprm.envp, ...bprm.argv];
  const bytes = strings.reduce((sum, text) => sum + text.length + 1, wordBytes);
  const flags = VM_READ | VM_WRITE | (mayExec ? VM_EXEC : 0) | VM_GROWSDOWN;
  const vma = insertAnonymous(mm, top - pageAlign(bytes), pageAlign(bytes), flags);
  const writer = new StackWriter(mm, top - wordBytes);
  const filename = writer.putString(bprm.filename);
  mm.envEnd = filename;
  for (const text of [...bprm.envp].reverse()) writer.putString(text);
  mm.envStart = writer.sp;
  mm.argEnd = writer.sp;
  for (const text of [...bprm.argv].reverse()) writer.putString(text);
  mm.argStart = writer.sp;
  const limit = Math.floor(rlimitOf(mm.kernel, RLIMIT_STACK) / 4096) * 4096;
  const isTight = vma.end - vma.start + STACK_ROOM > limit;
  const base = isTight ? vma.end - limit : vma.start - STACK_ROOM;
  if (expandStack(vma, base) !== 0) return -ENOMEM;
  return {
    writer,
    filename,
    argv: pointersTo(bprm.argv, mm.argStart),
    envp: pointersTo(bprm.envp, mm.envStart),
  };
}

/** The program itself: at its own addresses, or with an interpreter at two thirds of the address space. */
function placeProgram(mm: Mm, elf: ElfFile, hasInterp: boolean): Placed | number {
  const { header } = elf;
  if (header.type !== ET_DYN) return place(mm, elf, 0, true);
  if (!hasInterp) return place(mm, elf, undefined, true);
  const base = Math.floor(mm.taskSize / 3 / 4096) * 4096 * 2;
  const align = maximumAlignment(elf.phdrs);
  return place(mm, elf, Math.floor(base / align) * align, true);
}

function maximumAlignment(phdrs: readonly ElfPhdr[]): number {
  let most = 4096;
  for (const { type, align } of phdrs) {
    const isPower = align > 0 && align < 2 ** 31 && (align & (align - 1)) === 0;
    if (type === PT_LOAD && isPower && align > most) most = align;
  }
  return most;
}

/**
 * Maps all segments of a file; the first one decides where the others go.
 *
 * @param wanted what is added to the file's addresses; undefined: where there is room.
 */
function place(mm: Mm, elf: ElfFile, wanted: number | undefined, isMain: boolean): Placed | number {
  const loads = elf.phdrs.filter(({ type }) => type === PT_LOAD);
  const [first] = loads;
  if (first === undefined) return -EINVAL;
  const last = loads.at(-1)!;
  const total = pageAlign(last.vaddr + last.memsz - pageStart(first.vaddr));
  let bias = wanted ?? 0;
  let isPlaced = false;
  let end = 0;
  let phdr = 0;
  for (const segment of loads) {
    if (segment.filesz > segment.memsz || segment.memsz > mm.taskSize) return -EINVAL;
    const address = bias + segment.vaddr;
    const flags = isPlaced ? MAP_FIXED : wanted === undefined ? 0 : MAP_FIXED_NOREPLACE;
    const mapped = elfLoad(mm, elf.file, address, segment, flags, isPlaced ? 0 : total);
    if (mapped < 0) return mapped;
    if (!isPlaced) {
      isPlaced = true;
      if (wanted === undefined) bias = mapped - pageStart(segment.vaddr);
    }
    const { phoff } = elf.header;
    if (segment.offset <= phoff && phoff < segment.offset + segment.filesz) {
      phdr = bias + segment.vaddr + phoff - segment.offset;
    }
    end = Math.max(end, bias + segment.vaddr + segment.memsz);
    if (end > mm.taskSize) return -EINVAL;
    if (isMain) noteCode(mm, segment, bias);
  }
  return { bias, base: bias + pageStart(first.vaddr), entry: bias + elf.header.entry, phdr, end };
}

function noteCode(mm: Mm, segment: ElfPhdr, bias: number): void {
  const start = bias + segment.vaddr;
  const end = start + segment.filesz;
  const isCode = (segment.flags & PF_X) !== 0;
  if (isCode && (mm.startCode === 0 || start < mm.startCode)) mm.startCode = start;
  if (isCode && end > mm.endCode) mm.endCode = end;
  if (start > mm.startData) mm.startData = start;
  if (end > mm.endData) mm.endData = end;
}

function pageStart(address: number): number {
  return Math.floor(address / 4096) * 4096;
}

function protOf(segment: ElfPhdr): number {
  return (
    ((segment.flags & PF_R) !== 0 ? PROT_READ : 0) |
    ((segment.flags & PF_W) !== 0 ? PROT_WRITE : 0) |
    ((segment.flags & PF_X) !== 0 ? PROT_EXEC : 0)
  );
}

/** One segment: from the file, and zeros behind it. @linux fs/binfmt_elf.c `elf_load` */
function elfLoad(
  mm: Mm,
  file: File,
  address: number,
  segment: ElfPhdr,
  flags: number,
  total: number,
): number {
  const prot = protOf(segment);
  const offset = address - pageStart(address);
  let mapped = pageStart(address);
  let zeroStart = address;
  if (segment.filesz > 0) {
    mapped = elfMap(mm, file, address, segment, prot, flags, total);
    if (mapped < 0) return mapped;
    zeroStart = mapped + offset + segment.filesz;
    const rest = pageAlign(zeroStart) - zeroStart;
    if (segment.memsz > segment.filesz && rest > 0) {
      const written = mm.copyToUser(zeroStart, new Uint8Array(rest));
      if (written < rest && (segment.flags & PF_W) !== 0) return -EACCES;
    }
  }
  if (segment.memsz <= segment.filesz) return mapped;
  const end = pageAlign(mapped + offset + segment.memsz);
  const start = segment.filesz > 0 ? pageAlign(zeroStart) : mapped;
  if (end <= start) return mapped;
  const result = vmBrkFlags(mm, start, end - start, (prot & PROT_EXEC) !== 0 ? VM_EXEC : 0);
  return result < 0 ? result : mapped;
}

/** @linux fs/binfmt_elf.c `elf_map` */
function elfMap(
  mm: Mm,
  file: File,
  address: number,
  segment: ElfPhdr,
  prot: number,
  flags: number,
  total: number,
): number {
  const start = pageStart(address);
  const bytes = pageAlign(segment.filesz + address - start);
  const pgoff = (segment.offset - (address - start)) / 4096;
  if (!Number.isInteger(pgoff) || pgoff < 0) return -EINVAL;
  // The first mapping takes the room for all of the file, so that the others find their places.
  const len = Math.max(bytes, total);
  const mapped = doMmap(mm, file, start, len, prot, ELF_FLAGS | flags, pgoff);
  if (mapped >= 0 && len > bytes) doMunmap(mm, mapped + bytes, len - bytes);
  return mapped;
}

/** What a program finds on its stack: arguments, environment, auxiliary vector. @linux `create_elf_tables` */
function writeTables(
  bprm: Binprm,
  mm: Mm,
  elf: ElfFile,
  program: Placed,
  linker: Placed | undefined,
  stack: Stack,
  creds: ExecCreds,
): number {
  const { writer } = stack;
  const { header } = elf;
  const wordBytes = header.is64Bit ? 8 : 4;
  writer.sp = Math.floor(writer.sp / 16) * 16;
  const platform = writer.putString(header.is64Bit ? "x86_64" : "i686");
  const random = writer.put(randomBytes(mm));
  const auxv: (readonly [number, number])[] = [];
  if (!header.is64Bit) auxv.push([AT_SYSINFO, vsyscallEntry(mm)]);
  auxv.push(
    [AT_SYSINFO_EHDR, mm.vdso],
    [AT_MINSIGSTKSZ, MIN_SIGNAL_STACK],
    [AT_HWCAP, HWCAP],
    [AT_PAGESZ, 4096],
    [AT_CLKTCK, CLOCK_TICKS],
    [AT_PHDR, program.phdr],
    [AT_PHENT, header.phentsize],
    [AT_PHNUM, header.phnum],
    [AT_BASE, linker?.base ?? 0],
    [AT_FLAGS, bprm.preservesArgv0 ? AT_FLAGS_PRESERVE_ARGV0 : 0],
    [AT_ENTRY, program.entry],
    [AT_UID, creds.cred.uid],
    [AT_EUID, creds.cred.euid],
    [AT_GID, creds.cred.gid],
    [AT_EGID, creds.cred.egid],
    [AT_SECURE, creds.isSecure ? 1 : 0],
    [AT_RANDOM, random],
    [AT_HWCAP2, 2],
    [AT_EXECFN, stack.filename],
    [AT_PLATFORM, platform],
    [AT_RSEQ_FEATURE_SIZE, 28],
    [AT_RSEQ_ALIGN, 32],
  );
  if (bprm.hasExecfd) auxv.push([AT_EXECFD, execfdOf(bprm)]);
  auxv.push([AT_NULL, 0]);
  const vector = auxv.flat();
  writer.putWords([bprm.argv.length, ...stack.argv, 0, ...stack.envp, 0, ...vector], wordBytes);
  const bytes = new Uint8Array(vector.length * wordBytes);
  mm.copyFromUser(writer.sp + (bprm.argv.length + bprm.envp.length + 3) * wordBytes, bytes);
  mm.savedAuxv = bytes;
  return writer.sp;
}

function randomBytes(mm: Mm): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 16; at += 4) view.setInt32(at, mm.kernel.random.nextInt32(), true);
  return bytes;
}
