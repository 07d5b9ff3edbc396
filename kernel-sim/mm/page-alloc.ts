import type { PhysMemory } from "../hw/phys-memory.ts";
import { invariant } from "../hw/simulator-bug.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { Page, type PageKind } from "./page.ts";

/** Blocks have up to 2^10 frames. */
const MAX_PAGE_ORDER = 10;
/** Frames of order 0 are taken from and given to the buddies by so many at a time (`pcp->batch`). */
const PCP_BATCH = 32;
const PCP_HIGH = 192;

const GFP_ZERO = 0x100;
/** `GFP_HIGHUSER_MOVABLE`: pages of processes. */
export const GFP_HIGHUSER_MOVABLE = 0x140cca;
/** `GFP_KERNEL_ACCOUNT | __GFP_ZERO`: page tables. */
export const GFP_PGTABLE = 0x400dc0;
/** `GFP_KERNEL`. */
export const GFP_KERNEL = 0xcc0;

const MIGRATE_UNMOVABLE = 0;
const MIGRATE_MOVABLE = 1;
const GFP_MOVABLE = 0x8;

/**
 * The frames of the machine: free ones in blocks of 2^order frames that split and join with their
 * buddies, with a small stock of single ones in front.
 *
 * @linux mm/page_alloc.c (6.18)
 * @simplified one zone, one migrate type, one stock for all processors; no watermarks.
 */
export class PageAllocator {
  readonly phys: PhysMemory;
  /** Frames that were free at boot (`totalram_pages`). */
  readonly totalPages: number;
  /** Frames in use, by their first number. */
  readonly pages = new Map<number, Page>();
  freePages = 0;
  /** Asked for pages that can go when there are none left; answers how many went (direct reclaim). */
  reclaim: ((pages: number) => number) | undefined = undefined;
  readonly #kernel: Kernel;
  readonly #allocEvent: number;
  readonly #freeEvent: number;
  /** First frames of free blocks, by order. */
  readonly #free: Set<number>[] = [];
  readonly #stock: number[] = [];

  /** @param reserved frames at the bottom that firmware and kernel keep. */
  constructor(kernel: Kernel, phys: PhysMemory, reserved: number) {
    this.#kernel = kernel;
    this.phys = phys;
    const { tracing } = kernel;
    const allocFields = ["pfn", "order", "gfp_flags", "migratetype"];
    this.#allocEvent = tracing.numberEvent("kmem:mm_page_alloc", allocFields);
    this.#freeEvent = tracing.numberEvent("kmem:mm_page_free", ["pfn", "order"]);
    for (let order = 0; order <= MAX_PAGE_ORDER; order++) this.#free.push(new Set());
    let pfn = reserved;
    while (pfn < phys.frames) {
      let order = MAX_PAGE_ORDER;
      while (pfn % (1 << order) !== 0 || pfn + (1 << order) > phys.frames) order--;
      this.#free[order]!.add(pfn);
      this.freePages += 1 << order;
      pfn += 1 << order;
    }
    this.totalPages = this.freePages;
  }

  /** A zeroed block of 2^order frames, or undefined when there is none. */
  alloc(kind: PageKind, gfp: number, order = 0): Page | undefined {
    let pfn = order === 0 ? this.#takeSingle() : this.#takeBlock(order);
    if (pfn < 0 && order === 0 && (this.reclaim?.(PCP_BATCH) ?? 0) > 0) pfn = this.#takeSingle();
    if (pfn < 0) return undefined;
    this.freePages -= 1 << order;
    const page = new Page(pfn, order, this.phys.frame(pfn));
    for (let i = 0; i < 1 << order; i++) this.phys.frame(pfn + i).fill(0);
    page.kind = kind;
    this.pages.set(pfn, page);
    const migratetype = (gfp & GFP_MOVABLE) !== 0 ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE;
    this.#kernel.tracing.numbers(this.#allocEvent, pfn, order, gfp | GFP_ZERO, migratetype);
    return page;
  }

  /** One holder less; the last one frees the frames. @linux mm/swap.c `folio_put` */
  put(page: Page): void {
    invariant(page.refs > 0, `frame ${page.pfn} is free already`);
    page.refs--;
    if (page.refs === 0) this.#release(page);
  }

  /** The page of a frame that is in use. */
  pageOf(pfn: number): Page {
    const page = this.pages.get(pfn);
    invariant(page !== undefined, `frame ${pfn} is not in use`);
    return page;
  }

  /** Free blocks by order, as /proc/buddyinfo shows them. */
  freeBlocks(): number[] {
    return this.#free.map((blocks) => blocks.size);
  }

  #release(page: Page): void {
    const { pfn, order } = page;
    invariant(page.mapcount === 0, `frame ${pfn} is freed while it is mapped`);
    this.pages.delete(pfn);
    this.freePages += 1 << order;
    this.#kernel.tracing.numbers(this.#freeEvent, pfn, order);
    if (order > 0) {
      this.#giveBlock(pfn, order);
      return;
    }
    this.#stock.push(pfn);
    if (this.#stock.length < PCP_HIGH) return;
    // The oldest go back: what was used last is still in the caches.
    for (const old of this.#stock.splice(0, PCP_BATCH)) this.#giveBlock(old, 0);
  }

  #takeSingle(): number {
    if (this.#stock.length === 0) {
      for (let i = 0; i < PCP_BATCH; i++) {
        const pfn = this.#takeBlock(0);
        if (pfn < 0) break;
        this.#stock.push(pfn);
      }
      // The lowest of a batch comes first.
      this.#stock.reverse();
    }
    return this.#stock.pop() ?? -1;
  }

  /** @linux mm/page_alloc.c `__rmqueue_smallest`, `expand` */
  #takeBlock(order: number): number {
    for (let from = order; from <= MAX_PAGE_ORDER; from++) {
      const blocks = this.#free[from]!;
      if (blocks.size === 0) continue;
      const [pfn] = blocks as Set<number> & Iterable<number>;
      blocks.delete(pfn!);
      for (let half = from - 1; half >= order; half--) this.#free[half]!.add(pfn! + (1 << half));
      return pfn!;
    }
    return -1;
  }

  /** @linux mm/page_alloc.c `__free_one_page` */
  #giveBlock(first: number, ofOrder: number): void {
    let pfn = first;
    let order = ofOrder;
    while (order < MAX_PAGE_ORDER) {
      const buddy = pfn ^ (1 << order);
      if (!this.#free[order]!.delete(buddy)) break;
      pfn = Math.min(pfn, buddy);
      order++;
    }
    this.#free[order]!.add(pfn);
  }
}
