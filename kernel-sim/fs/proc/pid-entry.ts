import { ENOENT, ESRCH } from "../../include/errno.ts";
import type { PidNamespace } from "../../kernel/pid.ts";
import type { Task } from "../../kernel/task.ts";
import {
  type ByteString,
  type DirActor,
  type File,
  type FileOperations,
  type Inode,
  type InodeOperations,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IMMUTABLE,
  type SuperBlock,
} from "../fs.ts";
import { dirEmitDots, dtType } from "../libfs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { lookupOne } from "../namei.ts";
import { seqFileOperations } from "../seq-file.ts";
import { getProcTask, procPidMakeInode, procPidNs } from "./internal.ts";

/** The position behind `.` and `..`. */
const FIRST_POS = 2;

/** A file of every process's directory. @linux fs/proc/base.c `struct pid_entry` (6.18) */
export interface PidEntry {
  readonly name: string;
  /** Type and permissions. */
  readonly mode: number;
  readonly op: InodeOperations;
  readonly fop: FileOperations;
}

/** The text of a file about `task`, as `reader` may see it. */
export type PidShow = (
  task: Task,
  ns: PidNamespace,
  reader: Task,
  file: File,
) => ByteString | number;

/** A file whose text is made when it is read (`ONE`). */
export function one(name: string, mode: number, show: PidShow): PidEntry {
  return reg(name, mode, pidSeqOperations(show));
}

/** The operations of such a file, with some of its own. */
export function pidSeqOperations(show: PidShow, more: FileOperations = {}): FileOperations {
  return seqFileOperations((reader, file) => {
    const task = getProcTask(file.inode);
    if (task === undefined) return -ESRCH;
    return show(task, procPidNs(file.inode.sb), reader, file);
  }, more);
}

export function reg(name: string, mode: number, fop: FileOperations): PidEntry {
  return { name, mode: S_IFREG | mode, op: {}, fop };
}

export function dir(
  name: string,
  mode: number,
  op: InodeOperations,
  fop: FileOperations,
): PidEntry {
  return { name, mode: S_IFDIR | mode, op, fop };
}

export function lnk(name: string, getLink: InodeOperations["getLink"]): PidEntry {
  return { name, mode: S_IFLNK | 0o777, op: getLink === undefined ? {} : { getLink }, fop: {} };
}

/** The inode of one of `entries` of a process. @linux fs/proc/base.c `proc_pident_lookup` (6.18) */
export function pidentLookup(
  entries: readonly PidEntry[],
  parent: Inode,
  name: ByteString,
): Inode | number {
  const task = getProcTask(parent);
  const entry = entries.find((candidate) => candidate.name === name);
  if (task === undefined || entry === undefined) return -ENOENT;
  return makeEntry(parent.sb, task, entry);
}

/** The directory of a process or thread with these files. @linux fs/proc/base.c `proc_pid_instantiate` (6.18) */
export function instantiatePidDir(parent: Inode, task: Task, entries: readonly PidEntry[]): Inode {
  const op: InodeOperations = { lookup: (inode, name) => pidentLookup(entries, inode, name) };
  const fop: FileOperations = {
    llseek: genericFileLlseek,
    iterate: (_task, file, actor) => pidentReaddir(entries, file, actor),
  };
  const inode = procPidMakeInode(parent.sb, task, S_IFDIR | 0o555, op, fop);
  inode.nlink = 2 + entries.filter((entry) => (entry.mode & S_IFMT) === S_IFDIR).length;
  inode.flags |= S_IMMUTABLE;
  return inode;
}

function makeEntry(sb: SuperBlock, task: Task, entry: PidEntry): Inode {
  const inode = procPidMakeInode(sb, task, entry.mode, entry.op, entry.fop);
  if ((entry.mode & S_IFDIR) !== 0 && inode.type === S_IFDIR) inode.nlink = 2;
  return inode;
}

/** Hands out `.`, `..` and the entries. @linux fs/proc/base.c `proc_pident_readdir` (6.18) */
export function pidentReaddir(entries: readonly PidEntry[], file: File, actor: DirActor): number {
  if (getProcTask(file.inode) === undefined) return -ENOENT;
  return emitNames(
    file,
    actor,
    entries.map((entry) => entry.name),
  );
}

/**
 * Hands out `.`, `..` and `names`, each looked up, so that the inode numbers are those that stat tells.
 *
 * @linux fs/proc/base.c `proc_fill_cache` (6.18)
 */
export function emitNames(file: File, actor: DirActor, names: readonly ByteString[]): number {
  if (!dirEmitDots(file, actor)) return 0;
  while (file.pos - FIRST_POS < names.length) {
    const name = names[file.pos - FIRST_POS]!;
    if (!emitName(file, actor, name, file.pos + 1)) return 0;
    file.pos++;
  }
  return 0;
}

/** Hands out one name; false when there is no room for it. A name that has gone meanwhile is left out. */
export function emitName(file: File, actor: DirActor, name: ByteString, nextPos: number): boolean {
  const dentry = lookupOne(file.path.dentry, name);
  const inode = typeof dentry === "number" ? undefined : dentry.inode;
  return inode === undefined || actor(name, inode.ino, dtType(inode), nextPos);
}
