import { PhysMemory } from "../hw/phys-memory.ts";
import { invariant } from "../hw/simulator-bug.ts";
import { ENOMEM } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Page } from "./page.ts";
import { GFP_KERNEL, PageAllocator } from "./page-alloc.ts";

/** What firmware and the kernel itself keep for themselves: the first MiB. */
const RESERVED_FRAMES = 256;

/**
 * The memory of one machine, and the knobs of `/proc/sys/vm`.
 *
 * @linux mm/mm_init.c, mm/util.c (6.18)
 */
export class Memory {
  readonly phys: PhysMemory;
  readonly allocator: PageAllocator;
  /** Number of the trace event of a fault in user mode. */
  readonly faultEvent: number;
  /** What untouched private memory reads as. */
  readonly zeroPage: Page;
  /** Pages promised to processes (`vm_committed_as`). */
  committed = 0;
  /** 0: refuse what can never fit; 1: promise anything; 2: keep to the limit. */
  overcommitMemory = 0;
  overcommitRatio = 50;
  maxMapCount = 65_530;
  mmapMinAddr = 65_536;
  /** In bytes. */
  stackGuardGap = 256 * 4096;
  dropCaches = 0;
  /** Pages of files on disks, in the order in which they came: what reclaim looks through. */
  readonly diskPages = new Set<Page>();
  swappiness = 60;

  /** @param phys the frames of a machine that is over: whoever takes one finds zeros in it */
  constructor(kernel: Kernel, bytes: number, phys?: PhysMemory) {
    const frames = Math.floor(bytes / 4096);
    invariant(frames > RESERVED_FRAMES && frames <= 2 ** 20, `${bytes} bytes of memory`);
    this.phys = phys?.frames === frames ? phys : new PhysMemory(frames);
    const faultFields = ["address", "ip", "error_code"];
    this.faultEvent = kernel.tracing.numberEvent("exceptions:page_fault_user", faultFields);
    this.allocator = new PageAllocator(kernel, this.phys, RESERVED_FRAMES);
    const zero = this.allocator.alloc("kernel", GFP_KERNEL);
    invariant(zero !== undefined, "no memory for the zero page");
    this.zeroPage = zero;
  }

  /** Promises `pages` more to a process, or -ENOMEM. @linux mm/util.c `__vm_enough_memory` */
  enough(pages: number, isAdmin = false): number {
    this.committed += pages;
    if (this.overcommitMemory === 1) return 0;
    const total = this.allocator.totalPages;
    if (this.overcommitMemory === 0) {
      if (pages <= total) return 0;
    } else {
      let allowed = this.commitLimit;
      if (!isAdmin) allowed -= Math.min(2048, total / 32);
      if (this.committed < allowed) return 0;
    }
    this.committed -= pages;
    return -ENOMEM;
  }

  unaccount(pages: number): void {
    this.committed -= pages;
  }

  /** In pages. */
  get commitLimit(): number {
    return Math.floor((this.allocator.totalPages * this.overcommitRatio) / 100);
  }
}

/** The memory of the machine. */
export function memoryOf(kernel: Kernel): Memory {
  return kernel.subsystem("mm", () => new Memory(kernel, kernel.memoryBytes));
}

/** The machine gets the frames of another one that is over. */
export function takeOverFrames(kernel: Kernel, over: Kernel): void {
  kernel.subsystem("mm", () => new Memory(kernel, kernel.memoryBytes, memoryOf(over).phys));
}
