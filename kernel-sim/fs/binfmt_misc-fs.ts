import { EEXIST, EFAULT, EINVAL } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { byteArray, byteString } from "../lib/byte-string.ts";
import type { IovIter } from "../lib/iov-iter.ts";
import { binfmtMisc, createEntry, entryStatus, type MiscEntry } from "./binfmt_misc.ts";
import { Dentry, dDrop, dInstantiate } from "./dcache.ts";
import { openExec } from "./exec-open.ts";
import type { FileSystemType } from "./filesystems.ts";
import { type ByteString, type FileOperations, Inode, S_IFDIR, S_IFREG, SuperBlock } from "./fs.ts";
import { dirEmitDots, dtType } from "./libfs.ts";
import { genericFileLlseek } from "./llseek.ts";
import { lookupOne } from "./namei.ts";
import { putExeFile } from "./open-file.ts";
import { currentTime } from "./timestamps.ts";

const BINFMTFS_MAGIC = 0x42494e4d;
/** A command is "0", "1" or "-1", with or without a newline. */
const COMMAND_BYTES_MAX = 3;

/** What is mounted now. */
interface Mounted {
  sb: SuperBlock | undefined;
}

/**
 * The file system in which formats are registered.
 *
 * @linux fs/binfmt_misc.c `bm_fs_type` (6.18)
 * @spec Documentation/admin-guide/binfmt-misc.rst
 */
export const binfmtMiscType: FileSystemType = {
  name: "binfmt_misc",
  flags: 0,
  // One for all mounts: with the last of them the formats go.
  getTree(task) {
    const { kernel } = task;
    const mounted = kernel.subsystem<Mounted>("binfmt_misc.mounted", () => ({ sb: undefined }));
    mounted.sb ??= fillSuper(kernel, () => {
      mounted.sb = undefined;
    });
    return mounted.sb;
  },
};

/** @linux fs/binfmt_misc.c `bm_fill_super` (6.18) */
function fillSuper(kernel: Kernel, gone: () => void): SuperBlock {
  const sb = new SuperBlock(kernel, "binfmt_misc", BINFMTFS_MAGIC, kernel.anonymousDev());
  sb.op = {
    putSuper() {
      for (const entry of [...binfmtMisc(kernel).entries]) removeEntry(kernel, entry);
      gone();
    },
  };
  const root = new Inode(sb, sb.nextIno(), S_IFDIR | 0o755, {}, dirOperations);
  root.nlink = 2;
  stamp(root);
  sb.root = new Dentry(sb, undefined, "/", root);
  addFile(sb, "status", 0o644, statusOperations);
  addFile(sb, "register", 0o200, registerOperations);
  return sb;
}

function addFile(sb: SuperBlock, name: string, mode: number, fop: FileOperations): Dentry {
  const inode = new Inode(sb, sb.nextIno(), S_IFREG | mode, {}, fop);
  stamp(inode);
  const dentry = new Dentry(sb, sb.root, name, undefined);
  dInstantiate(dentry, inode);
  return dentry;
}

function stamp(inode: Inode): void {
  const now = currentTime(inode);
  inode.atime = now;
  inode.mtime = now;
  inode.ctime = now;
}

/** The newest name comes first. @linux fs/libfs.c `dcache_readdir` (6.18) */
const dirOperations: FileOperations = {
  llseek: genericFileLlseek,
  iterate(_task, file, actor) {
    if (!dirEmitDots(file, actor)) return 0;
    const entries = [...file.path.dentry.children.values()].reverse();
    while (file.pos - 2 < entries.length) {
      const { name, inode } = entries[file.pos - 2]!;
      if (!actor(name, inode!.ino, dtType(inode!), file.pos + 1)) return 0;
      file.pos++;
    }
    return 0;
  },
};

/** A text that is made when it is read, from where the file's position is. @linux fs/libfs.c `simple_read_from_buffer` */
function textOperations(
  show: (kernel: Kernel) => ByteString,
  write: (task: Task, command: "0" | "1" | "-1") => void,
): FileOperations {
  return {
    llseek: genericFileLlseek,
    readIter(iocb, iter) {
      const bytes = byteArray(show(iocb.task.kernel)).subarray(iocb.pos);
      const done = iter.copyTo(bytes);
      if (done === 0 && bytes.length > 0 && iter.count > 0) return -EFAULT;
      iocb.pos += done;
      return done;
    },
    writeIter(iocb, iter) {
      const count = iter.count;
      if (count > COMMAND_BYTES_MAX) return -EINVAL;
      const text = written(iter);
      if (typeof text === "number") return text;
      if (count === 0) return 0;
      const command = text.replace(/\n$/, "");
      if (command !== "0" && command !== "1" && command !== "-1") return -EINVAL;
      write(iocb.task, command);
      return count;
    },
  };
}

function written(iter: IovIter): ByteString | number {
  const bytes = new Uint8Array(iter.count);
  return iter.copyFrom(bytes) < bytes.length ? -EFAULT : byteString(bytes);
}

/** @linux fs/binfmt_misc.c `bm_status_operations` (6.18) */
const statusOperations = textOperations(
  (kernel) => (binfmtMisc(kernel).isEnabled ? "enabled\n" : "disabled\n"),
  ({ kernel }, command) => {
    const misc = binfmtMisc(kernel);
    if (command === "-1") for (const entry of [...misc.entries]) removeEntry(kernel, entry);
    else misc.isEnabled = command === "1";
  },
);

/** @linux fs/binfmt_misc.c `bm_entry_operations` (6.18) */
function entryOperations(entry: MiscEntry): FileOperations {
  return textOperations(
    () => entryStatus(entry),
    ({ kernel }, command) => {
      if (command === "-1") removeEntry(kernel, entry);
      else entry.isEnabled = command === "1";
    },
  );
}

/** @linux fs/binfmt_misc.c `remove_binfmt_handler` (6.18) */
function removeEntry(kernel: Kernel, entry: MiscEntry): void {
  const { entries } = binfmtMisc(kernel);
  const at = entries.indexOf(entry);
  if (at < 0) return;
  entries.splice(at, 1);
  if (entry.dentry !== undefined) {
    entry.dentry.inode!.nlink--;
    dDrop(entry.dentry);
  }
  if (entry.file !== undefined) putExeFile(entry.file);
  entry.file = undefined;
}

/** @linux fs/binfmt_misc.c `bm_register_operations` (6.18) */
const registerOperations: FileOperations = {
  llseek: (_task, file) => file.pos,
  writeIter(iocb, iter) {
    const { task, file } = iocb;
    const count = iter.count;
    const line = written(iter);
    const entry = typeof line === "number" ? line : createEntry(line);
    if (typeof entry === "number") return entry;
    const { sb } = file.inode;
    const dentry = lookupOne(sb.root, entry.name);
    if (typeof dentry === "number") return dentry;
    if (dentry.inode !== undefined) return -EEXIST;
    if (entry.isOpenedNow) {
      const interpreter = openExec(task, entry.interpreter);
      if (typeof interpreter === "number") return interpreter;
      entry.file = interpreter;
    }
    entry.dentry = addFile(sb, entry.name, 0o644, entryOperations(entry));
    binfmtMisc(task.kernel).entries.unshift(entry);
    return count;
  },
};
