import type { ByteString, Inode, SuperBlock } from "./fs.ts";

/**
 * A name in a directory. Negative (no inode) when the name is known not to exist.
 *
 * @linux fs/dcache.c `struct dentry` (6.18)
 * @simplified names that do not exist are not remembered: each look-up asks the file system again.
 */
export class Dentry {
  readonly sb: SuperBlock;
  parent: Dentry;
  name: ByteString;
  inode: Inode | undefined;
  /** Removed from its directory; the inode may live on (`d_unlinked`). */
  isUnhashed = false;
  /** Something is mounted here in some namespace. */
  isMountpoint = false;
  /** How many mounts lie on it, in all namespaces. */
  mountedHere = 0;
  /** Open files, mounts and working directories that hold it (`d_lockref`). */
  count = 0;
  /** Place in its directory when the file system keeps one (`dentry2offset`). */
  offset = 0;
  /** The file that takes its name when a rename moves it away (RENAME_WHITEOUT). */
  whiteout: Dentry | undefined = undefined;
  /** The name that pipes, sockets and the like show in /proc/PID/fd (`d_dname`). */
  dname: (() => ByteString) | undefined = undefined;
  /** Oldest first. */
  readonly children = new Map<ByteString, Dentry>();

  constructor(
    sb: SuperBlock,
    parent: Dentry | undefined,
    name: ByteString,
    inode: Inode | undefined,
  ) {
    this.sb = sb;
    this.parent = parent ?? this;
    this.name = name;
    this.inode = inode;
    if (inode !== undefined) inode.refs++;
  }

  get isRoot(): boolean {
    return this.parent === this;
  }
}

/** Puts a dentry into its directory, where look-ups find it (`d_add`, `d_rehash`). */
export function dRehash(dentry: Dentry): void {
  dentry.isUnhashed = false;
  dentry.parent.children.set(dentry.name, dentry);
}

/** A name gets its file (`d_instantiate`). */
export function dInstantiate(dentry: Dentry, inode: Inode): void {
  dentry.inode = inode;
  inode.refs++;
  dRehash(dentry);
}

/** Takes a name out of its directory (`d_drop`). */
export function dDrop(dentry: Dentry): void {
  if (dentry.isUnhashed) return;
  dentry.isUnhashed = true;
  if (dentry.parent.children.get(dentry.name) === dentry)
    dentry.parent.children.delete(dentry.name);
}

/** The name is gone; with nobody left who holds it, its hold on the inode goes too (`d_delete`). */
export function dDelete(dentry: Dentry): void {
  dDrop(dentry);
  if (dentry.count === 0) dentryKill(dentry);
}

/** One holder more. */
export function dget(dentry: Dentry): Dentry {
  dentry.count++;
  return dentry;
}

/** One holder less. */
export function dput(dentry: Dentry): void {
  dentry.count--;
  if (dentry.count === 0 && dentry.isUnhashed) dentryKill(dentry);
}

function dentryKill(dentry: Dentry): void {
  const { inode } = dentry;
  if (inode === undefined) return;
  dentry.inode = undefined;
  if (inode.nlink === 0) inode.sb.kernel.hooks.inodeRemoved(inode);
  iput(inode);
}

/** One dentry less names `inode`; without names and links it ends. @linux fs/inode.c `iput` (6.18) */
export function iput(inode: Inode): void {
  inode.refs--;
  if (inode.refs > 0 || inode.nlink > 0) return;
  inode.sb.op.evictInode?.(inode);
}

/** `dentry` takes the place of `target`, whose name is gone (`d_move`). */
export function dMove(dentry: Dentry, target: Dentry): void {
  dDrop(dentry);
  dDrop(target);
  dentry.parent = target.parent;
  dentry.name = target.name;
  dRehash(dentry);
  if (target.inode !== undefined && target.count === 0) dentryKill(target);
}

/** Two names change places (`d_exchange`). */
export function dExchange(a: Dentry, b: Dentry): void {
  dDrop(a);
  dDrop(b);
  const { parent, name } = a;
  a.parent = b.parent;
  a.name = b.name;
  b.parent = parent;
  b.name = name;
  dRehash(b);
  dRehash(a);
}

/** The child of `ancestor` on the way down to `dentry`, if it lies below (`d_ancestor`). */
export function dAncestor(ancestor: Dentry, dentry: Dentry): Dentry | undefined {
  for (let at = dentry; !at.isRoot; at = at.parent) if (at.parent === ancestor) return at;
  return undefined;
}

/** Whether `dentry` is `ancestor` or lies below it (`is_subdir`). */
export function isSubdir(dentry: Dentry, ancestor: Dentry): boolean {
  return dentry === ancestor || dAncestor(ancestor, dentry) !== undefined;
}
