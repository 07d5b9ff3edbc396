import type { Kernel } from "../kernel/kernel.ts";
import { isSleeping } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { IovIter } from "../lib/iov-iter.ts";
import { filemapRead, filemapStartRead } from "../mm/filemap.ts";
import { pageCacheSyncRa } from "../mm/readahead.ts";
import { awaitRead } from "./buffer.ts";
import type { File } from "./fs.ts";

/**
 * Bytes of a file for the kernel itself, past permissions and position. When a disk has to be read first there are none,
 * and `isAwaitingRead` tells: the call gives up and is made again.
 *
 * @linux fs/read_write.c `kernel_read` (6.18)
 */
export function kernelRead(file: File, pos: number, n: number): Uint8Array {
  const { kernel } = file.inode.sb;
  const task = kernel.current ?? kernel.initPidNs.childReaper;
  if (file.op.readIter === undefined || task === undefined) return new Uint8Array(0);
  const bytes = new Uint8Array(n);
  if (file.inode.mapping?.readPage !== undefined) {
    if (isMissing(kernel, task, file, pos, n)) return new Uint8Array(0);
    return bytes.subarray(0, Math.max(0, filemapRead(file.inode, pos, IovIter.kernel(bytes))));
  }
  const done = file.op.readIter({ task, file, pos, flags: 0 }, IovIter.kernel(bytes));
  return isSleeping(done) || done < 0 ? new Uint8Array(0) : bytes.subarray(0, done);
}

/** Whether a page is not in memory; then it is on its way, and the running task will wait for it. */
function isMissing(kernel: Kernel, task: Task, file: File, pos: number, n: number): boolean {
  const mapping = file.inode.mapping!;
  // Nobody waits when no task runs: who looks from outside is served at once.
  if (kernel.current === undefined || mapping.startRead === undefined) return false;
  const end = Math.min(file.inode.size, pos + n);
  for (let index = Math.floor(pos / 4096); index * 4096 < end; index++) {
    if (mapping.pages.has(index)) continue;
    if (!mapping.reads.has(index)) pageCacheSyncRa(file, index, 1);
    filemapStartRead(mapping, index);
    const read = mapping.reads.get(index);
    if (read === undefined) continue;
    awaitRead(task, read.wait, () => mapping.reads.get(index) !== read);
    return true;
  }
  return false;
}
