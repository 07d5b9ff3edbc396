import { importIovec } from "../fs/iovec.ts";
import { EFAULT, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { findTaskByVpid } from "../kernel/pid.ts";
import { ptraceMayAccess } from "../kernel/ptrace-access.ts";
import type { Task } from "../kernel/task.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import type { Mm } from "./mm.ts";
import { copyFromUser, getInt64, getUint64 } from "./uaccess.ts";
import { VM_READ } from "./vma.ts";

const UIO_MAXIOV = 1024;

interface RemotePiece {
  readonly base: number;
  readonly len: number;
}

export function sysProcessVmReadv(
  task: Task,
  pid: number,
  lvec: number,
  liovcnt: number,
  rvec: number,
  riovcnt: number,
  flags: number,
): number {
  return processVmRw(task, pid, lvec, liovcnt, rvec, riovcnt, flags, false);
}

export function sysProcessVmWritev(
  task: Task,
  pid: number,
  lvec: number,
  liovcnt: number,
  rvec: number,
  riovcnt: number,
  flags: number,
): number {
  return processVmRw(task, pid, lvec, liovcnt, rvec, riovcnt, flags, true);
}

/**
 * Copies between the caller's memory and that of another process.
 *
 * @linux mm/process_vm_access.c `process_vm_rw` (6.18)
 */
function processVmRw(
  task: Task,
  pid: number,
  lvec: number,
  liovcnt: number,
  rvec: number,
  riovcnt: number,
  flags: number,
  isWrite: boolean,
): number {
  if (flags !== 0) return -EINVAL;
  const iter = importIovec(task, lvec, liovcnt);
  if (typeof iter === "number") return iter;
  if (iter.count === 0) return 0;
  const pieces = remotePieces(task, rvec, riovcnt);
  if (typeof pieces === "number") return pieces;
  if (pieces.every(({ len }) => len === 0)) return 0;
  const target = findTaskByVpid(task, pid | 0);
  if (target === undefined) return -ESRCH;
  const { mm } = target;
  if (mm === undefined) return -ESRCH;
  if (mm !== task.mm && ptraceMayAccess(task, target, "realcreds") !== 0) return -EPERM;
  return transfer(mm, iter, pieces, isWrite);
}

/** @linux lib/iov_iter.c `iovec_from_user`: addresses of another process are not looked at. */
function remotePieces(task: Task, vec: number, count: number): RemotePiece[] | number {
  if (count < 0 || count > UIO_MAXIOV) return -EINVAL;
  if (count === 0) return [];
  const bytes = copyFromUser(task, vec, count * 16);
  if (typeof bytes === "number") return -EFAULT;
  const view = new DataView(bytes.buffer);
  const pieces: RemotePiece[] = [];
  for (let i = 0; i < count; i++) {
    const len = getInt64(view, i * 16 + 8);
    if (len < 0) return -EINVAL;
    pieces.push({ base: getUint64(view, i * 16), len });
  }
  return pieces;
}

function transfer(mm: Mm, iter: IovIter, pieces: readonly RemotePiece[], isWrite: boolean): number {
  let done = 0;
  for (const { base, len } of pieces) {
    let at = 0;
    while (at < len && iter.count > 0) {
      const step = Math.min(4096 - ((base + at) % 4096), len - at, iter.count);
      const copied = transferPiece(mm, iter, base + at, step, isWrite);
      done += copied;
      at += copied;
      if (copied < step) return done > 0 ? done : -EFAULT;
    }
  }
  return done;
}

function transferPiece(
  mm: Mm,
  iter: IovIter,
  address: number,
  n: number,
  isWrite: boolean,
): number {
  const bytes = new Uint8Array(n);
  if (!isWrite) {
    // Not what the processor lets a program read, but what it asked for: memory that is only written is no use.
    const vma = mm.findVma(address);
    if (vma === undefined || (vma.flags & VM_READ) === 0) return 0;
    // A page of which not all can be had gives nothing.
    return mm.copyFromUser(address, bytes) < n ? 0 : iter.copyTo(bytes);
  }
  if (mm.copyToUser(address, new Uint8Array(0)) !== 0) return 0;
  const copied = iter.copyFrom(bytes);
  const written = mm.copyToUser(address, bytes.subarray(0, copied));
  if (written < copied) iter.revert(copied - written);
  return written;
}
