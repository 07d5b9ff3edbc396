import type { Dentry } from "../../fs/dcache.ts";
import {
  type File,
  FMODE_EXEC,
  FMODE_READ,
  FMODE_WRITE,
  type Path,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
} from "../../fs/fs.ts";
import { EACCES, ENOENT, EPERM, EXDEV } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import {
  ACCESS_FILE,
  ACCESS_FS_EXECUTE,
  ACCESS_FS_IOCTL_DEV,
  ACCESS_FS_READ_DIR,
  ACCESS_FS_READ_FILE,
  ACCESS_FS_REFER,
  ACCESS_FS_REMOVE_DIR,
  ACCESS_FS_REMOVE_FILE,
  ACCESS_FS_TRUNCATE,
  ACCESS_FS_WRITE_FILE,
  FS_ACCESS_BITS,
  MASK_ACCESS_FS,
  modeAccess,
} from "./access.ts";
import {
  handledOf,
  initLayerMasks,
  type LandlockDomain,
  type LayerMasks,
  unmaskLayers,
} from "./ruleset.ts";

/** The domain of `task`, when it says anything about files. */
export function fsDomain(task: Task): LandlockDomain | undefined {
  const domain = task.cred.landlock;
  return domain !== undefined && domain.handledFs !== 0 ? domain : undefined;
}

/** The places from `path` up to the root of everything, through all mounts. */
function* placesUpwards(path: Path): Generator<Dentry, void, undefined> {
  let { mnt, dentry } = path;
  for (;;) {
    yield dentry;
    while (dentry === mnt.root) {
      if (!mnt.hasParent) return;
      dentry = mnt.mountpoint;
      mnt = mnt.parent;
    }
    if (dentry.isRoot) return;
    dentry = dentry.parent;
  }
}

function ruleOf(domain: LandlockDomain, dentry: Dentry): ReadonlyMap<number, number> | undefined {
  return dentry.inode === undefined ? undefined : domain.fsRule(dentry.inode);
}

/** Lifts what the rules of `path` and of all above it lift: the denials that are left. */
function masksAt(domain: LandlockDomain, path: Path, request: number): LayerMasks {
  const masks = initLayerMasks(domain, request);
  const handled = handledOf(masks);
  if (handled === 0) return masks;
  for (const dentry of placesUpwards(path)) {
    if (unmaskLayers(ruleOf(domain, dentry), handled, masks)) break;
  }
  return masks;
}

/** 0 or -EACCES. @linux security/landlock/fs.c `current_check_access_path` (6.18) */
export function checkAccessPath(task: Task, path: Path, access: number): number {
  const domain = fsDomain(task);
  if (domain === undefined) return 0;
  return handledOf(masksAt(domain, path, access)) === 0 ? 0 : -EACCES;
}

/** What the open mode asks for. @linux security/landlock/fs.c `get_required_file_open_access` (6.18) */
function requiredAccess(file: File): number {
  let access = 0;
  if ((file.mode & FMODE_READ) !== 0) {
    if (file.inode.type === S_IFDIR) return ACCESS_FS_READ_DIR;
    access = ACCESS_FS_READ_FILE;
  }
  if ((file.mode & FMODE_WRITE) !== 0) access |= ACCESS_FS_WRITE_FILE;
  if ((file.flags & FMODE_EXEC) !== 0) access |= ACCESS_FS_EXECUTE;
  return access;
}

function isDevice(file: File): boolean {
  return file.inode.type === S_IFCHR || file.inode.type === S_IFBLK;
}

/** @linux security/landlock/fs.c `hook_file_open` (6.18) */
export function fileOpen(task: Task, file: File): number {
  const domain = fsDomain(task);
  if (domain === undefined) return 0;
  const required = requiredAccess(file);
  const optional = ACCESS_FS_TRUNCATE | (isDevice(file) ? ACCESS_FS_IOCTL_DEV : 0);
  // What the open file may do later is settled now, whoever has it then.
  const denied = handledOf(masksAt(domain, file.path, required | optional));
  file.landlockAccess = MASK_ACCESS_FS & ~denied;
  return (required & denied) === 0 ? 0 : -EACCES;
}

/** @linux security/landlock/fs.c `hook_file_truncate` (6.18) */
export function fileTruncate(_task: Task, file: File): number {
  return (file.landlockAccess & ACCESS_FS_TRUNCATE) !== 0 ? 0 : -EACCES;
}

/** Commands of the VFS itself, which no driver sees. */
const VFS_IOCTLS: readonly number[] = Object.freeze([
  0x5451, 0x5450, 0x5421, 0x5452, 0x5460, 0xc0045877, 0xc0045878, 0xc020660b, 2, 0x40049409,
  0x4020940d, 0xc0189436,
]);

/** @linux security/landlock/fs.c `hook_file_ioctl` (6.18) */
export function fileIoctl(_task: Task, file: File, cmd: number): number {
  if ((file.landlockAccess & ACCESS_FS_IOCTL_DEV) !== 0 || !isDevice(file)) return 0;
  return VFS_IOCTLS.includes(cmd) ? 0 : -EACCES;
}

/** Who is bound about files changes no mounts. @linux security/landlock/fs.c `hook_sb_mount` (6.18) */
export function mountDenied(task: Task): number {
  return fsDomain(task) === undefined ? 0 : -EPERM;
}

function maybeRemove(dentry: Dentry): number {
  if (dentry.inode === undefined) return 0;
  return dentry.inode.type === S_IFDIR ? ACCESS_FS_REMOVE_DIR : ACCESS_FS_REMOVE_FILE;
}

/**
 * Whether a file may get a name in `newDir`: it must not be less bound there than where it is.
 *
 * @linux security/landlock/fs.c `current_check_refer_path` (6.18)
 */
export function checkReferPath(
  task: Task,
  old: Dentry,
  newDir: Path,
  target: Dentry,
  isRename: boolean,
  isExchange: boolean,
): number {
  const domain = fsDomain(task);
  if (domain === undefined) return 0;
  if (old.inode === undefined || (isExchange && target.inode === undefined)) return -ENOENT;
  let request1 = isExchange ? modeAccess(target.inode!.mode) : 0;
  let request2 = modeAccess(old.inode.mode);
  if (isRename) {
    request1 |= maybeRemove(old);
    request2 |= maybeRemove(target);
  }
  if (old.parent === newDir.dentry) return checkAccessPath(task, newDir, request1 | request2);
  const walk = new ReferWalk(domain, newDir, old, isExchange ? target : undefined);
  if (walk.isAllowed(request1 | ACCESS_FS_REFER, request2 | ACCESS_FS_REFER)) return 0;
  return walk.isEacces(request1, request2) ? -EACCES : -EXDEV;
}

/** Two walks at once: from the old directory and from the new one, on through what is above both. */
class ReferWalk {
  readonly #domain: LandlockDomain;
  readonly #newDir: Path;
  readonly #old: Dentry;
  readonly #exchanged: Dentry | undefined;
  readonly #masks1: LayerMasks;
  readonly #masks2: LayerMasks;
  readonly #allowsAll: boolean;

  constructor(domain: LandlockDomain, newDir: Path, old: Dentry, exchanged: Dentry | undefined) {
    this.#domain = domain;
    this.#newDir = newDir;
    this.#old = old;
    this.#exchanged = exchanged;
    this.#masks1 = initLayerMasks(domain, MASK_ACCESS_FS);
    this.#masks2 = initLayerMasks(domain, MASK_ACCESS_FS);
    const all = handledOf(this.#masks1);
    const root = newDir.mnt.root;
    const oldParent = old === root ? old : old.parent;
    const allows1 = this.#collect(root, oldParent, all, this.#masks1);
    const allows2 = this.#collect(root, newDir.dentry, all, this.#masks2);
    this.#allowsAll = allows1 && allows2;
  }

  /** @linux security/landlock/fs.c `collect_domain_accesses` (6.18) */
  #collect(root: Dentry, from: Dentry, request: number, masks: LayerMasks): boolean {
    for (let dir = from; ; dir = dir.parent) {
      if (unmaskLayers(ruleOf(this.#domain, dir), request, masks)) return true;
      if (dir === root || dir.isRoot) return false;
    }
  }

  /** @linux security/landlock/fs.c `is_access_to_paths_allowed` (6.18) */
  isAllowed(request1: number, request2: number): boolean {
    if (this.#allowsAll) return true;
    const { mnt } = this.#newDir;
    const child1 = this.#childMasks(this.#old);
    const child2 = this.#exchanged === undefined ? undefined : this.#childMasks(this.#exchanged);
    let wanted1 = this.#domain.handledFs;
    let wanted2 = wanted1;
    let isDomainCheck = true;
    let allowed1 = false;
    let allowed2 = false;
    for (const dentry of placesUpwards({ mnt, dentry: mnt.root })) {
      if (isDomainCheck && this.#noMoreAccess(child1, child2)) {
        // Nothing is gained by the move: from here on only the requests count.
        isDomainCheck = false;
        wanted1 = request1;
        wanted2 = request2;
        allowed1 ||= scopeToRequest(wanted1, this.#masks1);
        allowed2 ||= scopeToRequest(wanted2, this.#masks2);
        if (allowed1 && allowed2) return true;
      }
      const rule = ruleOf(this.#domain, dentry);
      allowed1 ||= unmaskLayers(rule, wanted1, this.#masks1);
      allowed2 ||= unmaskLayers(rule, wanted2, this.#masks2);
      if (allowed1 && allowed2) return true;
    }
    return false;
  }

  #childMasks(dentry: Dentry): LayerMasks {
    const masks = initLayerMasks(this.#domain, MASK_ACCESS_FS);
    unmaskLayers(ruleOf(this.#domain, dentry), handledOf(masks), masks);
    return masks;
  }

  /** @linux security/landlock/fs.c `no_more_access` (6.18) */
  #noMoreAccess(child1: LayerMasks, child2: LayerMasks | undefined): boolean {
    const isDir1 = this.#old.inode?.type === S_IFDIR;
    const isDir2 = this.#exchanged === undefined || this.#exchanged.inode?.type === S_IFDIR;
    for (let bit = 0; bit < FS_ACCESS_BITS; bit++) {
      const isForFiles = ((1 << bit) & ACCESS_FILE) !== 0;
      const m1 = this.#masks1[bit]!;
      const m2 = this.#masks2[bit]!;
      if ((isDir1 || isForFiles) && ((m1 & child1[bit]!) | m2) !== m2) return false;
      if (child2 !== undefined && (isDir2 || isForFiles)) {
        if (((m2 & child2[bit]!) | m1) !== m1) return false;
      }
    }
    return true;
  }

  /** Whether more than the move itself is denied. @linux security/landlock/fs.c `is_eacces` (6.18) */
  isEacces(request1: number, request2: number): boolean {
    const denied1 = handledOf(this.#masks1) & request1;
    const denied2 = handledOf(this.#masks2) & request2;
    return ((denied1 | denied2) & ~ACCESS_FS_REFER) !== 0;
  }
}

/** @linux security/landlock/fs.c `scope_to_request` (6.18) */
function scopeToRequest(request: number, masks: LayerMasks): boolean {
  for (let bit = 0; bit < FS_ACCESS_BITS; bit++) if ((request & (1 << bit)) === 0) masks[bit] = 0;
  return handledOf(masks) === 0;
}
