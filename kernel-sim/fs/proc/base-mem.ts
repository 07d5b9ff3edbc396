import { EFAULT, ESRCH } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import type { Mm } from "../../mm/mm.ts";
import type { ByteString, File, FileOperations, Inode, Kiocb } from "../fs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { seqFileOperations, seqPrivate, setSeqPrivate } from "../seq-file.ts";
import { getProcTask } from "./internal.ts";
import { mmAccess } from "./task-mmu.ts";

const PAGE_SIZE = 4096;

/** A file about the memory that the process had when it was opened. @linux fs/proc/task_mmu.c `proc_maps_open` (6.18) */
export function mmSeqOperations(show: (reader: Task, mm: Mm) => ByteString): FileOperations {
  return seqFileOperations(
    (reader, file) => {
      const mm = seqPrivate(file) as Mm | undefined;
      // The program has ended or become another one: there is nothing left to tell of.
      return mm === undefined || mm.users === 0 ? "" : show(reader, mm);
    },
    {
      open(reader, inode, file) {
        const mm = procMemOpen(reader, inode);
        if (typeof mm === "number") return mm;
        setSeqPrivate(file, mm);
        return 0;
      },
    },
  );
}

/** @linux fs/proc/base.c `proc_mem_open` (6.18) */
function procMemOpen(reader: Task, inode: Inode): Mm | undefined | number {
  const task = getProcTask(inode);
  return task === undefined ? -ESRCH : mmAccess(reader, task);
}

/** /proc/PID/environ: the environment as execve has laid it down. @linux fs/proc/base.c `environ_read` (6.18) */
export const environOperations: FileOperations = {
  open: openMem,
  llseek: genericFileLlseek,
  readIter(iocb, iter) {
    const mm = iocb.file.privateData as Mm | undefined;
    if (mm === undefined || mm.users === 0 || mm.envEnd === 0) return 0;
    return readRange(iocb, iter, mm, mm.envStart + iocb.pos, mm.envEnd);
  },
};

/** /proc/PID/auxv. @linux fs/proc/base.c `auxv_read` (6.18) */
export const auxvOperations: FileOperations = {
  open: openMem,
  llseek: genericFileLlseek,
  readIter(iocb, iter) {
    const mm = iocb.file.privateData as Mm | undefined;
    if (mm === undefined) return 0;
    return copyBytes(iocb, iter, (mm.savedAuxv ?? new Uint8Array(0)).subarray(iocb.pos));
  },
};

function openMem(reader: Task, inode: Inode, file: File): number {
  const mm = procMemOpen(reader, inode);
  if (typeof mm === "number") return mm;
  file.privateData = mm;
  return 0;
}

/** /proc/PID/cmdline: the arguments, or what the program has written over them. @linux fs/proc/base.c `get_mm_cmdline` */
export const cmdlineOperations: FileOperations = {
  llseek: genericFileLlseek,
  readIter(iocb, iter) {
    const task = getProcTask(iocb.file.inode);
    if (task === undefined) return -ESRCH;
    const { mm } = task;
    if (mm === undefined || mm.envEnd === 0) return 0;
    return readCmdline(iocb, iter, mm);
  },
};

function readCmdline(iocb: Kiocb, iter: IovIter, mm: Mm): number {
  const { argStart, argEnd } = mm;
  if (argStart >= argEnd) return 0;
  const last = new Uint8Array(1);
  mm.copyFromUser(argEnd - 1, last);
  if (last[0] === 0) return readRange(iocb, iter, mm, argStart + iocb.pos, argEnd);
  // The last NUL is overwritten: one string that may run on into the environment (setproctitle).
  const envEnd = mm.envStart === argEnd && mm.envEnd >= argEnd ? mm.envEnd : argEnd;
  const text = titleOf(mm, argStart, Math.min(envEnd, argStart + PAGE_SIZE));
  return copyBytes(iocb, iter, text.subarray(iocb.pos));
}

function titleOf(mm: Mm, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start);
  const read = bytes.subarray(0, mm.copyFromUser(start, bytes));
  const nul = read.indexOf(0);
  return nul < 0 ? read : read.subarray(0, nul + 1);
}

function readRange(iocb: Kiocb, iter: IovIter, mm: Mm, from: number, end: number): number {
  if (from >= end) return 0;
  const bytes = new Uint8Array(Math.min(iter.count, end - from));
  const got = mm.copyFromUser(from, bytes);
  return copyBytes(iocb, iter, bytes.subarray(0, got));
}

function copyBytes(iocb: Kiocb, iter: IovIter, bytes: Uint8Array): number {
  const piece = bytes.subarray(0, iter.count);
  if (piece.length === 0) return 0;
  const copied = iter.copyTo(piece);
  if (copied === 0) return -EFAULT;
  iocb.pos += copied;
  return copied;
}
