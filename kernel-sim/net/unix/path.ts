import { type ByteString, type Path, S_IFSOCK } from "../../fs/fs.ts";
import { filenameLookup, LOOKUP_FOLLOW } from "../../fs/namei.ts";
import { mknodForBind, unlinkPath } from "../../fs/namei-modify.ts";
import { inodePermission, MAY_WRITE } from "../../fs/permission.ts";
import { AT_FDCWD } from "../../include/uapi/fcntl.ts";
import type { Task } from "../../kernel/task.ts";

/** The place of a path name that `task` may write to, or a negative errno. @linux net/unix/af_unix.c `unix_find_bsd` (6.18) */
export function findSocketPath(task: Task, name: ByteString): Path | number {
  const path = filenameLookup(task, AT_FDCWD, name, LOOKUP_FOLLOW);
  if (typeof path === "number") return path;
  const error = inodePermission(task, path.dentry.inode!, MAY_WRITE);
  return error !== 0 ? error : path;
}

/** Makes a socket file, or a negative errno (-EEXIST). @linux net/unix/af_unix.c `unix_bind_bsd` (6.18) */
export function makeSocketPath(task: Task, name: ByteString, mode: number): Path | number {
  return mknodForBind(task, name, S_IFSOCK | (mode & 0o7777));
}

/** Takes the name away again. */
export function removeSocketPath(task: Task, path: Path): void {
  unlinkPath(task, path);
}
