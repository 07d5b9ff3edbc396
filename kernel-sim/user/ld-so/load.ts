import { PT_DYNAMIC } from "../../arch/x86/asm/elf-dynamic.ts";
import { O_CLOEXEC } from "../../include/uapi/fcntl.ts";
import {
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_FIXED,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "../../include/uapi/mman.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { LinkMap, type MappedSegment } from "./link-map.ts";
import type { LinkerState } from "./linker-state.ts";

const PAGE = 4096;
/** What is read of a file at first. */
const HEAD_BYTES = 512;
const PT_LOAD = 1;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_386 = 3;

/** The file is there, and nobody wants it to be loaded. */
const NOT_LOADED: LoadFailure = Object.freeze({ message: "", isOther: false });

/** Why a file cannot be loaded, in ld.so's words; `isOther`: the search goes on elsewhere. */
export interface LoadFailure {
  readonly message: string;
  readonly isOther: boolean;
}

interface Segment {
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
  readonly memsz: number;
}

/**
 * Opens a library's file and maps it; undefined when there is none, the map that there is already when it was loaded
 * under another name.
 *
 * @spec glibc elf/dl-load.c `open_verify`, `_dl_map_object_from_fd`
 */
export function* loadFile(
  sys: Sys,
  state: LinkerState,
  path: string,
): SysCall<LinkMap | LoadFailure | undefined> {
  const fd = yield* sys.open(path, O_CLOEXEC);
  if (fd < 0) return undefined;
  const head = yield* sys.read(fd, HEAD_BYTES);
  const wrong = typeof head === "number" ? failure("cannot read file data") : problemOf(head);
  const status = wrong === undefined ? yield* sys.fstat(fd) : 0;
  if (wrong !== undefined || typeof status === "number" || typeof head === "number") {
    yield* sys.close(fd);
    return wrong ?? failure("cannot stat shared object");
  }
  const identity = `${status.dev}:${status.ino}`;
  const known = state.maps.find((map) => map.identity === identity);
  const mapped =
    known ??
    (state.isOnlyLooking ? NOT_LOADED : yield* mapFile(sys, state, path, identity, fd, head));
  yield* sys.close(fd);
  return mapped;
}

function failure(message: string, isOther = false): LoadFailure {
  return { message, isOther };
}

function problemOf(head: Uint8Array): LoadFailure | undefined {
  if (head.length < 52) return failure("file too short");
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (view.getUint32(0) !== 0x7f454c46) return failure("invalid ELF header");
  if (head[4] !== 1) return failure("wrong ELF class: ELFCLASS64", true);
  if (view.getUint16(18, true) !== EM_386)
    return failure("ELF file machine architecture mismatch", true);
  const type = view.getUint16(16, true);
  if (type !== ET_DYN && type !== ET_EXEC) return failure("only ET_DYN and ET_EXEC can be loaded");
  if (view.getUint16(42, true) !== 32) return failure("ELF file's phentsize not the expected size");
  return undefined;
}

function* mapFile(
  sys: Sys,
  state: LinkerState,
  path: string,
  identity: string,
  fd: number,
  head: Uint8Array,
): SysCall<LinkMap | LoadFailure> {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const phoff = view.getUint32(28, true);
  const phnum = view.getUint16(44, true);
  if (phoff + phnum * 32 > head.length) return failure("cannot read file data");
  const segments: Segment[] = [];
  let dynamic = 0;
  for (let i = 0; i < phnum; i++) {
    const word = (field: number) => view.getUint32(phoff + i * 32 + field * 4, true);
    if (word(0) === PT_DYNAMIC) dynamic = word(2);
    if (word(0) !== PT_LOAD) continue;
    segments.push({
      ...{ offset: word(1), vaddr: word(2), filesz: word(4), memsz: word(5), flags: word(6) },
    });
  }
  const first = segments[0];
  const last = segments.at(-1);
  if (first === undefined || last === undefined)
    return failure("object file has no loadable segments");
  const isProgram = view.getUint16(16, true) === ET_EXEC;
  // Only the program that the linker was started for may be one.
  const isMain = state.maps.length === 0;
  if (isProgram && !isMain) return failure("cannot dynamically load executable");
  if (dynamic === 0 && !isMain) return failure("object file has no dynamic section");
  const low = pageDown(first.vaddr);
  const length = pageUp(last.vaddr + last.memsz) - low;
  // The first mapping holds the room for all of the file, so that the others find their places.
  const flags = MAP_PRIVATE | MAP_DENYWRITE | (isProgram ? MAP_FIXED : 0);
  const start = yield* sys.mmap(
    isProgram ? low : 0,
    length,
    protOf(first),
    flags,
    fd,
    pageDown(first.offset),
  );
  if (start < 0) return failure("failed to map segment from shared object");
  const base = start - low;
  const mapped: MappedSegment[] = [];
  for (const segment of segments) {
    const error = yield* mapSegment(sys, state, fd, base, segment, segment === first);
    if (error < 0) return failure("failed to map segment from shared object");
    mapped.push({
      start: base + pageDown(segment.vaddr),
      end: base + pageUp(segment.vaddr + segment.memsz),
      prot: protOf(segment),
    });
  }
  const at = dynamic === 0 ? 0 : base + dynamic;
  const file = { name: path, base, dynamic: at, isMain, identity };
  return new LinkMap(state.memory, { ...file, segments: mapped });
}

function* mapSegment(
  sys: Sys,
  state: LinkerState,
  fd: number,
  base: number,
  segment: Segment,
  isFirst: boolean,
): SysCall {
  const start = base + pageDown(segment.vaddr);
  const fileEnd = base + segment.vaddr + segment.filesz;
  const prot = protOf(segment);
  if (!isFirst && segment.filesz > 0) {
    const flags = MAP_PRIVATE | MAP_FIXED | MAP_DENYWRITE;
    const length = pageUp(fileEnd) - start;
    const at = yield* sys.mmap(start, length, prot, flags, fd, pageDown(segment.offset));
    if (at < 0) return at;
  }
  if (segment.memsz <= segment.filesz) return 0;
  // Behind the file's bytes come zeros: the rest of the last page, then pages of their own.
  const zeros = segment.filesz > 0 ? pageUp(fileEnd) : start;
  if (segment.filesz > 0 && (prot & PROT_WRITE) !== 0) {
    state.memory.setBytes(fileEnd, new Uint8Array(zeros - fileEnd));
  }
  const end = pageUp(base + segment.vaddr + segment.memsz);
  if (end <= zeros) return 0;
  return yield* sys.mmap(zeros, end - zeros, prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
}

function protOf({ flags }: Segment): number {
  return (
    ((flags & 4) !== 0 ? PROT_READ : 0) |
    ((flags & 2) !== 0 ? PROT_WRITE : 0) |
    ((flags & 1) !== 0 ? PROT_EXEC : 0)
  );
}

function pageDown(address: number): number {
  return Math.floor(address / PAGE) * PAGE;
}

function pageUp(address: number): number {
  return Math.ceil(address / PAGE) * PAGE;
}
