import { cdevAdd } from "../../fs/char-dev.ts";
import { type File, type FileOperations, FMODE_NOWAIT } from "../../fs/fs.ts";
import { noopLlseek, nullLlseek } from "../../fs/llseek.ts";
import { EFAULT, ENOSPC } from "../../include/errno.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Task } from "../../kernel/task.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import { shmemZeroSetup } from "../../mm/shmem.ts";
import { VM_SHARED } from "../../mm/vma.ts";

const MEM_MAJOR = 1;
const CHUNK = 4096;

/** Fills what `iter` names piece by piece, up to a fault. */
function fillIter(iter: IovIter, fill: (bytes: Uint8Array) => void): number {
  let done = 0;
  while (iter.count > 0) {
    const bytes = new Uint8Array(Math.min(CHUNK, iter.count));
    fill(bytes);
    const copied = iter.copyTo(bytes);
    done += copied;
    if (copied < bytes.length) return done > 0 ? done : -EFAULT;
  }
  return done;
}

function readZeroes(iter: IovIter): number {
  return fillIter(iter, () => {});
}

function swallow(iter: IovIter): number {
  const { count } = iter;
  iter.advance(count);
  return count;
}

function openNowait(_task: Task, _inode: unknown, file: File): number {
  file.mode |= FMODE_NOWAIT;
  return 0;
}

/** /dev/null. @linux drivers/char/mem.c `null_fops` (6.18) */
const nullFops: FileOperations = {
  open: openNowait,
  llseek: nullLlseek,
  spliceWrite: true,
  readIter: () => 0,
  writeIter: (_iocb, iter) => swallow(iter),
};

/** /dev/zero. @linux drivers/char/mem.c `zero_fops` (6.18) */
const zeroFops: FileOperations = {
  spliceRead: true,
  spliceWrite: true,
  open: openNowait,
  llseek: nullLlseek,
  readIter: (_iocb, iter) => readZeroes(iter),
  writeIter: (_iocb, iter) => swallow(iter),
  mmap: (_file, vma) => ((vma.flags & VM_SHARED) !== 0 ? shmemZeroSetup(vma) : 0),
};

/** /dev/full: like zero, but no byte fits in. @linux drivers/char/mem.c `full_fops` (6.18) */
const fullFops: FileOperations = {
  spliceRead: true,
  llseek: nullLlseek,
  readIter: (_iocb, iter) => readZeroes(iter),
  writeIter: () => -ENOSPC,
};

/** /dev/random and /dev/urandom. @linux drivers/char/random.c `random_fops` (6.18) */
const randomFops: FileOperations = {
  spliceRead: true,
  spliceWrite: true,
  open: openNowait,
  llseek: noopLlseek,
  readIter: (iocb, iter) => readRandom(iocb.task.kernel, iter),
  writeIter: (_iocb, iter) => swallow(iter),
};

/** Random bytes of the machine's generator into `iter`. @linux drivers/char/random.c `get_random_bytes_user` (6.18) */
export function readRandom(kernel: Kernel, iter: IovIter): number {
  return fillIter(iter, (bytes) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = kernel.random.nextInt32();
  });
}

/** The memory devices: null, zero, full, random, urandom. @linux drivers/char/mem.c `chr_dev_init` (6.18) */
export function initMemDevices(kernel: Kernel): void {
  cdevAdd(kernel, MEM_MAJOR, 3, nullFops);
  cdevAdd(kernel, MEM_MAJOR, 5, zeroFops);
  cdevAdd(kernel, MEM_MAJOR, 7, fullFops);
  cdevAdd(kernel, MEM_MAJOR, 8, randomFops);
  cdevAdd(kernel, MEM_MAJOR, 9, randomFops);
}
