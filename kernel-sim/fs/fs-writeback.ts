import type { MaySleep } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { waitEvent } from "../kernel/wait.ts";
import { writebackOf } from "../mm/page-writeback.ts";
import type { BlockFs } from "./block-fs.ts";
import { writePages } from "./block-writeout.ts";
import type { File, Inode } from "./fs.ts";

const CENTISEC_NS = 1e7;

/**
 * What a mounted file system holds back, and when it goes to the disk: what is older than `dirty_expire_centisecs`, looked
 * for every `dirty_writeback_centisecs`, or all of it when there is too much.
 *
 * @linux fs/fs-writeback.c `wb_check_old_data_flush`, `wb_check_background_flush` (6.18)
 * @simplified no thread of the kernel does it, but the interrupt of a timer, in no task's time; the age of all that is
 * not contents of files is that of its first change.
 */
export class FsWriteback {
  readonly #fs: BlockFs;
  /** Files with changed contents, and since when. */
  readonly #inodes = new Map<Inode, number>();
  /** Since when something else has changed, or -1. */
  #metaSince = -1;
  #isDue = false;
  #isCalled = false;
  readonly flush = () => this.#flush();

  constructor(fs: BlockFs) {
    this.#fs = fs;
  }

  /** Contents of a file have changed. @linux fs/fs-writeback.c `__mark_inode_dirty` (6.18) */
  noteInode(inode: Inode): void {
    if (this.#inodes.has(inode)) return;
    const { kernel } = this.#fs.sb;
    writebackOf(kernel).flushers.add(this.flush);
    this.#inodes.set(inode, kernel.now());
    this.#wakeLater();
  }

  noteMeta(): void {
    if (this.#metaSince < 0) this.#metaSince = this.#fs.sb.kernel.now();
    this.#wakeLater();
  }

  /** The file is gone. */
  forget(inode: Inode): void {
    this.#inodes.delete(inode);
  }

  /** Starts to write all that has changed until `until`, by default everything. */
  writeAll(until = Infinity): void {
    const fs = this.#fs;
    for (const [inode, since] of [...this.#inodes]) {
      if (since > until) continue;
      this.#inodes.delete(inode);
      writePages(fs, inode);
    }
    if (until !== Infinity && (this.#metaSince < 0 || this.#metaSince > until)) return;
    this.#metaSince = -1;
    for (const inode of fs.inodes.values()) fs.putInode(inode, false);
    fs.cache.writeDirty();
  }

  /** Unmounted. */
  end(): void {
    this.writeAll();
    writebackOf(this.#fs.sb.kernel).flushers.delete(this.flush);
  }

  /** @linux fs/fs-writeback.c `wb_wakeup_delayed` (6.18) */
  #wakeLater(): void {
    const { kernel } = this.#fs.sb;
    const { dirtyWritebackCentisecs } = writebackOf(kernel);
    if (this.#isDue || dirtyWritebackCentisecs === 0) return;
    this.#isDue = true;
    kernel.addTimer(kernel.now() + dirtyWritebackCentisecs * CENTISEC_NS, () => {
      this.#isDue = false;
      const { dirtyExpireCentisecs, isOverBackground } = writebackOf(kernel);
      if (isOverBackground) this.#writeContents();
      this.writeAll(kernel.now() - dirtyExpireCentisecs * CENTISEC_NS);
      if (this.#inodes.size > 0 || this.#metaSince >= 0) this.#wakeLater();
    });
  }

  #flush(): void {
    if (this.#isCalled || this.#inodes.size === 0) return;
    this.#isCalled = true;
    const { kernel } = this.#fs.sb;
    kernel.events.schedule(kernel.now(), () => {
      this.#isCalled = false;
      this.#writeContents();
    });
  }

  /** The oldest first, until it is little enough. @linux fs/fs-writeback.c `wb_writeback` (6.18) */
  #writeContents(): void {
    const writeback = writebackOf(this.#fs.sb.kernel);
    for (const inode of [...this.#inodes.keys()]) {
      if (!writeback.isOverBackground) return;
      this.#inodes.delete(inode);
      writePages(this.#fs, inode);
    }
  }
}

/** sync(2), syncfs(2): all of the file system is on the disk when this is done. @linux fs/sync.c `sync_filesystem` (6.18) */
export function* syncBlockFs(fs: BlockFs, task: Task): MaySleep<number> {
  fs.writeback.writeAll();
  return yield* fs.cache.waitForWrites(task);
}

/**
 * fsync(2) and fdatasync(2) of a file on a disk: its contents first, then its inode and the blocks of numbers. The
 * directory that holds its name is another file.
 *
 * @linux fs/buffer.c `generic_buffers_fsync` (6.18)
 */
export function* fsyncBlockFile(task: Task, file: File, isDataOnly = false): MaySleep<number> {
  const { inode } = file;
  const fs = inode.sb.fsInfo as BlockFs;
  yield* writeAndWait(task, fs, inode);
  const buffer = fs.putInode(inode, isDataOnly);
  const isInodeDue = !isDataOnly || buffer.isDirty;
  return yield* fs.cache.syncBuffers(task, [
    ...fs.cache.dirtyOf(inode),
    ...(isInodeDue ? [buffer] : []),
  ]);
}

/** Contents of a file from page `first` to before `behind`. @linux mm/filemap.c `filemap_write_and_wait_range` (6.18) */
export function* writeAndWait(
  task: Task,
  fs: BlockFs,
  inode: Inode,
  first = 0,
  behind = Infinity,
): MaySleep<number> {
  const { mapping } = inode;
  if (mapping === undefined) return 0;
  // What is on its way may be an older state.
  yield* waitEvent(task, mapping.written, () => mapping.nrWriteback === 0);
  writePages(fs, inode, first, behind);
  return yield* waitEvent(task, mapping.written, () => mapping.nrWriteback === 0);
}
