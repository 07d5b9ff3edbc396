import { EFBIG, EINVAL } from "../include/errno.ts";
import { O_DIRECT, O_LARGEFILE } from "../include/uapi/fcntl.ts";
import { RLIMIT_FSIZE } from "../include/uapi/resource.ts";
import { SIGXFSZ } from "../include/uapi/signal.ts";
import { SEND_SIG_NOINFO, sendSignal } from "../kernel/signal-send.ts";
import type { Task } from "../kernel/task.ts";
import { type Inode, IOCB_APPEND, IOCB_NOWAIT, type Kiocb, MAX_NON_LFS } from "./fs.ts";

/**
 * How many of `count` bytes may be written at `iocb.pos`, which an appending file moves to its end;
 * SIGXFSZ and -EFBIG when none may.
 *
 * @linux fs/read_write.c `generic_write_checks` (6.18)
 */
export function genericWriteChecks(iocb: Kiocb, count: number): number {
  if (count === 0) return 0;
  const { inode } = iocb.file;
  if ((iocb.flags & IOCB_APPEND) !== 0) iocb.pos = inode.size;
  if ((iocb.flags & IOCB_NOWAIT) !== 0 && (iocb.file.flags & O_DIRECT) === 0) {
    return count;
  }
  const allowed = genericWriteCheckLimits(iocb.task, inode, iocb.pos, count);
  if (allowed < 0 || (iocb.file.flags & O_LARGEFILE) !== 0) return allowed;
  return iocb.pos >= MAX_NON_LFS ? -EFBIG : Math.min(allowed, MAX_NON_LFS - iocb.pos);
}

/** @linux fs/read_write.c `generic_write_check_limits` (6.18) */
export function genericWriteCheckLimits(
  task: Task,
  inode: Inode,
  pos: number,
  count: number,
): number {
  const limit = task.signal.rlim[RLIMIT_FSIZE]!.cur;
  let allowed = count;
  if (limit !== Infinity) {
    if (pos >= limit) {
      sendSignal(SIGXFSZ, SEND_SIG_NOINFO, task, "thread");
      return -EFBIG;
    }
    allowed = Math.min(allowed, limit - pos);
  }
  if (pos >= inode.sb.maxbytes) return -EFBIG;
  return Math.min(allowed, inode.sb.maxbytes - pos);
}

/**
 * Whether a file may get the size `offset`: the limit of the process, then that of the file system.
 *
 * @linux fs/attr.c `inode_newsize_ok` (6.18)
 */
export function inodeNewsizeOk(task: Task, inode: Inode, offset: number): number {
  if (offset < 0) return -EINVAL;
  if (inode.size < offset) {
    if (offset > task.signal.rlim[RLIMIT_FSIZE]!.cur) {
      sendSignal(SIGXFSZ, SEND_SIG_NOINFO, task, "thread");
      return -EFBIG;
    }
    if (offset > inode.sb.maxbytes) return -EFBIG;
  }
  return 0;
}
