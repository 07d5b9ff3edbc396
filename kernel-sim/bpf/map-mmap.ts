import { EACCES, EBADF, EINVAL, ENODEV, ENOTSUPP, EPERM } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";
import { ArenaMap } from "./maps/arena.ts";
import { BPF_F_RDONLY, BPF_F_RDONLY_PROG, BPF_F_WRONLY, PAGE_SIZE } from "./maps/flags.ts";
import type { KernelMap, MappedPages } from "./maps/map.ts";

/** What mmap(2) on the descriptor of a map asks for. */
export interface MapMmapAttr {
  readonly fd: number;
  /** Where it is to be; 0 or none: anywhere. */
  readonly address?: number;
  readonly lengthBytes: number;
  /** In bytes, a multiple of the size of a page. */
  readonly offset: number;
  /** PROT_WRITE beside PROT_READ. */
  readonly isWritable: boolean;
  /** MAP_SHARED, not MAP_PRIVATE. */
  readonly isShared: boolean;
}

/** Memory of a map that user space sees and, if it may, writes. */
export class MapMapping {
  readonly lengthBytes: number;
  readonly isWritable: boolean;
  readonly #map: KernelMap;
  readonly #pages: MappedPages;
  readonly #done: () => void;
  #isMapped = true;

  /** @param done is called when it is given up */
  constructor(
    map: KernelMap,
    pages: MappedPages,
    lengthBytes: number,
    isWritable: boolean,
    done: () => void = () => {},
  ) {
    this.#map = map;
    this.#done = done;
    this.#pages = pages;
    this.lengthBytes = lengthBytes;
    this.isWritable = isWritable;
    if (isWritable) map.writers++;
  }

  /** undefined: what would be SIGSEGV. */
  read(at: number, lengthBytes: number): Uint8Array | undefined {
    return this.#holds(at, lengthBytes) ? this.#pages.read(at, lengthBytes) : undefined;
  }

  /** false: what would be SIGSEGV. */
  write(at: number, bytes: Uint8Array): boolean {
    if (!this.isWritable || !this.#holds(at, bytes.length)) return false;
    return this.#pages.write(at, bytes);
  }

  #holds(at: number, lengthBytes: number): boolean {
    return this.#isMapped && at >= 0 && lengthBytes >= 0 && at + lengthBytes <= this.lengthBytes;
  }

  /** munmap(2): a map that nobody can write through memory may be frozen again. */
  unmap(): void {
    if (!this.#isMapped) return;
    if (this.isWritable) this.#map.writers--;
    this.#isMapped = false;
    this.#done();
  }
}

/**
 * @linux mm/mmap.c `do_mmap`, kernel/bpf/syscall.c `bpf_map_mmap` (6.18)
 * @spec mmap(2)
 */
export function mapMmap(kernel: BpfKernel, attr: MapMmapAttr): MapMapping | number {
  const { fd, offset, isWritable } = attr;
  if (!kernel.hasFile(fd)) return -EBADF;
  const lengthBytes = Math.ceil(attr.lengthBytes / PAGE_SIZE) * PAGE_SIZE;
  if (lengthBytes === 0 || offset % PAGE_SIZE !== 0) return -EINVAL;
  const map = kernel.mapOfFd(fd);
  if (map === undefined) return -ENODEV;
  const fileFlags = kernel.fileFlagsOf(fd);
  if ((fileFlags & BPF_F_WRONLY) !== 0) return -EACCES;
  if (attr.isShared && isWritable && (fileFlags & BPF_F_RDONLY) !== 0) return -EACCES;
  // On a descriptor without writing no mapping is shared.
  const err = mayMap(map, isWritable, attr.isShared && (fileFlags & BPF_F_RDONLY) === 0);
  if (err !== 0) return err;
  const { address = 0 } = attr;
  const pages = map.mapPages(offset / PAGE_SIZE, lengthBytes / PAGE_SIZE, isWritable, address);
  if (typeof pages === "number") return pages;
  // It stays when its descriptor is closed.
  kernel.objects.hold(map);
  const done = () => kernel.objects.release(map);
  return new MapMapping(map, inTurn(kernel, pages), lengthBytes, isWritable, done);
}

/** Whether memory of a map can be seen from user space. */
function mayMap(map: KernelMap, isWritable: boolean, isShared: boolean): 0 | number {
  if (!map.isMappable || map.types?.record !== undefined) return -ENOTSUPP;
  if (!isShared) return -EINVAL;
  if (isWritable && map.frozen) return -EPERM;
  // The verifier takes what programs cannot change for constant.
  return isWritable && (map.attr.mapFlags & BPF_F_RDONLY_PROG) !== 0 ? -EACCES : 0;
}

/** Tasks may have some of the pages. */
function inTurn({ sharedPages }: BpfKernel, pages: MappedPages): MappedPages {
  return {
    read: (at, length) => sharedPages.within(() => pages.read(at, length)),
    write: (at, bytes) => sharedPages.within(() => pages.write(at, bytes)),
  };
}

/** A range in the memory of a task. */
export interface TaskRange {
  readonly start: number;
  readonly end: number;
  /** The first page of the map in it. */
  readonly page: number;
  readonly isShared: boolean;
  readonly isWritable: boolean;
}

/** The same, by a task that has its descriptor: 0 or a negative errno. Who may write is counted in `writers`. */
export function mmapByTask(map: KernelMap, range: TaskRange): 0 | number {
  const { start, end, page, isShared, isWritable } = range;
  const err = mayMap(map, isWritable, isShared);
  if (err !== 0) return err;
  if (map instanceof ArenaMap) return map.mapUser(start, end);
  const pages = map.mapPages(page, (end - start) / PAGE_SIZE, isWritable, 0);
  return typeof pages === "number" ? pages : 0;
}
