import type { Kernel } from "../kernel/kernel.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { WaitQueueHead, waitEventKillable } from "../kernel/wait.ts";
import { memoryOf } from "./mm-init.ts";
import type { Page } from "./page.ts";

/** How long a writer rests at a time until others have made room. @linux mm/page-writeback.c `MAX_PAUSE` (6.18) */
const PAUSE_NS = 200e6;

/** The page differs from the disk from now on. @linux mm/page-writeback.c `folio_mark_dirty` (6.18) */
export function setPageDirty(page: Page): void {
  if (page.isDirty) return;
  page.isDirty = true;
  page.mapping?.onDirty?.(page);
}

/**
 * How much of memory may wait for the disk, how much does, and what has been written: the knobs /proc/sys/vm/dirty_*,
 * and counters of /proc/vmstat.
 *
 * @linux mm/page-writeback.c, mm/vmstat.c (6.18)
 */
export class Writeback {
  dirtyRatio = 20;
  dirtyBytes = 0;
  dirtyBackgroundRatio = 10;
  dirtyBackgroundBytes = 0;
  /** How often the flusher looks, in hundredths of a second; 0: only when it is called. */
  dirtyWritebackCentisecs = 500;
  /** What is older is written. */
  dirtyExpireCentisecs = 3000;
  /** Pages that differ from the disk, and those on their way there. */
  nrDirty = 0;
  nrWriteback = 0;
  nrDirtied = 0;
  nrWritten = 0;
  /** Told that too much is dirty: each mounted file system writes. */
  readonly flushers = new Set<() => void>();
  /** Some pages have reached the disk. */
  readonly progress = new WaitQueueHead();
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Pages that could be dirty. @linux mm/page-writeback.c `global_dirtyable_memory` (6.18) */
  get #dirtyable(): number {
    const { allocator, diskPages } = memoryOf(this.#kernel);
    return allocator.freePages + diskPages.size;
  }

  /** From so many dirty pages on, writers have to wait. @linux mm/page-writeback.c `domain_dirty_limits` (6.18) */
  get dirtyThreshold(): number {
    if (this.dirtyBytes > 0) return Math.ceil(this.dirtyBytes / 4096);
    return Math.floor((this.#dirtyable * this.dirtyRatio) / 100);
  }

  /** From so many on, the flusher writes whatever their age. */
  get backgroundThreshold(): number {
    const dirty = this.dirtyThreshold;
    const own =
      this.dirtyBackgroundBytes > 0
        ? Math.ceil(this.dirtyBackgroundBytes / 4096)
        : Math.floor((this.#dirtyable * this.dirtyBackgroundRatio) / 100);
    return own >= dirty ? Math.floor(dirty / 2) : own;
  }

  get isOverBackground(): boolean {
    return this.nrDirty > this.backgroundThreshold;
  }

  get isOverLimit(): boolean {
    return this.nrDirty + this.nrWriteback > this.dirtyThreshold;
  }
}

export function writebackOf(kernel: Kernel): Writeback {
  return kernel.subsystem("mm.writeback", () => new Writeback(kernel));
}

/** Whether a writer has to stop; far below the limits it is never asked. @linux mm/page-writeback.c `balance_dirty_pages_ratelimited` (6.18) */
export function mustBalance(kernel: Kernel): boolean {
  const writeback = writebackOf(kernel);
  // A sixteenth of the background limit cannot be passed without having been counted.
  if (writeback.nrDirty + writeback.nrWriteback < RATELIMIT_PAGES) return false;
  if (writeback.isOverBackground) for (const flush of writeback.flushers) flush();
  return writeback.isOverLimit;
}

/** @linux mm/page-writeback.c `ratelimit_pages` (6.18) */
const RATELIMIT_PAGES = 32;

/**
 * Lets a writer wait until fewer pages are dirty than the limit allows.
 *
 * @linux mm/page-writeback.c `balance_dirty_pages` (6.18)
 * @simplified a writer is stopped at the limit, and not slowed down bit by bit before it.
 */
export function* balanceDirtyPages(task: Task): MaySleep<void> {
  const writeback = writebackOf(task.kernel);
  while (writeback.isOverLimit) {
    for (const flush of writeback.flushers) flush();
    const end = task.kernel.now() + PAUSE_NS;
    const timer = task.kernel.addTimer(end, () => writeback.progress.wakeUpAll());
    const written = writeback.nrWritten;
    const result = yield* waitEventKillable(
      task,
      writeback.progress,
      () => writeback.nrWritten !== written || task.kernel.now() >= end,
    );
    timer?.cancel();
    if (result < 0) return;
  }
}
