import { isSleeping } from "../kernel/sleep.ts";
import { IovIter } from "../lib/iov-iter.ts";
import { filemapRead } from "../mm/filemap.ts";
import type { File } from "./fs.ts";

/**
 * Bytes of a file for the kernel itself, past permissions and position.
 *
 * @linux fs/read_write.c `kernel_read` (6.18)
 * @simplified what a disk has to read for it costs its time as if the CPU had waited: execve does not sleep.
 */
export function kernelRead(file: File, pos: number, n: number): Uint8Array {
  const { kernel } = file.inode.sb;
  const task = kernel.current ?? kernel.initPidNs.childReaper;
  if (file.op.readIter === undefined || task === undefined) return new Uint8Array(0);
  const bytes = new Uint8Array(n);
  if (file.inode.mapping?.readPage !== undefined) {
    return bytes.subarray(0, Math.max(0, filemapRead(file.inode, pos, IovIter.kernel(bytes))));
  }
  const done = file.op.readIter({ task, file, pos, flags: 0 }, IovIter.kernel(bytes));
  return isSleeping(done) || done < 0 ? new Uint8Array(0) : bytes.subarray(0, done);
}
