import { EACCES, EINVAL } from "../include/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_LARGEFILE,
} from "../include/uapi/fcntl.ts";
import type { Task } from "../kernel/task.ts";
import { getname } from "../mm/uaccess.ts";
import { fput } from "./file-table.ts";
import { type ByteString, File } from "./fs.ts";
import { LOOKUP_FOLLOW } from "./namei.ts";
import { doFilpOpen } from "./namei-open.ts";
import { denyWriteAccess } from "./open-file.ts";
import { MAY_EXEC, MAY_OPEN } from "./permission.ts";

const AT_EXECVE_CHECK = 0x10000;

/** A file that is to be executed. */
interface OpenedExec {
  readonly file: File;
  /** How the new program can name it. */
  readonly name: ByteString;
  readonly isPathInaccessible: boolean;
  /** AT_EXECVE_CHECK: would it be allowed? */
  readonly isCheckOnly: boolean;
}

/**
 * Opens what execve or execveat names.
 *
 * @linux fs/exec.c `do_open_execat`, `alloc_bprm` (6.18)
 */
export function doOpenExecat(
  task: Task,
  fd: number,
  filename: number,
  flags: number,
): OpenedExec | number {
  const name = getname(task, filename, (flags & AT_EMPTY_PATH) !== 0);
  if (typeof name === "number") return name;
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_EXECVE_CHECK)) !== 0) return -EINVAL;
  const file = openForExec(task, fd, name, (flags & AT_SYMLINK_NOFOLLOW) === 0);
  if (typeof file === "number") return file;
  const isPlain = fd === AT_FDCWD || name.startsWith("/");
  return {
    file,
    name: isPlain ? name : `/dev/fd/${fd}${name === "" ? "" : `/${name}`}`,
    isPathInaccessible: !isPlain && task.files.isCloseOnExec(fd),
    isCheckOnly: (flags & AT_EXECVE_CHECK) !== 0,
  };
}

/** Opens a program or an interpreter by its path. @linux fs/exec.c `open_exec` (6.18) */
export function openExec(task: Task, name: ByteString): File | number {
  return openForExec(task, AT_FDCWD, name, true);
}

function openForExec(task: Task, fd: number, name: ByteString, follow: boolean): File | number {
  const file = doFilpOpen(task, fd, name, {
    openFlag: O_LARGEFILE,
    mode: 0,
    accMode: MAY_EXEC | MAY_OPEN,
    lookupFlags: follow ? LOOKUP_FOLLOW : 0,
  });
  if (typeof file === "number") return file;
  // Only FIFOs and devices sleep in open, and those were refused.
  if (!(file instanceof File)) return -EACCES;
  const denied = denyWriteAccess(file.inode);
  if (denied === 0) return file;
  fput(file);
  return denied;
}
