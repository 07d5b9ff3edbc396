import { EFAULT, EINVAL, EIO, ESRCH } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import { writeForced } from "../../mm/access-vm.ts";
import type { Mm } from "../../mm/mm.ts";
import {
  type ByteString,
  type File,
  type FileOperations,
  FMODE_UNSIGNED_OFFSET,
  type Inode,
  type Kiocb,
} from "../fs.ts";
import { genericFileLlseek, SEEK_CUR, SEEK_SET } from "../llseek.ts";
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

/**
 * /proc/PID/mem: the memory itself, at the addresses of the process.
 *
 * @linux fs/proc/base.c `mem_rw` (6.18)
 * @simplified what the process may not read itself (PROT_NONE) nobody reads here: EIO.
 */
export const memOperations: FileOperations = {
  open(reader, inode, file) {
    file.mode |= FMODE_UNSIGNED_OFFSET;
    return openMem(reader, inode, file);
  },
  llseek(_task, file, offset, whence) {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) return -EINVAL;
    file.pos = whence === SEEK_SET ? offset : file.pos + offset;
    return file.pos;
  },
  readIter(iocb, iter) {
    const mm = livingMm(iocb);
    if (mm === undefined || iter.count === 0) return 0;
    let done = 0;
    while (iter.count > 0) {
      const bytes = new Uint8Array(Math.min(iter.count, PAGE_SIZE));
      const got = mm.copyFromUser(iocb.pos, bytes);
      if (got === 0) return done === 0 ? -EIO : done;
      if (iter.copyTo(bytes.subarray(0, got)) < got) return -EFAULT;
      iocb.pos += got;
      done += got;
    }
    return done;
  },
  writeIter(iocb, iter) {
    const mm = livingMm(iocb);
    if (mm === undefined || iter.count === 0) return 0;
    let done = 0;
    while (iter.count > 0) {
      const bytes = new Uint8Array(Math.min(iter.count, PAGE_SIZE));
      if (iter.copyFrom(bytes) < bytes.length) return -EFAULT;
      const went = writeForced(mm, iocb.pos, bytes);
      iocb.pos += went;
      done += went;
      if (went < bytes.length) return done === 0 ? -EIO : done;
    }
    return done;
  },
};

function livingMm(iocb: Kiocb): Mm | undefined {
  const mm = iocb.file.privateData as Mm | undefined;
  return mm === undefined || mm.users === 0 ? undefined : mm;
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
