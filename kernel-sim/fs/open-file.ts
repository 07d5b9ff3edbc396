import { EINVAL, EOVERFLOW, EROFS, ETXTBSY } from "../include/errno.ts";
import {
  O_ACCMODE,
  O_CREAT,
  O_DIRECT,
  O_EXCL,
  O_LARGEFILE,
  O_NOCTTY,
  O_PATH,
  O_TRUNC,
} from "../include/uapi/fcntl.ts";
import { IN_OPEN } from "../include/uapi/inotify.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { abandonFile, fput, getFile } from "./file-table.ts";
import {
  File,
  FMODE_ATOMIC_POS,
  FMODE_CAN_ODIRECT,
  FMODE_LSEEK,
  FMODE_OPENED,
  FMODE_PATH,
  FMODE_PREAD,
  FMODE_PWRITE,
  FMODE_READ,
  FMODE_WRITE,
  FMODE_WRITER,
  type Inode,
  MAX_NON_LFS,
  type Path,
  S_IFDIR,
  S_IFREG,
  SB_RDONLY,
} from "./fs.ts";
import { isSpecialFile } from "./inode.ts";
import { breakLease } from "./lease.ts";
import { MNT_READONLY, type Mount } from "./mount.ts";
import { fsnotifyFile } from "./notify/fsnotify.ts";

/** An open file, why there is none, or the rest of an open that has to wait. */
export type OpenResult = File | number | MaySleep<File | number>;

export function isOpening(result: OpenResult): result is MaySleep<File | number> {
  return typeof result === "object" && !(result instanceof File);
}

/** FMODE_READ and FMODE_WRITE of O_RDONLY, O_WRONLY, O_RDWR; 3 gives neither (`OPEN_FMODE`). */
export function openFmode(flags: number): number {
  return (flags + 1) & O_ACCMODE;
}

/** 0 or -EROFS. @linux fs/namespace.c `mnt_want_write` (6.18) */
export function mntWantWrite(mnt: Mount): number {
  return (mnt.flags & MNT_READONLY) !== 0 || (mnt.sb.flags & SB_RDONLY) !== 0 ? -EROFS : 0;
}

/** 0, or -ETXTBSY while a program runs from it. @linux include/linux/fs.h `get_write_access` */
export function getWriteAccess(inode: Inode): number {
  if (inode.writecount < 0) return -ETXTBSY;
  inode.writecount++;
  return 0;
}

/** 0, or -ETXTBSY while somebody has it open for writing. @linux include/linux/fs.h `deny_write_access` */
export function denyWriteAccess(inode: Inode): number {
  if (inode.writecount > 0) return -ETXTBSY;
  inode.writecount--;
  return 0;
}

/** One more holder of a program that nobody may write (`exe_file_deny_write_access`). */
export function getExeFile(file: File): File {
  file.inode.writecount--;
  return getFile(file);
}

/** One holder less of a program that was opened to be run; the last one lets it be written again. */
export function putExeFile(file: File): void {
  file.inode.writecount++;
  fput(file);
}

/**
 * Opens what `path` names; permissions are checked already.
 *
 * @linux fs/open.c `vfs_open` (6.18)
 */
export function vfsOpen(task: Task, path: Path, flags: number): OpenResult {
  const inode = path.dentry.inode!;
  const file = new File(path, inode, inode.fop, flags, openFmode(flags), task.cred);
  const { probes } = task.kernel;
  if (probes === undefined) return doDentryOpen(task, file, flags);
  const args = () => [
    { struct: "path", of: path },
    { struct: "file", of: file },
  ];
  const shown = (answer: unknown) => (typeof answer === "number" ? answer : 0);
  return probes.call("vfs_open", args, () => doDentryOpen(task, file, flags), shown);
}

/** @linux fs/open.c `do_dentry_open` (6.18) */
function doDentryOpen(task: Task, file: File, flags: number): OpenResult {
  const { inode } = file;
  if ((flags & O_PATH) !== 0) {
    file.mode = FMODE_PATH | FMODE_OPENED;
    file.op = {};
    return file;
  }
  const refused = takeWriteAccess(file);
  if (refused !== 0) return fail(file, refused);
  if (inode.type === S_IFREG || inode.type === S_IFDIR) file.mode |= FMODE_ATOMIC_POS;
  const denied = task.kernel.hooks.security.fileOpen(task, file);
  if (denied !== 0) return fail(file, denied);
  const broken = breakLease(task, inode, flags);
  if (isSleeping(broken)) return openSleeping(task, file, broken);
  return broken !== 0 ? fail(file, broken) : openFile(task, file);
}

function openFile(task: Task, file: File): OpenResult {
  const { inode } = file;
  // `generic_file_open`.
  if (inode.type === S_IFREG && inode.size > MAX_NON_LFS && (file.flags & O_LARGEFILE) === 0) {
    return fail(file, -EOVERFLOW);
  }
  file.mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
  const result: SysResult = file.op.open?.(task, file.inode, file) ?? 0;
  return isSleeping(result) ? waitForOpen(file, result) : opened(file, result);
}

function* openSleeping(task: Task, file: File, broken: MaySleep<number>): MaySleep<File | number> {
  const error = yield* broken;
  if (error !== 0) return fail(file, error);
  const result = openFile(task, file);
  return isOpening(result) ? yield* result : result;
}

function* waitForOpen(file: File, rest: MaySleep<number>): MaySleep<File | number> {
  return opened(file, yield* rest);
}

/** What the driver or file system has answered, and what is set in the end. */
function opened(file: File, result: number): File | number {
  if (result < 0) return fail(file, result);
  file.mode |= FMODE_OPENED;
  if (file.op.llseek === undefined) file.mode &= ~FMODE_LSEEK;
  file.flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
  if ((file.flags & O_DIRECT) !== 0 && (file.mode & FMODE_CAN_ODIRECT) === 0) {
    file.op.release?.(file);
    return fail(file, -EINVAL);
  }
  fsnotifyFile(file, IN_OPEN);
  return file;
}

function fail(file: File, error: number): number {
  abandonFile(file);
  return error;
}

function takeWriteAccess(file: File): number {
  if ((file.mode & (FMODE_READ | FMODE_WRITE)) === FMODE_READ) file.inode.readcount++;
  if ((file.mode & FMODE_WRITE) === 0 || isSpecialFile(file.inode)) return 0;
  const busy = getWriteAccess(file.inode);
  if (busy !== 0) return busy;
  const readOnly = mntWantWrite(file.path.mnt);
  if (readOnly !== 0) {
    file.inode.writecount--;
    return readOnly;
  }
  file.path.mnt.writers++;
  file.mode |= FMODE_WRITER;
  return 0;
}
