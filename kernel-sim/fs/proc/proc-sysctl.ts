import { EACCES, EFAULT, EINVAL, ENOENT } from "../../include/errno.ts";
import type { Cred } from "../../kernel/cred.ts";
import type { Task } from "../../kernel/task.ts";
import { byteArray, byteString } from "../../lib/byte-string.ts";
import type { IovIter } from "../../lib/iov-iter.ts";
import {
  type ByteString,
  type FileOperations,
  Inode,
  type Kiocb,
  S_IFDIR,
  S_IFREG,
  type SuperBlock,
} from "../fs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { MAY_EXEC } from "../permission.ts";
import { currentTime } from "../timestamps.ts";
import { procSysSetattr } from "./internal.ts";
import { emitNames } from "./pid-entry.ts";

/**
 * A setting in /proc/sys.
 *
 * @linux include/linux/sysctl.h `struct ctl_table` (6.18)
 */
export interface CtlTable {
  /** Below /proc/sys, as `kernel/hostname`. */
  readonly path: string;
  readonly mode: number;
  readonly handler: SysctlHandler;
}

/** Reads and writes of a setting: the bytes at the position, or an errno (`proc_handler`). */
export interface SysctlHandler {
  read(task: Task, iocb: Kiocb, count: number): ByteString | number;
  write?(task: Task, iocb: Kiocb, text: ByteString): number;
}

/** A directory of /proc/sys. */
class CtlDir {
  readonly ino: number;
  readonly children = new Map<string, CtlDir | CtlFile>();

  constructor(ino: number) {
    this.ino = ino;
  }
}

class CtlFile {
  readonly ino: number;
  readonly table: CtlTable;

  constructor(ino: number, table: CtlTable) {
    this.ino = ino;
    this.table = table;
  }
}

/** A write longer than this is refused. */
const SYSCTL_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The inode of /proc/sys with these settings in it.
 *
 * @linux fs/proc/proc_sysctl.c (6.18)
 */
export function procSysRoot(sb: SuperBlock, tables: readonly CtlTable[]): Inode {
  const root = new CtlDir(sb.nextIno());
  for (const table of tables) {
    const parts = table.path.split("/");
    const name = parts.pop()!;
    let at = root;
    for (const part of parts) {
      const next = at.children.get(part) ?? new CtlDir(sb.nextIno());
      at.children.set(part, next);
      if (next instanceof CtlDir) at = next;
    }
    at.children.set(name, new CtlFile(sb.nextIno(), table));
  }
  // A place to mount formats at. @linux kernel/sysctl.c `register_sysctl_mount_point` (6.18)
  const fs = root.children.get("fs");
  if (fs instanceof CtlDir) fs.children.set("binfmt_misc", new CtlDir(sb.nextIno()));
  return dirInode(sb, root);
}

function dirInode(sb: SuperBlock, dir: CtlDir): Inode {
  const inode = new Inode(
    sb,
    dir.ino,
    S_IFDIR | 0o555,
    {
      lookup(_parent, name) {
        const child = dir.children.get(name);
        if (child === undefined) return -ENOENT;
        return child instanceof CtlDir ? dirInode(sb, child) : fileInode(sb, child);
      },
      permission: (task, self, mask) => sysctlPerm(task.cred, self.mode, mask),
      setattr: procSysSetattr,
    },
    {
      llseek: genericFileLlseek,
      iterate: (_task, file, actor) => emitNames(file, actor, [...dir.children.keys()].sort()),
    },
  );
  return stamped(inode);
}

function fileInode(sb: SuperBlock, file: CtlFile): Inode {
  const { mode, handler } = file.table;
  const inode = new Inode(
    sb,
    file.ino,
    S_IFREG | mode,
    {
      permission(task, _self, mask) {
        return (mask & MAY_EXEC) !== 0 ? -EACCES : sysctlPerm(task.cred, mode, mask);
      },
      setattr: procSysSetattr,
    },
    sysctlOperations(mode, handler),
  );
  return stamped(inode);
}

function stamped(inode: Inode): Inode {
  const now = currentTime(inode);
  inode.atime = now;
  inode.mtime = now;
  inode.ctime = now;
  return inode;
}

/** Not by capabilities: whoever is root by its euid may. @linux fs/proc/proc_sysctl.c `sysctl_perm` (6.18) */
function sysctlPerm(cred: Cred, mode: number, mask: number): number {
  const shift = cred.euid === 0 ? 6 : cred.egid === 0 || cred.groups.includes(0) ? 3 : 0;
  return (mask & ~(mode >> shift) & 7) === 0 ? 0 : -EACCES;
}

/** @linux fs/proc/proc_sysctl.c `proc_sys_call_handler` (6.18) */
function sysctlOperations(mode: number, handler: SysctlHandler): FileOperations {
  return {
    llseek: genericFileLlseek,
    readIter(iocb, iter) {
      if ((mode & 0o444) === 0) return -EINVAL;
      const text = handler.read(iocb.task, iocb, iter.count);
      if (typeof text === "number") return text;
      const bytes = byteArray(text);
      if (bytes.length === 0) return 0;
      if (iter.copyTo(bytes) < bytes.length) return -EFAULT;
      iocb.pos += bytes.length;
      return bytes.length;
    },
    writeIter(iocb, iter) {
      const total = iter.count;
      if (handler.write === undefined || total > SYSCTL_BYTES_MAX) return -EINVAL;
      const text = writtenBytes(iter);
      if (typeof text === "number") return text;
      const error = handler.write(iocb.task, iocb, text);
      if (error < 0) return error;
      iocb.pos += total;
      return total;
    },
  };
}

function writtenBytes(iter: IovIter): ByteString | number {
  const bytes = new Uint8Array(iter.count);
  return iter.copyFrom(bytes) < bytes.length ? -EFAULT : byteString(bytes);
}
