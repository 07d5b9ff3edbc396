import { EINVAL } from "../include/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW } from "../include/uapi/fcntl.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { getname } from "../mm/uaccess.ts";
import { newDecodeDev } from "./char-dev.ts";
import type { ByteString } from "./fs.ts";
import { filenameLookup, LOOKUP_FOLLOW, LOOKUP_LINKAT_EMPTY } from "./namei.ts";
import {
  doLinkat,
  doMkdirat,
  doMknodat,
  doRmdir,
  doSymlinkat,
  doUnlinkat,
  mayMknod,
} from "./namei-modify.ts";
import { doRenameat2 } from "./rename.ts";

/** Reads a path name of the caller and hands it on. */
function withName(task: Task, addr: number, use: (name: ByteString) => number): number {
  const name = getname(task, addr);
  return typeof name === "number" ? name : use(name);
}

function mkdirat(task: Task, dfd: number, name: number, mode: number): number {
  return withName(task, name, (text) => doMkdirat(task, dfd | 0, text, mode & 0xffff));
}

function mknodat(task: Task, dfd: number, name: number, mode: number, dev: number): number {
  // What cannot be made at all is refused before the name is read.
  const refused = mayMknod(mode & 0xffff);
  if (refused !== 0) return refused;
  return withName(task, name, (text) =>
    doMknodat(task, dfd | 0, text, mode & 0xffff, newDecodeDev(dev)),
  );
}

function symlinkat(task: Task, target: number, dfd: number, name: number): number {
  return withName(task, target, (from) =>
    withName(task, name, (to) => doSymlinkat(task, from, dfd | 0, to)),
  );
}

/** @spec linkat(2) */
function linkat(
  task: Task,
  oldDfd: number,
  oldName: number,
  newDfd: number,
  newName: number,
  flags: number,
): number {
  if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const isEmptyAllowed = (flags & AT_EMPTY_PATH) !== 0;
  let lookup = (flags & AT_SYMLINK_FOLLOW) !== 0 ? LOOKUP_FOLLOW : 0;
  if (isEmptyAllowed) lookup |= LOOKUP_LINKAT_EMPTY;
  const from = getname(task, oldName, isEmptyAllowed);
  if (typeof from === "number") return from;
  const old = filenameLookup(task, oldDfd | 0, from, lookup);
  if (typeof old === "number") return old;
  return withName(task, newName, (to) => doLinkat(task, old, newDfd | 0, to));
}

function unlinkat(task: Task, dfd: number, name: number, flags: number): number {
  if ((flags & ~AT_REMOVEDIR) !== 0) return -EINVAL;
  const remove = (flags & AT_REMOVEDIR) !== 0 ? doRmdir : doUnlinkat;
  return withName(task, name, (text) => remove(task, dfd | 0, text));
}

function renameat2(
  task: Task,
  oldDfd: number,
  oldName: number,
  newDfd: number,
  newName: number,
  flags: number,
): number {
  const readNew = () => getname(task, newName);
  return doRenameat2(task, oldDfd | 0, getname(task, oldName), newDfd | 0, readNew, flags);
}

export const nameiSyscalls: SyscallTable = {
  mkdir: (task, name, mode) => mkdirat(task, AT_FDCWD, name, mode),
  mkdirat,
  mknod: (task, name, mode, dev) => mknodat(task, AT_FDCWD, name, mode, dev),
  mknodat,
  symlink: (task, target, name) => symlinkat(task, target, AT_FDCWD, name),
  symlinkat,
  link: (task, from, to) => linkat(task, AT_FDCWD, from, AT_FDCWD, to, 0),
  linkat,
  unlink: (task, name) => unlinkat(task, AT_FDCWD, name, 0),
  unlinkat,
  rmdir: (task, name) => unlinkat(task, AT_FDCWD, name, AT_REMOVEDIR),
  rename: (task, from, to) => renameat2(task, AT_FDCWD, from, AT_FDCWD, to, 0),
  renameat: (task, oldDfd, from, newDfd, to) => renameat2(task, oldDfd, from, newDfd, to, 0),
  renameat2,
};
