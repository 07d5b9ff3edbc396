import { EBUSY, EINVAL, ELOOP, ENODEV, ENOENT, ENOTDIR, EPERM } from "../include/errno.ts";
import { CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import { AT_FDCWD } from "../include/uapi/fcntl.ts";
import {
  MS_BIND,
  MS_MGC_MSK,
  MS_MGC_VAL,
  MS_MOVE,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_NOUSER,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SHARED,
  MS_SILENT,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_UNBINDABLE,
} from "../include/uapi/mount.ts";
import { capable } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import { fileSystems } from "./filesystems.ts";
import { type ByteString, type Path, S_DEAD, S_IFDIR, SB_RDONLY } from "./fs.ts";
import {
  MNT_NOATIME,
  MNT_NODEV,
  MNT_NODIRATIME,
  MNT_NOEXEC,
  MNT_NOSUID,
  MNT_NOSYMFOLLOW,
  MNT_READONLY,
  MNT_RELATIME,
  type Mount,
} from "./mount.ts";
import { filenameLookup, followDown, LOOKUP_FOLLOW } from "./namei.ts";
import { cloneMnt, copyTree, detachMount, mountTree, newMount } from "./namespace.ts";
import { attachRecursive, leavePeers, makeShared, rememberSlave } from "./pnode.ts";

const MNT_ATIME_MASK = MNT_NOATIME | MNT_NODIRATIME | MNT_RELATIME;
const PROPAGATION = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;

const PER_MOUNT: readonly (readonly [number, number])[] = Object.freeze([
  [MS_NOSUID, MNT_NOSUID],
  [MS_NODEV, MNT_NODEV],
  [MS_NOEXEC, MNT_NOEXEC],
  [MS_NOATIME, MNT_NOATIME],
  [MS_NODIRATIME, MNT_NODIRATIME],
  [MS_RDONLY, MNT_READONLY],
  [MS_NOSYMFOLLOW, MNT_NOSYMFOLLOW],
]);

/** What mount(2) was called with. */
export interface MountRequest {
  readonly source: ByteString | undefined;
  readonly target: Path;
  readonly type: ByteString | undefined;
  readonly flags: number;
  readonly options: ByteString;
}

/** Whether `path` is the root of what is mounted there (`path_mounted`). */
export function isPathMounted(path: Path): boolean {
  return path.dentry === path.mnt.root;
}

/** @linux fs/namespace.c `path_mount` (6.18) */
export function pathMount(task: Task, request: MountRequest): number {
  let flags = request.flags >>> 0;
  if ((flags & MS_MGC_MSK) >>> 0 === MS_MGC_VAL) flags &= ~MS_MGC_MSK;
  if ((flags & MS_NOUSER) !== 0) return -EINVAL;
  const denied = task.kernel.hooks.security.sbMount(task);
  if (denied !== 0) return denied;
  if (!capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  const mntFlags = mountFlags(flags, request.target.mnt);
  const isRemount = (flags & MS_REMOUNT) !== 0;
  if (isRemount && (flags & MS_BIND) !== 0) return reconfigureMnt(task, request.target, mntFlags);
  if (isRemount) return remount(task, request, flags, mntFlags);
  if ((flags & MS_BIND) !== 0) return loopback(task, request, (flags & MS_REC) !== 0);
  if ((flags & PROPAGATION) !== 0) return changeType(task, request.target, flags);
  if ((flags & MS_MOVE) !== 0) return moveMount(task, request);
  return newFileSystem(task, request, flags, mntFlags);
}

function mountFlags(flags: number, mnt: Mount): number {
  let result = (flags & MS_NOATIME) === 0 ? MNT_RELATIME : 0;
  for (const [ms, own] of PER_MOUNT) if ((flags & ms) !== 0) result |= own;
  if ((flags & MS_STRICTATIME) !== 0) result &= ~(MNT_RELATIME | MNT_NOATIME);
  // Who remounts without a word about atime wants it as it was.
  const atime = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;
  if ((flags & MS_REMOUNT) !== 0 && (flags & atime) === 0) {
    result = (result & ~MNT_ATIME_MASK) | (mnt.flags & MNT_ATIME_MASK);
  }
  return result;
}

function isLocal(task: Task, mnt: Mount): boolean {
  return mnt.ns === task.nsproxy.mnt;
}

/** mount(2) with MS_REMOUNT | MS_BIND: flags of one mount. @linux fs/namespace.c `do_reconfigure_mnt` (6.18) */
function reconfigureMnt(task: Task, target: Path, flags: number): number {
  if (!isLocal(task, target.mnt) || !isPathMounted(target)) return -EINVAL;
  const becomesReadOnly = (flags & MNT_READONLY) !== 0 && (target.mnt.flags & MNT_READONLY) === 0;
  if (becomesReadOnly && target.mnt.writers > 0) return -EBUSY;
  target.mnt.flags = flags;
  return 0;
}

/** mount(2) with MS_REMOUNT: the file system and its mount. @linux fs/namespace.c `do_remount` (6.18) */
function remount(task: Task, request: MountRequest, flags: number, mntFlags: number): number {
  const { mnt } = request.target;
  if (!isLocal(task, mnt) || !isPathMounted(request.target)) return -EINVAL;
  const { sb } = mnt;
  const isReadOnly = (flags & MS_RDONLY) !== 0;
  if (isReadOnly && (sb.flags & SB_RDONLY) === 0) {
    const isBusy = mountsOf(task, mnt).some((other) => other.writers > 0);
    if (isBusy) return -EBUSY;
  }
  const error = sb.op.remount?.(sb, request.options, isReadOnly) ?? 0;
  if (error !== 0) return error;
  sb.flags = isReadOnly ? sb.flags | SB_RDONLY : sb.flags & ~SB_RDONLY;
  mnt.flags = mntFlags;
  return 0;
}

function mountsOf(task: Task, mnt: Mount): Mount[] {
  return task.nsproxy.mnt.mounts.filter((other) => other.sb === mnt.sb);
}

/** Where something can be mounted: on top of what is there already. @linux fs/namespace.c `lock_mount` (6.18) */
function lockMount(path: Path): Path | number {
  const place = followDown(path);
  const { inode } = place.dentry;
  // Its mount is part of no namespace any more.
  if (place.mnt.ns === undefined) return -ENOENT;
  if (inode === undefined || (inode.flags & S_DEAD) !== 0) return -ENOENT;
  return place.dentry.isUnhashed ? -ENOENT : place;
}

/** @linux fs/namespace.c `graft_tree` (6.18) */
function graftTree(task: Task, mnt: Mount, place: Path): number {
  const isDir = place.dentry.inode?.type === S_IFDIR;
  if (isDir !== (mnt.root.inode?.type === S_IFDIR)) return -ENOTDIR;
  attachRecursive(task.kernel, mnt, place.mnt, place.dentry);
  return 0;
}

/** MS_BIND: a tree once more. @linux fs/namespace.c `do_loopback` (6.18) */
function loopback(task: Task, request: MountRequest, isRecursive: boolean): number {
  if (request.source === undefined || request.source === "") return -EINVAL;
  const old = filenameLookup(task, AT_FDCWD, request.source, LOOKUP_FOLLOW);
  if (typeof old === "number") return old;
  const place = lockMount(request.target);
  if (typeof place === "number") return place;
  if (!isLocal(task, place.mnt) || old.mnt.isUnbindable) return -EINVAL;
  const isPseudo = old.mnt.sb.type === "nsfs";
  if (!isPseudo && !isLocal(task, old.mnt)) return -EINVAL;
  const mnt = isRecursive ? copyTree(old.mnt, old.dentry) : cloneMnt(old.mnt, old.dentry);
  if (mnt.master !== undefined) rememberSlave(mnt);
  return graftTree(task, mnt, place);
}

/** MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE. @linux fs/namespace.c `do_change_type` (6.18) */
function changeType(task: Task, target: Path, flags: number): number {
  if (!isPathMounted(target)) return -EINVAL;
  const type = flags & ~(MS_REC | MS_SILENT);
  if ((type & ~PROPAGATION) !== 0 || (type & (type - 1)) !== 0) return -EINVAL;
  if (!isLocal(task, target.mnt)) return -EINVAL;
  const mounts = (flags & MS_REC) !== 0 ? mountTree(target.mnt) : [target.mnt];
  for (const mnt of mounts) {
    if (type === MS_SHARED) makeShared(task.kernel, mnt);
    else {
      leavePeers(mnt, type === MS_SLAVE);
      mnt.isUnbindable = type === MS_UNBINDABLE;
      if (mnt.master !== undefined) rememberSlave(mnt);
    }
  }
  return 0;
}

/** MS_MOVE. @linux fs/namespace.c `do_move_mount` (6.18) */
function moveMount(task: Task, request: MountRequest): number {
  if (request.source === undefined || request.source === "") return -EINVAL;
  const old = filenameLookup(task, AT_FDCWD, request.source, LOOKUP_FOLLOW);
  if (typeof old === "number") return old;
  const denied = task.kernel.hooks.security.moveMount(task);
  if (denied !== 0) return denied;
  const place = lockMount(request.target);
  if (typeof place === "number") return place;
  const { mnt } = old;
  if (!isLocal(task, place.mnt) || !isLocal(task, mnt)) return -EINVAL;
  if (!isPathMounted(old) || !mnt.hasParent) return -EINVAL;
  const isDir = place.dentry.inode?.type === S_IFDIR;
  if (isDir !== (mnt.root.inode?.type === S_IFDIR)) return -EINVAL;
  if (mnt.parent.peers !== undefined) return -EINVAL;
  if (place.mnt.peers !== undefined && mountTree(mnt).some((at) => at.isUnbindable)) return -EINVAL;
  if (mountTree(mnt).includes(place.mnt)) return -ELOOP;
  detachMount(mnt);
  attachRecursive(task.kernel, mnt, place.mnt, place.dentry);
  return 0;
}

/** A file system by its type. @linux fs/namespace.c `do_new_mount` (6.18) */
function newFileSystem(task: Task, request: MountRequest, flags: number, mntFlags: number): number {
  if (request.type === undefined) return -EINVAL;
  const type = fileSystems(task.kernel).get(request.type);
  if (type === undefined) return -ENODEV;
  const sbFlags = flags & SB_RDONLY;
  const sb = type.getTree(task, request.source ?? "", request.options, sbFlags);
  if (typeof sb === "number") return sb;
  const place = lockMount(request.target);
  if (typeof place === "number") return place;
  if (!isLocal(task, place.mnt)) return -EINVAL;
  // The same thing twice on one place would only hide itself.
  if (place.mnt.sb === sb && isPathMounted(place)) return -EBUSY;
  if (sb.mounts === 0) sb.flags = (sb.flags & ~SB_RDONLY) | sbFlags;
  const mnt = newMount(task.kernel, sb, sb.root, mntFlags, request.source ?? "none");
  return graftTree(task, mnt, place);
}
