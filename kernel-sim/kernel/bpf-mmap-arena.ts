/** Arenas in the memory of tasks. @linux kernel/bpf/arena.c `arena_vm_ops` (6.18) */
import type { ArenaMap, ArenaUsers } from "../bpf/maps/arena.ts";
import type { SharedPages } from "../bpf/shared-pages.ts";
import { EINVAL } from "../include/errno.ts";
import type { Page } from "../mm/page.ts";
import { GFP_KERNEL, type PageAllocator } from "../mm/page-alloc.ts";
import { VM_FAULT_OOM, VM_FAULT_SIGSEGV } from "../mm/vm-fault.ts";
import { VM_DONTCOPY, VM_DONTEXPAND, type Vma, type VmOperations } from "../mm/vma.ts";
import { zapRange } from "../mm/zap.ts";
import { countWriter } from "./bpf-mmap-writers.ts";

const PAGE_SIZE = 4096;

/** Who has pages of one arena: the same frames for all of them. */
class ArenaVmas implements ArenaUsers {
  readonly vmas = new Set<Vma>();
  readonly #arena: ArenaMap;
  readonly #shared: SharedPages;
  readonly #allocator: PageAllocator;
  /** By their number in the arena. */
  readonly #pages = new Map<number, Page>();

  constructor(arena: ArenaMap, shared: SharedPages, allocator: PageAllocator) {
    this.#arena = arena;
    this.#shared = shared;
    this.#allocator = allocator;
  }

  /** @linux kernel/bpf/arena.c `arena_vm_fault` (6.18) */
  fault(index: number): Page | number {
    const place = this.#arena.faultPage(index);
    if (place === 0) return VM_FAULT_SIGSEGV;
    const page = this.#pages.get(index) ?? this.#allocator.alloc("kernel", GFP_KERNEL);
    if (page === undefined) return VM_FAULT_OOM;
    if (!this.#pages.has(index)) {
      this.#pages.set(index, page);
      this.#shared.share(place, page.bytes);
    }
    page.refs++;
    return page;
  }

  /** @linux kernel/bpf/arena.c `zap_pages` (6.18) */
  drop(index: number, place: number): void {
    const page = this.#pages.get(index);
    if (page === undefined) return;
    this.#pages.delete(index);
    this.#shared.unshare(place);
    for (const vma of this.vmas) {
      const start = vma.start + index * PAGE_SIZE;
      zapRange(vma, start, start + PAGE_SIZE, { dropMarkers: true });
    }
    this.#allocator.put(page);
  }
}

interface ArenaVma {
  readonly users: ArenaVmas;
  readonly arena: ArenaMap;
}

const arenaOf = (vma: Vma) => vma.privateData as ArenaVma;

const ARENA_VM_OPS: VmOperations = Object.freeze({
  close(vma: Vma): void {
    const { users, arena } = arenaOf(vma);
    users.vmas.delete(vma);
    countWriter(vma, arena, -1);
  },
  // A part of it cannot be given back.
  maySplit: () => -EINVAL,
  fault: (vma: Vma, pgoff: number) => arenaOf(vma).users.fault(pgoff),
});

/** @linux kernel/bpf/arena.c `arena_map_mmap` (6.18) */
export function mapArena(vma: Vma, arena: ArenaMap, shared: SharedPages): void {
  const users =
    arena.users instanceof ArenaVmas
      ? arena.users
      : new ArenaVmas(arena, shared, vma.mm.memory.allocator);
  arena.users = users;
  users.vmas.add(vma);
  vma.flags |= VM_DONTEXPAND | VM_DONTCOPY;
  vma.privateData = { users, arena } satisfies ArenaVma;
  vma.ops = ARENA_VM_OPS;
  countWriter(vma, arena, 1);
}
