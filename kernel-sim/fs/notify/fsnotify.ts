import {
  IN_ACCESS,
  IN_ATTRIB,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_ISDIR,
  IN_MODIFY,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_UNMOUNT,
} from "../../include/uapi/inotify.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Dentry } from "../dcache.ts";
import {
  type ByteString,
  type File,
  FMODE_PATH,
  type Inode,
  S_IFDIR,
  type SuperBlock,
} from "../fs.ts";

/** Somebody who watches an inode. @linux include/linux/fsnotify_backend.h `struct fsnotify_mark` (6.18) */
export interface FsnotifyMark {
  /** IN_… events that interest it. */
  mask: number;
  /** Names that were unlinked while open do not interest it. */
  readonly isExclUnlink: boolean;
  /** `name` is that of the child in the watched directory, when it is about one. */
  handle(mask: number, name: ByteString | undefined, cookie: number): void;
  /** The inode is going, and the watch with it. */
  destroyed(): void;
}

/** Inodes that somebody watches, for when their file system is unmounted. */
function watchedInodes(kernel: Kernel): Set<Inode> {
  return kernel.subsystem("fsnotify.inodes", () => new Set<Inode>());
}

/** Adds `mark` to those who watch `inode`. */
export function addMark(inode: Inode, mark: FsnotifyMark): void {
  inode.notifyMarks ??= new Set();
  inode.notifyMarks.add(mark);
  watchedInodes(inode.sb.kernel).add(inode);
}

export function removeMark(inode: Inode, mark: FsnotifyMark): void {
  inode.notifyMarks?.delete(mark);
  if (inode.notifyMarks?.size !== 0) return;
  inode.notifyMarks = undefined;
  watchedInodes(inode.sb.kernel).delete(inode);
}

function destroyMarks(inode: Inode): void {
  for (const mark of [...(inode.notifyMarks ?? [])]) mark.destroyed();
}

/** The last name of an inode is gone, and nobody holds it. @linux include/linux/fsnotify.h `fsnotify_inoderemove` (6.18) */
export function fsnotifyInodeRemoved(inode: Inode): void {
  if (inode.notifyMarks === undefined) return;
  fsnotifyInode(inode, IN_DELETE_SELF);
  destroyMarks(inode);
}

/** A file system is unmounted. @linux fs/notify/fsnotify.c `fsnotify_sb_delete` (6.18) */
export function fsnotifySbDelete(sb: SuperBlock): void {
  for (const inode of [...watchedInodes(sb.kernel)]) {
    if (inode.sb !== sb) continue;
    fsnotifyInode(inode, IN_UNMOUNT);
    destroyMarks(inode);
  }
}

function send(
  inode: Inode,
  mask: number,
  name: ByteString | undefined,
  cookie: number,
  isUnlinked = false,
): void {
  if (inode.notifyMarks === undefined) return;
  for (const mark of [...inode.notifyMarks]) {
    if ((mark.mask & mask & ~IN_ISDIR) === 0 || (isUnlinked && mark.isExclUnlink)) continue;
    mark.handle(mask, name, cookie);
  }
}

function dirBit(inode: Inode): number {
  return inode.type === S_IFDIR ? IN_ISDIR : 0;
}

/** Something has happened to `inode` itself (`fsnotify_inode`). */
export function fsnotifyInode(inode: Inode, mask: number): void {
  if (inode.notifyMarks !== undefined) send(inode, mask | dirBit(inode), undefined, 0);
}

/** Something has happened to a file by its name: who watches the directory hears of it first (`fsnotify_parent`). */
export function fsnotifyDentry(dentry: Dentry, mask: number): void {
  const inode = dentry.inode;
  if (inode === undefined) return;
  const parent = dentry.parent.inode;
  if (!dentry.isRoot && parent?.notifyMarks !== undefined) {
    send(parent, mask | dirBit(inode), dentry.name, 0, dentry.isUnhashed);
  }
  fsnotifyInode(inode, mask);
}

/** Something was done with an open file (`fsnotify_file`). */
export function fsnotifyFile(file: File, mask: number): void {
  if ((file.mode & FMODE_PATH) === 0) fsnotifyDentry(file.path.dentry, mask);
}

/** A name in `dir` came, went or moved (`fsnotify_name`). */
export function fsnotifyName(
  dir: Inode,
  mask: number,
  inode: Inode,
  name: ByteString,
  cookie = 0,
): void {
  if (dir.notifyMarks !== undefined) send(dir, mask | dirBit(inode), name, cookie);
}

export function fsnotifyCreate(dir: Inode, dentry: Dentry): void {
  fsnotifyName(dir, IN_CREATE, dentry.inode!, dentry.name);
}

export function fsnotifyDelete(dir: Inode, inode: Inode, name: ByteString): void {
  fsnotifyName(dir, IN_DELETE, inode, name);
}

/** The number of links has changed (`fsnotify_link_count`). */
export function fsnotifyLinkCount(inode: Inode): void {
  fsnotifyInode(inode, IN_ATTRIB);
}

/** A rename; both halves carry the same number. @linux include/linux/fsnotify.h `fsnotify_move` (6.18) */
export function fsnotifyMove(
  kernel: Kernel,
  oldDir: Inode,
  newDir: Inode,
  oldName: ByteString,
  target: Inode | undefined,
  moved: Dentry,
): void {
  const source = moved.inode!;
  const cookies = kernel.subsystem("fsnotify.cookie", () => ({ last: 0 }));
  cookies.last++;
  fsnotifyName(oldDir, IN_MOVED_FROM, source, oldName, cookies.last);
  fsnotifyName(newDir, IN_MOVED_TO, source, moved.name, cookies.last);
  if (target !== undefined) fsnotifyLinkCount(target);
  fsnotifyInode(source, IN_MOVE_SELF);
}

export const ATTR_MODE = 0x1;
export const ATTR_UID = 0x2;
export const ATTR_GID = 0x4;
export const ATTR_SIZE = 0x8;
export const ATTR_ATIME = 0x10;
export const ATTR_MTIME = 0x20;

/** What a change of attributes looks like to who watches. @linux include/linux/fsnotify.h `fsnotify_change` (6.18) */
export function fsnotifyChange(dentry: Dentry, valid: number): void {
  let mask = 0;
  if ((valid & (ATTR_UID | ATTR_GID | ATTR_MODE)) !== 0) mask |= IN_ATTRIB;
  if ((valid & ATTR_SIZE) !== 0) mask |= IN_MODIFY;
  const times = valid & (ATTR_ATIME | ATTR_MTIME);
  if (times === (ATTR_ATIME | ATTR_MTIME)) mask |= IN_ATTRIB;
  else if (times === ATTR_ATIME) mask |= IN_ACCESS;
  else if (times === ATTR_MTIME) mask |= IN_MODIFY;
  if (mask !== 0) fsnotifyDentry(dentry, mask);
}
