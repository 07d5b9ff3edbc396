import { ENOENT } from "../../include/errno.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Task } from "../../kernel/task.ts";
import {
  type ByteString,
  type FileOperations,
  Inode,
  type InodeOperations,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  type SuperBlock,
} from "../fs.ts";
import { genericFileLlseek } from "../llseek.ts";
import { seqFileOperations } from "../seq-file.ts";
import { currentTime } from "../timestamps.ts";
import { procSetattr } from "./internal.ts";
import { emitNames } from "./pid-entry.ts";

/** `PROC_DYNAMIC_FIRST`: the first inode number of the files that are no process's. */
const PROC_DYNAMIC_FIRST = 0xf0000000;

/**
 * A file or directory of /proc that is no process's.
 *
 * @linux fs/proc/internal.h `struct proc_dir_entry` (6.18)
 */
export class ProcDirEntry {
  readonly name: ByteString;
  readonly ino: number;
  readonly mode: number;
  readonly op: InodeOperations;
  readonly fop: FileOperations;
  /** Target of a symbolic link. */
  readonly link: ByteString | undefined;
  /** A directory that is none of this tree: makes its inode. */
  make: ((sb: SuperBlock) => Inode) | undefined = undefined;
  readonly children = new Map<ByteString, ProcDirEntry>();

  constructor(
    name: ByteString,
    ino: number,
    mode: number,
    op: InodeOperations,
    fop: FileOperations,
    link: ByteString | undefined,
  ) {
    this.name = name;
    this.ino = ino;
    this.mode = mode;
    this.op = op;
    this.fop = fop;
    this.link = link;
  }

  get isDir(): boolean {
    return (this.mode & 0o170000) === S_IFDIR;
  }

  /** Its entries in the order in which they are listed: short names first. @linux fs/proc/generic.c `proc_match` */
  sorted(): readonly ProcDirEntry[] {
    return [...this.children.values()].sort(
      (a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
    );
  }
}

/** All such files of one machine; whoever has something to tell adds its own. */
export class ProcTree {
  readonly root = new ProcDirEntry("/proc", 1, S_IFDIR | 0o555, {}, {}, undefined);
  #nextIno = PROC_DYNAMIC_FIRST;

  /** A file whose text is made when it is read. @linux fs/proc/generic.c `proc_create_single` */
  single(path: string, show: (reader: Task) => ByteString | number, mode = 0o444): void {
    this.create(
      path,
      mode,
      seqFileOperations((reader) => show(reader)),
    );
  }

  /** A file with operations of its own. */
  create(path: string, mode: number, fop: FileOperations): void {
    this.#add(path, S_IFREG | mode, {}, fop, undefined);
  }

  /** A directory of another kind at the top. */
  special(name: string, make: (sb: SuperBlock) => Inode): void {
    this.mkdir(name).make = make;
  }

  symlink(path: string, target: ByteString): void {
    this.#add(path, S_IFLNK | 0o777, {}, {}, target);
  }

  /** The directory `path`, made if it is not there. */
  mkdir(path: string): ProcDirEntry {
    const parts = path === "" ? [] : path.split("/");
    let at = this.root;
    for (const part of parts) at = at.children.get(part) ?? this.#newDir(at, part);
    return at;
  }

  #newDir(parent: ProcDirEntry, name: string): ProcDirEntry {
    const entry = new ProcDirEntry(name, this.#nextIno++, S_IFDIR | 0o555, {}, {}, undefined);
    parent.children.set(name, entry);
    return entry;
  }

  #add(
    path: string,
    mode: number,
    op: InodeOperations,
    fop: FileOperations,
    link: ByteString | undefined,
  ): void {
    const slash = path.lastIndexOf("/");
    const parent = this.mkdir(path.slice(0, Math.max(0, slash)));
    const name = path.slice(slash + 1);
    parent.children.set(name, new ProcDirEntry(name, this.#nextIno++, mode, op, fop, link));
  }
}

/** The tree of this machine. */
export function procTree(kernel: Kernel): ProcTree {
  return kernel.subsystem("proc.tree", () => new ProcTree());
}

/** The inode of an entry. @linux fs/proc/inode.c `proc_get_inode` (6.18) */
function procGetInode(sb: SuperBlock, entry: ProcDirEntry): Inode {
  if (entry.make !== undefined) return entry.make(sb);
  const isDir = (entry.mode & 0o170000) === S_IFDIR;
  const op: InodeOperations = isDir
    ? { ...entry.op, setattr: procSetattr, lookup: (_dir, name) => procLookup(sb, entry, name) }
    : { ...entry.op, setattr: procSetattr };
  const fop: FileOperations = isDir
    ? {
        llseek: genericFileLlseek,
        iterate: (_task, file, actor) =>
          emitNames(
            file,
            actor,
            entry.sorted().map((child) => child.name),
          ),
      }
    : entry.fop;
  const inode = new Inode(sb, entry.ino, entry.mode, op, fop);
  if (isDir) {
    const dirs = [...entry.children.values()].filter((child) => (child.mode & S_IFDIR) !== 0);
    inode.nlink = 2 + dirs.filter((child) => (child.mode & 0o170000) === S_IFDIR).length;
  }
  if (entry.link !== undefined) {
    inode.link = entry.link;
    inode.size = entry.link.length;
  }
  const now = currentTime(inode);
  inode.atime = now;
  inode.mtime = now;
  inode.ctime = now;
  return inode;
}

/** @linux fs/proc/generic.c `proc_lookup_de` (6.18) */
export function procLookup(sb: SuperBlock, parent: ProcDirEntry, name: ByteString): Inode | number {
  const entry = parent.children.get(name);
  return entry === undefined ? -ENOENT : procGetInode(sb, entry);
}
