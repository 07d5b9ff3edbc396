import { EBADF, EFAULT } from "../include/errno.ts";
import { AT_FDCWD } from "../include/uapi/fcntl.ts";
import type { Task } from "../kernel/task.ts";
import { copyFromUser, getname } from "../mm/uaccess.ts";
import type { Path } from "./fs.ts";
import { filenameLookup } from "./namei.ts";

/** The place that the path at user address `name` names. @linux fs/namei.c `user_path_at` (6.18) */
export function userPathAt(
  task: Task,
  dfd: number,
  name: number,
  lookup: number,
  mayBeEmpty = false,
): Path | number {
  const text = getname(task, name, mayBeEmpty);
  return typeof text === "number" ? text : filenameLookup(task, dfd, text, lookup);
}

/**
 * The same, but with `mayBeEmpty` an empty path (or none) is the descriptor itself.
 *
 * @linux fs/namei.c `getname_maybe_null` (6.18)
 */
export function userPathOrFd(
  task: Task,
  dfd: number,
  name: number,
  lookup: number,
  mayBeEmpty: boolean,
): Path | number {
  if (!mayBeEmpty) return userPathAt(task, dfd, name, lookup);
  if (name !== 0) {
    const first = copyFromUser(task, name, 1);
    if (typeof first === "number") return -EFAULT;
    if (first[0] !== 0) return userPathAt(task, dfd, name, lookup);
  }
  if (dfd === AT_FDCWD) return task.fs.pwd;
  const file = task.files.get(dfd);
  return file === undefined ? -EBADF : file.path;
}
