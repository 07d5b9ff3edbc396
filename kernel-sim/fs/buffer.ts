import { type Disk, SECTOR_SIZE } from "../drivers/block/disk.ts";
import { EIOCBQUEUED } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { isSleeping, type MaySleep } from "../kernel/sleep.ts";
import type { SyscallFn } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { WaitQueueHead, waitEvent } from "../kernel/wait.ts";

/** A block of the disk in memory. @linux include/linux/buffer_head.h `struct buffer_head` (6.18) */
export class BufferHead {
  readonly block: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  isUptodate = false;
  isDirty = false;
  /** It is being read. */
  isLocked = false;
  readonly wait = new WaitQueueHead();

  constructor(block: number, size: number) {
    this.block = block;
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** Which block each task waits for that has met one which is not in memory. */
function waitedFor(kernel: Kernel): Map<Task, BufferHead> {
  return kernel.subsystem("buffer.waited", () => new Map<Task, BufferHead>());
}

/**
 * The blocks of one disk that are in memory: all that were ever needed.
 *
 * Code that works with names does not sleep in the middle: when a block is missing it starts to read it,
 * has changed nothing yet, and answers -EIOCBQUEUED all the way up; the call is made again when the block
 * is there (`againAfterRead`).
 *
 * @linux fs/buffer.c (6.18)
 * @simplified nothing is ever thrown out, and calls begin again instead of sleeping inside.
 */
export class BufferCache {
  readonly disk: Disk;
  readonly blockSize: number;
  readonly #buffers = new Map<number, BufferHead>();
  readonly #dirty = new Set<BufferHead>();
  #writing = 0;
  #isAtOnce = false;
  readonly #written = new WaitQueueHead();

  constructor(disk: Disk, blockSize: number) {
    this.disk = disk;
    this.blockSize = blockSize;
  }

  get #sectorsPerBlock(): number {
    return this.blockSize / SECTOR_SIZE;
  }

  #get(block: number): BufferHead {
    let buffer = this.#buffers.get(block);
    if (buffer === undefined) {
      buffer = new BufferHead(block, this.blockSize);
      this.#buffers.set(block, buffer);
    }
    return buffer;
  }

  /**
   * The block when it is in memory; else it is on its way, and the running task will wait for it. Where no task runs,
   * nobody can wait: then it is there at once.
   */
  bread(block: number): BufferHead | undefined {
    const buffer = this.#get(block);
    if (buffer.isUptodate) return buffer;
    const { current } = this.disk.kernel;
    if (current === undefined || this.#isAtOnce) return this.breadNow(block);
    if (!buffer.isLocked) {
      buffer.isLocked = true;
      this.readBlocks(block, 1, (bytes) => {
        buffer.isLocked = false;
        if (!buffer.isUptodate) buffer.bytes.set(bytes);
        buffer.isUptodate = true;
        buffer.wait.wakeUpAll();
      });
    }
    waitedFor(this.disk.kernel).set(current, buffer);
    return undefined;
  }

  /** Lets `body` have every block at once: whoever cannot sleep has the time charged. */
  atOnce<T>(body: () => T): T {
    const before = this.#isAtOnce;
    this.#isAtOnce = true;
    const result = body();
    this.#isAtOnce = before;
    return result;
  }

  /** The block, whatever it takes: whoever cannot sleep has the time charged. */
  breadNow(block: number): BufferHead {
    const buffer = this.#get(block);
    if (!buffer.isUptodate) {
      buffer.bytes.set(this.readNow(block, 1));
      buffer.isUptodate = true;
    }
    return buffer;
  }

  /** Blocks that nobody has in memory, at once. */
  readNow(block: number, n: number): Uint8Array {
    const sectors = this.#sectorsPerBlock;
    return this.disk.readNow(block * sectors, n * sectors);
  }

  readBlocks(block: number, n: number, done: (bytes: Uint8Array) => void): void {
    const sectors = this.#sectorsPerBlock;
    this.disk.submit({ sector: block * sectors, sectors: n * sectors, data: undefined, done });
  }

  /** A block that is written for the first time: zeros, not read. */
  fresh(block: number): BufferHead {
    const buffer = this.#get(block);
    buffer.bytes.fill(0);
    buffer.isUptodate = true;
    this.markDirty(buffer);
    return buffer;
  }

  markDirty(buffer: BufferHead): void {
    buffer.isDirty = true;
    this.#dirty.add(buffer);
  }

  get hasDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** The block is free: what memory holds of it must never reach the disk (`bforget`). */
  forget(block: number): void {
    const buffer = this.#buffers.get(block);
    if (buffer === undefined) return;
    this.#buffers.delete(block);
    this.#dirty.delete(buffer);
  }

  /** Starts to write a block's bytes as they are now. */
  writeBlock(block: number, bytes: Uint8Array): void {
    const sectors = this.#sectorsPerBlock;
    this.#writing++;
    this.disk.submit({
      sector: block * sectors,
      sectors,
      data: bytes.slice(),
      done: () => {
        this.#writing--;
        if (this.#writing === 0) this.#written.wakeUpAll();
      },
    });
  }

  /** Starts to write all that has changed. */
  writeDirty(): void {
    const blocks = [...this.#dirty].sort((a, b) => a.block - b.block);
    this.#dirty.clear();
    for (const buffer of blocks) {
      buffer.isDirty = false;
      this.writeBlock(buffer.block, buffer.bytes);
    }
  }

  /** Waits until all writes that were started are on the disk. */
  *waitForWrites(task: Task): MaySleep<0> {
    return yield* waitEvent(task, this.#written, () => this.#writing === 0);
  }
}

/** Sleeps until the block is there that the task has met missing; no signal disturbs it. */
export function* waitOnBuffer(task: Task): MaySleep<0> {
  const waited = waitedFor(task.kernel);
  const buffer = waited.get(task);
  waited.delete(task);
  if (buffer === undefined) return 0;
  return yield* waitEvent(task, buffer.wait, () => !buffer.isLocked);
}

/** A call that has met a block which is not in memory, made again when that has been read. */
export function* againAfterRead(
  fn: SyscallFn,
  task: Task,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  a4: number,
  a5: number,
): MaySleep<number> {
  for (;;) {
    yield* waitOnBuffer(task);
    const result = fn(task, a0, a1, a2, a3, a4, a5);
    if (isSleeping(result)) return yield* result;
    if (result !== -EIOCBQUEUED) return result;
  }
}
