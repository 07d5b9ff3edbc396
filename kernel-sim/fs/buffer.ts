import { type Disk, SECTOR_SIZE } from "../drivers/block/disk.ts";
import { EIOCBQUEUED } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { isSleeping, type MaySleep } from "../kernel/sleep.ts";
import type { SyscallFn } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { type WaitQueueEntry, WaitQueueHead, waitEvent } from "../kernel/wait.ts";
import type { Inode } from "./fs.ts";

/** A block of the disk in memory. @linux include/linux/buffer_head.h `struct buffer_head` (6.18) */
export class BufferHead {
  readonly block: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  isUptodate = false;
  isDirty = false;
  /** It is being read. */
  isLocked = false;
  /** Writes of it that are under way. */
  writes = 0;
  /** The file that it is a part of, for fsync: a directory's block, or block numbers of a file. */
  owner: Inode | undefined = undefined;
  readonly wait = new WaitQueueHead();

  constructor(block: number, size: number) {
    this.block = block;
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** What is on its way from a disk, and who is told when it has come. */
interface AwaitedRead {
  readonly wait: WaitQueueHead;
  readonly isDone: () => boolean;
}

/** What each task waits for that has met something which is not in memory. */
function waitedFor(kernel: Kernel): Map<Task, AwaitedRead> {
  return kernel.subsystem("buffer.waited", () => new Map<Task, AwaitedRead>());
}

/** The call that `task` is in cannot go on before something is read: it answers -EIOCBQUEUED and will be made again. */
export function awaitRead(task: Task, wait: WaitQueueHead, isDone: () => boolean): void {
  waitedFor(task.kernel).set(task, { wait, isDone });
}

/** Whether `task` has met something that is not in memory. */
export function isAwaitingRead(task: Task): boolean {
  return waitedFor(task.kernel).has(task);
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
  /** `whenRead` looks for what is missing. */
  #isLooking = false;
  #missing: BufferHead | undefined = undefined;
  #by: Task | undefined = undefined;
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
    if (!this.#isLooking && (current === undefined || this.#isAtOnce)) return this.breadNow(block);
    if (!buffer.isLocked) {
      buffer.isLocked = true;
      this.readBlocks(block, 1, (bytes) => {
        buffer.isLocked = false;
        if (!buffer.isUptodate) buffer.bytes.set(bytes);
        buffer.isUptodate = true;
        buffer.wait.wakeUpAll();
      });
    }
    if (this.#isLooking) this.#missing = buffer;
    else if (current !== undefined) awaitRead(current, buffer.wait, () => !buffer.isLocked);
    return undefined;
  }

  /** Lets `body` work when all blocks are in memory that it asks for; it is called again until it does not answer -EIOCBQUEUED. */
  whenRead(body: () => number, by: Task | undefined = this.disk.kernel.current): void {
    const wasLooking = this.#isLooking;
    this.#isLooking = true;
    this.#by = by;
    const result = body();
    this.#by = undefined;
    this.#isLooking = wasLooking;
    const missing = this.#missing;
    this.#missing = undefined;
    if (result !== -EIOCBQUEUED || missing === undefined) return;
    const again: WaitQueueEntry = {
      ...{ task: undefined, exclusive: false },
      func: () => {
        missing.wait.remove(again);
        this.whenRead(body, by);
        return false;
      },
    };
    missing.wait.add(again);
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
    this.disk.submit({
      ...{ sector: block * sectors, sectors: n * sectors, data: undefined },
      ...{ done, by: this.#by },
    });
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

  /** Starts to write bytes as they are now to neighbouring blocks from `block` on. */
  writeBlocks(block: number, bytes: Uint8Array, done: () => void): void {
    this.#writing++;
    this.disk.submit({
      sector: block * this.#sectorsPerBlock,
      sectors: bytes.length / SECTOR_SIZE,
      data: bytes.slice(),
      done: () => {
        this.#writing--;
        done();
        this.#written.wakeUpAll();
      },
    });
  }

  #writeBuffer(buffer: BufferHead): void {
    buffer.isDirty = false;
    this.#dirty.delete(buffer);
    buffer.writes++;
    this.writeBlocks(buffer.block, buffer.bytes, () => {
      buffer.writes--;
    });
  }

  /** What has changed of a file beside its contents. @linux fs/buffer.c `sync_mapping_buffers` (6.18) */
  dirtyOf(owner: Inode): BufferHead[] {
    return [...this.#dirty].filter((buffer) => buffer.owner === owner);
  }

  /** Writes these blocks, as far as they have changed, and waits until they are on the disk. */
  *syncBuffers(task: Task, buffers: readonly BufferHead[]): MaySleep<0> {
    for (const buffer of buffers) if (buffer.isDirty) this.#writeBuffer(buffer);
    const isWritten = () => buffers.every(({ writes }) => writes === 0);
    return yield* waitEvent(task, this.#written, isWritten);
  }

  /** Starts to write all that has changed. */
  writeDirty(): void {
    for (const buffer of [...this.#dirty].sort((a, b) => a.block - b.block)) {
      this.#writeBuffer(buffer);
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
  const read = waited.get(task);
  waited.delete(task);
  if (read === undefined) return 0;
  return yield* waitEvent(task, read.wait, read.isDone);
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
