import { EAGAIN, EBUSY, EFAULT, EINVAL, ENOENT, EPERM } from "../include/errno.ts";
import { CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import { AT_FDCWD } from "../include/uapi/fcntl.ts";
import { MNT_DETACH, MNT_EXPIRE, MNT_FORCE, UMOUNT_NOFOLLOW } from "../include/uapi/mount.ts";
import { capable } from "../kernel/cred.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { strncpyFromUser } from "../mm/uaccess.ts";
import { type ByteString, type Path, SB_RDONLY } from "./fs.ts";
import type { Mount } from "./mount.ts";
import { isPathMounted, pathMount } from "./mount-new.ts";
import { followDown, LOOKUP_DIRECTORY, LOOKUP_FOLLOW } from "./namei.ts";
import { attachMount, detachMount, dropMount, isPathReachable, mountTree } from "./namespace.ts";
import { propagatedCopies } from "./pnode.ts";
import { userPathAt } from "./user-path.ts";

const PATH_MAX = 4096;
const PAGE_SIZE = 4096;

/** A string of the caller that may be missing. @linux fs/namespace.c `copy_mount_string` (6.18) */
function mountString(task: Task, addr: number): ByteString | undefined | number {
  if (addr === 0) return undefined;
  const text = strncpyFromUser(task, addr, PATH_MAX);
  return text === undefined ? -EINVAL : text;
}

/** The options: a page of the caller, as much of it as there is. @linux fs/namespace.c `copy_mount_options` (6.18) */
function mountOptions(task: Task, addr: number): ByteString | number {
  if (addr === 0) return "";
  const bytes = new Uint8Array(PAGE_SIZE - 1);
  const copied = task.mm?.copyFromUser(addr, bytes) ?? 0;
  if (copied === 0) return -EFAULT;
  const end = bytes.indexOf(0);
  let text = "";
  for (const byte of bytes.subarray(0, end < 0 ? copied : end)) text += String.fromCharCode(byte);
  return text;
}

/** @spec mount(2) */
function mount(
  task: Task,
  sourceAddr: number,
  targetAddr: number,
  typeAddr: number,
  flags: number,
  data: number,
): number {
  const type = mountString(task, typeAddr);
  if (typeof type === "number") return type;
  const source = mountString(task, sourceAddr);
  if (typeof source === "number") return source;
  const options = mountOptions(task, data);
  if (typeof options === "number") return options;
  const target = userPathAt(task, AT_FDCWD, targetAddr, LOOKUP_FOLLOW);
  if (typeof target === "number") return target;
  return pathMount(task, { source, target, type, flags, options });
}

/** @spec umount2(2) @linux fs/namespace.c `path_umount`, `do_umount` (6.18) */
function umount2(task: Task, name: number, flags: number): number {
  const known = MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW;
  if ((flags & ~known) !== 0) return -EINVAL;
  const lookup = (flags & UMOUNT_NOFOLLOW) !== 0 ? 0 : LOOKUP_FOLLOW;
  const found = userPathAt(task, AT_FDCWD, name, lookup);
  if (typeof found === "number") return found;
  // Also of "/" it is the topmost mount that goes.
  const path = followDown(found);
  if (!capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  if (!isPathMounted(path) || path.mnt.ns !== task.nsproxy.mnt) return -EINVAL;
  const denied = task.kernel.hooks.security.sbUmount(task);
  return denied !== 0 ? denied : doUmount(task, path.mnt, flags);
}

function doUmount(task: Task, mnt: Mount, flags: number): number {
  const isRoot = mnt === task.fs.root.mnt;
  if ((flags & MNT_EXPIRE) !== 0) {
    if (isRoot || (flags & (MNT_FORCE | MNT_DETACH)) !== 0) return -EINVAL;
    if (mnt.count > 0) return -EBUSY;
    // The first time only marks it; who uses it takes the mark away.
    if (!mnt.isExpiring) {
      mnt.isExpiring = true;
      return -EAGAIN;
    }
  }
  const isLazy = (flags & MNT_DETACH) !== 0;
  if (isRoot && !isLazy) {
    // The root cannot go: it becomes read-only.
    if (mnt.writers > 0) return -EBUSY;
    mnt.sb.flags |= SB_RDONLY;
    return 0;
  }
  if (!mnt.hasParent) return -EINVAL;
  const copies = propagatedCopies(mnt);
  if (!isLazy && [mnt, ...copies].some((at) => at.count > 0 || at.children.length > 0)) {
    return -EBUSY;
  }
  for (const copy of [mnt, ...copies]) umountTree(copy);
  return 0;
}

function umountTree(mnt: Mount): void {
  const tree = mountTree(mnt);
  detachMount(mnt);
  for (const member of tree.reverse()) {
    if (member !== mnt) detachMount(member);
    dropMount(member);
  }
}

/** @spec pivot_root(2) @linux fs/namespace.c `pivot_root` (6.18) */
function pivotRoot(task: Task, newRoot: number, putOld: number): number {
  if (!capable(task.cred, CAP_SYS_ADMIN)) return -EPERM;
  const fresh = userPathAt(task, AT_FDCWD, newRoot, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof fresh === "number") return fresh;
  const old = userPathAt(task, AT_FDCWD, putOld, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof old === "number") return old;
  const denied = task.kernel.hooks.security.sbPivotroot(task);
  if (denied !== 0) return denied;
  const { root } = task.fs;
  const error = mayPivot(task, root, fresh, old);
  if (error !== 0) return error;
  const rootParent = root.mnt.parent;
  const rootPoint = root.mnt.mountpoint;
  detachMount(fresh.mnt);
  detachMount(root.mnt);
  attachMount(root.mnt, old.mnt, old.dentry);
  attachMount(fresh.mnt, rootParent, rootPoint);
  const { mnt } = task.nsproxy;
  if (mnt.root === root.mnt) mnt.root = fresh.mnt;
  chrootFsRefs(task, root, fresh);
  return 0;
}

function mayPivot(task: Task, root: Path, fresh: Path, old: Path): number {
  const ns = task.nsproxy.mnt;
  const isShared =
    old.mnt.peers !== undefined ||
    fresh.mnt.parent.peers !== undefined ||
    root.mnt.parent.peers !== undefined;
  if (isShared || root.mnt.ns !== ns || fresh.mnt.ns !== ns) return -EINVAL;
  if (fresh.dentry.isUnhashed) return -ENOENT;
  if (fresh.mnt === root.mnt || old.mnt === root.mnt) return -EBUSY;
  if (!isPathMounted(root) || !root.mnt.hasParent) return -EINVAL;
  if (!isPathMounted(fresh) || !fresh.mnt.hasParent) return -EINVAL;
  if (!isPathReachable(old, fresh) || !isPathReachable(fresh, root)) return -EINVAL;
  return 0;
}

/** All who had the old root as their root or working directory get the new one. @linux fs/fs_struct.c `chroot_fs_refs` (6.18) */
function chrootFsRefs(task: Task, old: Path, fresh: Path): void {
  const isOld = (path: Path) => path.mnt === old.mnt && path.dentry === old.dentry;
  for (const { fs } of task.kernel.tasks) {
    if (fs === undefined) continue;
    if (isOld(fs.root)) fs.root = fresh;
    if (isOld(fs.pwd)) fs.pwd = fresh;
  }
}

export const mountSyscalls: SyscallTable = { mount, umount2, pivot_root: pivotRoot };
