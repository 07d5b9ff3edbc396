/** Arrays and ring buffers in the memory of tasks. @linux kernel/bpf/arraymap.c `array_map_mmap`, ringbuf.c `ringbuf_map_mmap_kern` (6.18) */
import type { KernelMap } from "../bpf/maps/map.ts";
import type { SharedPages } from "../bpf/shared-pages.ts";
import type { Page } from "../mm/page.ts";
import { GFP_KERNEL, type PageAllocator } from "../mm/page-alloc.ts";
import { VM_FAULT_OOM, VM_FAULT_SIGBUS } from "../mm/vm-fault.ts";
import {
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_MAYWRITE,
  VM_MIXEDMAP,
  type Vma,
  type VmOperations,
} from "../mm/vma.ts";
import { countWriter } from "./bpf-mmap-writers.ts";
import type { Kernel } from "./kernel.ts";

/** The pages of one map that tasks have: the same frames for all of them, as long as anybody maps any. */
class MapVmas {
  readonly map: KernelMap;
  readonly #shared: SharedPages;
  readonly #allocator: PageAllocator;
  /** By where they lie. */
  readonly #pages = new Map<number, Page>();
  #vmas = 0;

  constructor(map: KernelMap, shared: SharedPages, allocator: PageAllocator) {
    this.map = map;
    this.#shared = shared;
    this.#allocator = allocator;
  }

  fault(index: number, mayWrite: boolean): Page | number {
    const place = this.map.pagePlace(index);
    if (place === undefined) return VM_FAULT_SIGBUS;
    const { at, copyAt } = place;
    let page = this.#pages.get(at);
    if (page === undefined) {
      page = this.#allocator.alloc("kernel", GFP_KERNEL);
      if (page === undefined) return VM_FAULT_OOM;
      this.#pages.set(at, page);
      this.#shared.share(at, page.bytes, mayWrite, copyAt);
    } else if (mayWrite) this.#shared.letWrite(at);
    page.refs++;
    return page;
  }

  open(vma: Vma): void {
    this.#vmas++;
    countWriter(vma, this.map, 1);
  }

  close(vma: Vma): void {
    countWriter(vma, this.map, -1);
    if (--this.#vmas > 0) return;
    for (const [at, page] of this.#pages) {
      this.#shared.unshare(at);
      this.#allocator.put(page);
    }
    this.#pages.clear();
  }
}

const usersOf = (vma: Vma) => vma.privateData as MapVmas;

/** @linux kernel/bpf/syscall.c `bpf_map_default_vmops` (6.18) */
const MAP_VM_OPS: VmOperations = Object.freeze({
  open: (vma: Vma) => usersOf(vma).open(vma),
  close: (vma: Vma) => usersOf(vma).close(vma),
  fault: (vma: Vma, pgoff: number) => usersOf(vma).fault(pgoff, (vma.flags & VM_MAYWRITE) !== 0),
});

/**
 * @linux mm/vmalloc.c `remap_vmalloc_range` (6.18)
 * @simplified pages are mapped when they are touched, not all at once.
 */
export function mapPages(vma: Vma, map: KernelMap, kernel: Kernel, shared: SharedPages): void {
  const all = kernel.subsystem("bpf-map-pages", () => new WeakMap<KernelMap, MapVmas>());
  const users = all.get(map) ?? new MapVmas(map, shared, vma.mm.memory.allocator);
  all.set(map, users);
  vma.flags |= VM_DONTEXPAND | VM_DONTDUMP | VM_MIXEDMAP;
  vma.privateData = users;
  vma.ops = MAP_VM_OPS;
  users.open(vma);
}
