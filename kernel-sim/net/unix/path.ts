import { touchAtime } from "../../fs/atime.ts";
import type { ByteString, Path } from "../../fs/fs.ts";
import { filenameLookup, LOOKUP_FOLLOW } from "../../fs/namei.ts";
import { inodePermission, MAY_WRITE } from "../../fs/permission.ts";
import { AT_FDCWD } from "../../include/uapi/fcntl.ts";
import type { Task } from "../../kernel/task.ts";

/** The place of a path name that `task` may write to, or a negative errno. */
export function findSocketPath(task: Task, name: ByteString): Path | number {
  const path = filenameLookup(task, AT_FDCWD, name, LOOKUP_FOLLOW);
  if (typeof path === "number") return path;
  const error = inodePermission(task, path.dentry.inode!, MAY_WRITE);
  return error < 0 ? error : path;
}

/** Somebody has found a socket by its name. */
export function touchSocketPath(path: Path): void {
  touchAtime(path.mnt, path.dentry.inode!);
}
