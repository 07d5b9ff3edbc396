import { ENFILE } from "../include/errno.ts";
import { CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import { IN_CLOSE_NOWRITE, IN_CLOSE_WRITE } from "../include/uapi/inotify.ts";
import { capable } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import { dput } from "./dcache.ts";
import { type File, FMODE_READ, FMODE_WRITE, FMODE_WRITER } from "./fs.ts";
import { fsnotifyFile } from "./notify/fsnotify.ts";

/** One holder less; the last one releases the file. @linux fs/file_table.c `fput`, `__fput` (6.18) */
export function fput(file: File): void {
  file.count--;
  if (file.count > 0) return;
  fsnotifyFile(file, (file.mode & FMODE_WRITE) !== 0 ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
  file.inode.sb.kernel.hooks.fileReleased(file);
  file.op.release?.(file);
  abandonFile(file);
}

/** Lets go of what a file holds, also of one that could not be opened: its place and its right to write. */
export function abandonFile(file: File): void {
  file.inode.sb.kernel.nrFiles--;
  if ((file.mode & FMODE_WRITER) !== 0) {
    file.mode &= ~FMODE_WRITER;
    file.inode.writecount--;
    file.path.mnt.writers--;
  }
  if ((file.mode & (FMODE_READ | FMODE_WRITE)) === FMODE_READ) file.inode.readcount--;
  file.path.mnt.count--;
  dput(file.path.dentry);
}

/**
 * Whether `task` may open `n` files more: /proc/sys/fs/file-max holds for all but root.
 *
 * @linux fs/file_table.c `alloc_empty_file` (6.18)
 */
export function hasRoomForFiles(task: Task, n = 1): boolean {
  const { nrFiles, sysctl } = task.kernel;
  return nrFiles + n <= sysctl.fileMax || capable(task.cred, CAP_SYS_ADMIN);
}

/** The lowest free number for a file that is about to be made; -EMFILE, or -ENFILE when there may be no more. */
export function fdForNewFile(task: Task, closeOnExec: boolean): number {
  const fd = task.files.getUnusedFd(task, closeOnExec);
  if (fd < 0 || hasRoomForFiles(task)) return fd;
  task.files.putUnusedFd(fd);
  return -ENFILE;
}

/** One holder more; answers the file. @linux include/linux/fs.h `get_file` */
export function getFile(file: File): File {
  file.count++;
  return file;
}
