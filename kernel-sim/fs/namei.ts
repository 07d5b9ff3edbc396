import { EACCES, EBADF, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from "../include/errno.ts";
import { CAP_DAC_READ_SEARCH } from "../include/uapi/capability.ts";
import { AT_FDCWD } from "../include/uapi/fcntl.ts";
import { capable } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import { touchAtime } from "./atime.ts";
import { Dentry, dDrop, dRehash, isSubdir } from "./dcache.ts";
import { type ByteString, type Inode, type Path, S_DEAD, S_IFDIR, S_IFLNK } from "./fs.ts";
import { lookupMnt, MNT_NOSYMFOLLOW, type Mount } from "./mount.ts";
import { inodePermission, MAY_EXEC } from "./permission.ts";
import { fsSysctl } from "./sysctl.ts";

export const LOOKUP_FOLLOW = 0x1;
export const LOOKUP_DIRECTORY = 0x2;
export const LOOKUP_PARENT = 0x10;
export const LOOKUP_LINKAT_EMPTY = 0x40;
export const LOOKUP_NO_SYMLINKS = 0x10000;
export const LOOKUP_NO_MAGICLINKS = 0x20000;
export const LOOKUP_NO_XDEV = 0x40000;
export const LOOKUP_BENEATH = 0x80000;
export const LOOKUP_IN_ROOT = 0x100000;
const LOOKUP_IS_SCOPED = LOOKUP_BENEATH | LOOKUP_IN_ROOT;

export const LAST_NORM = 0;
export const LAST_ROOT = 1;
export const LAST_DOT = 2;
export const LAST_DOTDOT = 3;

/** It is the last component of the whole path: a symbolic link is followed only with LOOKUP_FOLLOW. */
export const WALK_TRAILING = 1;

const MAXSYMLINKS = 40;
const SLASH = 0x2f;

/**
 * A path walk under way: where it is, and the last component that it has not taken yet.
 *
 * @linux fs/namei.c `struct nameidata` (6.18)
 */
export class Nameidata {
  readonly task: Task;
  mnt!: Mount;
  dentry!: Dentry;
  /** Where `..` ends. */
  root: Path;
  /** Something has asked for `root` already: RESOLVE_NO_XDEV lets an absolute link pass only then. */
  isRootSet = false;
  flags: number;
  last: ByteString = "";
  lastType: number = LAST_ROOT;
  /** There are slashes behind the last component. */
  hasTrailingSlash = false;
  /** Directory of the last component, for rules about links in sticky directories. */
  dir: Inode | undefined = undefined;
  #links = 0;

  constructor(task: Task, flags: number) {
    this.task = task;
    this.flags = flags;
    this.root = task.fs.root;
  }

  get path(): Path {
    return { mnt: this.mnt, dentry: this.dentry };
  }

  moveTo(path: Path): void {
    this.mnt = path.mnt;
    this.dentry = path.dentry;
  }

  /** One link more; false: these are too many. */
  countLink(): boolean {
    return this.#links++ < MAXSYMLINKS;
  }
}

/** Sets the walk to where `name` starts. @linux fs/namei.c `path_init` (6.18) */
export function pathInit(nd: Nameidata, dfd: number, name: ByteString): number {
  const { task } = nd;
  if (name.charCodeAt(0) === SLASH && (nd.flags & LOOKUP_IN_ROOT) === 0) {
    nd.moveTo(task.fs.pwd);
    return ndJumpRoot(nd, true);
  }
  if (dfd === AT_FDCWD) nd.moveTo(task.fs.pwd);
  else {
    const file = task.files.get(dfd);
    if (file === undefined) return -EBADF;
    if (
      (nd.flags & LOOKUP_LINKAT_EMPTY) !== 0 &&
      file.cred !== task.cred &&
      !capable(task.cred, CAP_DAC_READ_SEARCH)
    ) {
      return -ENOENT;
    }
    if (name !== "" && file.inode.type !== S_IFDIR) return -ENOTDIR;
    nd.moveTo(file.path);
  }
  if ((nd.flags & LOOKUP_IS_SCOPED) !== 0) {
    nd.root = nd.path;
    nd.isRootSet = true;
  }
  return 0;
}

/** @linux fs/namei.c `nd_jump_root` (6.18) */
function ndJumpRoot(nd: Nameidata, isStart: boolean): number {
  if ((nd.flags & LOOKUP_BENEATH) !== 0) return -EXDEV;
  // At the start of a walk nothing has been crossed yet.
  if (!isStart && (nd.flags & LOOKUP_NO_XDEV) !== 0) {
    if (!nd.isRootSet || nd.mnt !== nd.root.mnt) return -EXDEV;
  }
  nd.isRootSet = true;
  nd.moveTo(nd.root);
  return 0;
}

/**
 * Walks `name` up to its last component, which is left in `nd.last`.
 *
 * @linux fs/namei.c `link_path_walk` (6.18)
 */
export function linkPathWalk(nd: Nameidata, text: ByteString): number {
  let name = text;
  let at = skipSlashes(name, 0);
  nd.lastType = LAST_ROOT;
  nd.hasTrailingSlash = false;
  if (at === name.length) return 0;
  // What is left of the paths in which nested links were met.
  const rests: ByteString[] = [];
  const { kernel } = nd.task;
  for (;;) {
    const error = mayLookup(nd);
    if (error !== 0) return error;
    kernel.chargeCurrent(kernel.costs.pathComponentNs);
    let end = name.indexOf("/", at);
    if (end < 0) end = name.length;
    nd.last = name.slice(at, end);
    nd.lastType = nd.last === "." ? LAST_DOT : nd.last === ".." ? LAST_DOTDOT : LAST_NORM;
    at = skipSlashes(name, end);
    nd.hasTrailingSlash = at > end;
    nd.dir = nd.dentry.inode;
    if (at === name.length) {
      const rest = rests.pop();
      if (rest === undefined) return 0;
      name = rest;
      at = 0;
    }
    const link = walkComponent(nd, 0);
    if (typeof link === "number") {
      if (link < 0) return link;
    } else if (link !== "") {
      rests.push(name.slice(at));
      name = link;
      at = 0;
      continue;
    }
    if (nd.dentry.inode?.type !== S_IFDIR) return -ENOTDIR;
  }
}

function skipSlashes(name: ByteString, from: number): number {
  let at = from;
  while (name.charCodeAt(at) === SLASH) at++;
  return at;
}

/** @linux fs/namei.c `may_lookup` (6.18) */
function mayLookup(nd: Nameidata): number {
  return inodePermission(nd.task, nd.dentry.inode!, MAY_EXEC);
}

/**
 * Takes the component in `nd.last`: 0 when the walk stands on it, else the text of a link to follow
 * (without its leading slashes), or an errno.
 *
 * @linux fs/namei.c `walk_component` (6.18)
 */
export function walkComponent(nd: Nameidata, walk: number): ByteString | number {
  if (nd.lastType !== LAST_NORM) return handleDots(nd);
  const dentry = lookupOne(nd.dentry, nd.last);
  return typeof dentry === "number" ? dentry : stepInto(nd, walk, dentry);
}

/** @linux fs/namei.c `handle_dots` (6.18) */
export function handleDots(nd: Nameidata): ByteString | number {
  if (nd.lastType !== LAST_DOTDOT) return 0;
  nd.isRootSet = true;
  if (nd.mnt === nd.root.mnt && nd.dentry === nd.root.dentry) return stayInRoot(nd);
  if (nd.dentry === nd.mnt.root) {
    const outside = chooseMountpoint(nd.mnt, nd.root);
    if (outside === undefined) return stayInRoot(nd);
    if ((nd.flags & LOOKUP_NO_XDEV) !== 0) return -EXDEV;
    nd.moveTo(outside);
  }
  const { parent } = nd.dentry;
  // A bind mount shows a part of a tree; what was moved out of it has no way up.
  if (nd.mnt.root !== nd.mnt.sb.root && !isSubdir(parent, nd.mnt.root)) return -ENOENT;
  return stepInto(nd, 0, parent);
}

function stayInRoot(nd: Nameidata): ByteString | number {
  if ((nd.flags & LOOKUP_BENEATH) !== 0) return -EXDEV;
  return stepInto(nd, 0, nd.dentry);
}

/** The place on which the tree of `mnt` is attached; undefined: `root` is met first. */
export function chooseMountpoint(mnt: Mount, root: Path): Path | undefined {
  let at = mnt;
  while (at.hasParent) {
    const { mountpoint } = at;
    at = at.parent;
    if (root.dentry === mountpoint && root.mnt === at) return undefined;
    if (mountpoint !== at.root) return { mnt: at, dentry: mountpoint };
  }
  return undefined;
}

/**
 * Stands on `dentry`, or on what is mounted there; a link is taken apart unless it is the last one and
 * not to be followed.
 *
 * @linux fs/namei.c `step_into` (6.18)
 */
export function stepInto(nd: Nameidata, walk: number, dentry: Dentry): ByteString | number {
  let mnt = nd.mnt;
  let at = dentry;
  for (;;) {
    const mounted = lookupMnt(mnt, at);
    if (mounted === undefined) break;
    if ((nd.flags & LOOKUP_NO_XDEV) !== 0) return -EXDEV;
    mnt = mounted;
    at = mounted.root;
  }
  const { inode } = at;
  if (inode === undefined) return -ENOENT;
  const isTrailing = (walk & WALK_TRAILING) !== 0;
  if (inode.type !== S_IFLNK || (isTrailing && (nd.flags & LOOKUP_FOLLOW) === 0)) {
    nd.mnt = mnt;
    nd.dentry = at;
    return 0;
  }
  return pickLink(nd, mnt, inode, isTrailing);
}

/** @linux fs/namei.c `pick_link` (6.18) */
function pickLink(
  nd: Nameidata,
  mnt: Mount,
  inode: Inode,
  isTrailing: boolean,
): ByteString | number {
  if (!nd.countLink()) return -ELOOP;
  if (isTrailing && !mayFollowLink(nd, inode)) return -EACCES;
  if ((nd.flags & LOOKUP_NO_SYMLINKS) !== 0 || (mnt.flags & MNT_NOSYMFOLLOW) !== 0) return -ELOOP;
  touchAtime(mnt, inode);
  let target: ByteString | Path | number | undefined = inode.link;
  if (target === undefined) target = inode.op.getLink?.(inode, nd.task) ?? "";
  if (typeof target === "number") return target;
  if (typeof target !== "string") return ndJumpLink(nd, target);
  if (target.charCodeAt(0) !== SLASH) return target;
  const error = ndJumpRoot(nd, false);
  return error === 0 ? target.slice(skipSlashes(target, 0)) : error;
}

/** A link that leads to a place instead of a path (/proc/PID/fd). @linux fs/namei.c `nd_jump_link` (6.18) */
function ndJumpLink(nd: Nameidata, target: Path): number {
  if ((nd.flags & LOOKUP_NO_MAGICLINKS) !== 0) return -ELOOP;
  if ((nd.flags & LOOKUP_NO_XDEV) !== 0 && nd.mnt !== target.mnt) return -EXDEV;
  if ((nd.flags & LOOKUP_IS_SCOPED) !== 0) return -EXDEV;
  nd.moveTo(target);
  return 0;
}

/** In a sticky directory that all may write, links of others are traps. @linux fs/namei.c `may_follow_link` (6.18) */
function mayFollowLink(nd: Nameidata, inode: Inode): boolean {
  if (fsSysctl(nd.task.kernel).protectedSymlinks === 0) return true;
  const { dir } = nd;
  if (dir === undefined || inode.uid === nd.task.cred.fsuid) return true;
  return (dir.mode & 0o1002) !== 0o1002 || dir.uid === inode.uid;
}

/**
 * The dentry of `name` in `dir`: negative when there is no such file, or an errno.
 *
 * @linux fs/namei.c `__lookup_slow`, fs/libfs.c `simple_lookup` (6.18)
 */
export function lookupOne(dir: Dentry, written: ByteString): Dentry | number {
  const name = dir.sb.cutsNames ? written.slice(0, dir.sb.nameMax) : written;
  const cached = dir.children.get(name);
  if (cached !== undefined) {
    const inode = cached.inode!;
    if (inode.op.revalidate?.(inode) !== false) return cached;
    dDrop(cached);
  }
  const dirInode = dir.inode!;
  if ((dirInode.flags & S_DEAD) !== 0) return -ENOENT;
  if (name.length > dir.sb.nameMax) return -ENAMETOOLONG;
  const inode = dirInode.op.lookup?.(dirInode, name);
  if (typeof inode === "number") return inode;
  const dentry = new Dentry(dir.sb, dir, name, inode);
  if (inode !== undefined) dRehash(dentry);
  return dentry;
}

/** The last checks when a walk has arrived. @linux fs/namei.c `complete_walk` (6.18) */
export function completeWalk(nd: Nameidata): number {
  if ((nd.flags & LOOKUP_IS_SCOPED) !== 0 && !pathIsUnder(nd.path, nd.root)) return -EXDEV;
  return 0;
}

/** Whether `path` is `root` or below it, mounts included. */
export function pathIsUnder(path: Path, root: Path): boolean {
  let { mnt, dentry } = path;
  while (mnt !== root.mnt && mnt.hasParent) {
    dentry = mnt.mountpoint;
    mnt = mnt.parent;
  }
  return mnt === root.mnt && isSubdir(dentry, root.dentry);
}

/**
 * The place that `name` names, seen from descriptor `dfd`.
 *
 * @linux fs/namei.c `filename_lookup`, `path_lookupat` (6.18)
 */
export function filenameLookup(
  task: Task,
  dfd: number,
  name: ByteString,
  flags: number,
): Path | number {
  const nd = new Nameidata(task, flags);
  const error = walkTo(nd, dfd, name);
  return error < 0 ? error : nd.path;
}

function walkTo(nd: Nameidata, dfd: number, name: ByteString): number {
  let error = pathInit(nd, dfd, name);
  let text = name;
  while (error === 0) {
    error = linkPathWalk(nd, text);
    if (error !== 0) break;
    const link = lookupLast(nd);
    if (typeof link === "number") {
      error = link;
      break;
    }
    if (link === "") break;
    text = link;
  }
  if (error === 0) error = completeWalk(nd);
  if (error === 0 && (nd.flags & LOOKUP_DIRECTORY) !== 0 && nd.dentry.inode?.type !== S_IFDIR) {
    error = -ENOTDIR;
  }
  return error;
}

/** @linux fs/namei.c `lookup_last` (6.18) */
function lookupLast(nd: Nameidata): ByteString | number {
  if (nd.lastType === LAST_NORM && nd.hasTrailingSlash) {
    nd.flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
  }
  return walkComponent(nd, WALK_TRAILING);
}

/** A directory and the name in it that a path ends with. */
export interface ParentAndLast {
  readonly path: Path;
  readonly last: ByteString;
  readonly lastType: number;
  readonly hasTrailingSlash: boolean;
}

/** Walks all but the last component. @linux fs/namei.c `filename_parentat` (6.18) */
export function filenameParentat(
  task: Task,
  dfd: number,
  name: ByteString,
): ParentAndLast | number {
  const nd = new Nameidata(task, LOOKUP_PARENT);
  let error = pathInit(nd, dfd, name);
  if (error === 0) error = linkPathWalk(nd, name);
  if (error === 0) error = completeWalk(nd);
  if (error < 0) return error;
  const { path, last, lastType, hasTrailingSlash } = nd;
  return { path, last, lastType, hasTrailingSlash };
}

/** What is mounted on `path`, and on that, and so on (`follow_down`). */
export function followDown(path: Path): Path {
  let { mnt, dentry } = path;
  for (;;) {
    const mounted = lookupMnt(mnt, dentry);
    if (mounted === undefined) return { mnt, dentry };
    mnt = mounted;
    dentry = mounted.root;
  }
}
