import { EACCES, EPERM, EROFS } from "../include/errno.ts";
import {
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
} from "../include/uapi/capability.ts";
import { type Cred, capable, inGroup } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import {
  type Inode,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  S_IMMUTABLE,
  S_ISGID,
  S_ISVTX,
  SB_RDONLY,
} from "./fs.ts";
import { posixAclPermission } from "./posix-acl.ts";

export const MAY_EXEC = 0x1;
export const MAY_WRITE = 0x2;
export const MAY_READ = 0x4;
export const MAY_APPEND = 0x8;
export const MAY_ACCESS = 0x10;
export const MAY_OPEN = 0x20;
export const MAY_CHDIR = 0x40;

/**
 * Whether `task` may use `inode` as `mask` (MAY_…) says: 0 or an errno.
 *
 * @linux fs/namei.c `inode_permission` (6.18)
 */
export function inodePermission(task: Task, inode: Inode, mask: number): number {
  if ((mask & MAY_WRITE) !== 0) {
    const { type } = inode;
    const isStored = type === S_IFREG || type === S_IFDIR || type === S_IFLNK;
    if (isStored && (inode.sb.flags & SB_RDONLY) !== 0) return -EROFS;
    if ((inode.flags & S_IMMUTABLE) !== 0) return -EPERM;
  }
  return inode.op.permission === undefined
    ? genericPermission(task, inode, mask)
    : inode.op.permission(task, inode, mask);
}

/**
 * The answer of mode bits, ACL and capabilities.
 *
 * @linux fs/namei.c `generic_permission` (6.18)
 */
export function genericPermission(task: Task, inode: Inode, mask: number): number {
  const wanted = mask & 7;
  const answer = aclPermissionCheck(task, inode, wanted);
  if (answer !== -EACCES) return answer;
  const { cred } = task;
  if (inode.type === S_IFDIR) {
    if ((wanted & MAY_WRITE) === 0 && capable(cred, CAP_DAC_READ_SEARCH)) return 0;
    return capable(cred, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
  }
  if (wanted === MAY_READ && capable(cred, CAP_DAC_READ_SEARCH)) return 0;
  // Nobody executes a file that nobody may execute, root neither.
  if (
    ((wanted & MAY_EXEC) === 0 || (inode.mode & 0o111) !== 0) &&
    capable(cred, CAP_DAC_OVERRIDE)
  ) {
    return 0;
  }
  return -EACCES;
}

/** @linux fs/namei.c `acl_permission_check` (6.18) */
function aclPermissionCheck(task: Task, inode: Inode, wanted: number): number {
  const { cred } = task;
  let mode = inode.mode;
  if (inode.uid === cred.fsuid) return (wanted & ~(mode >> 6)) === 0 ? 0 : -EACCES;
  if ((mode & 0o070) !== 0) {
    const answer = posixAclPermission(cred, inode, wanted);
    if (answer !== undefined) return answer;
  }
  if ((wanted & (mode ^ (mode >> 3))) !== 0 && inGroup(cred, inode.gid)) mode >>= 3;
  return (wanted & ~mode) === 0 ? 0 : -EACCES;
}

/** Owner of the file, or CAP_FOWNER (`inode_owner_or_capable`). */
export function inodeOwnerOrCapable(cred: Cred, inode: Inode): boolean {
  return inode.uid === cred.fsuid || capable(cred, CAP_FOWNER);
}

/** Whether the sticky bit of `dir` keeps `cred` from removing or renaming `inode` (`check_sticky`). */
export function checkSticky(cred: Cred, dir: Inode, inode: Inode): boolean {
  if ((dir.mode & S_ISVTX) === 0) return false;
  if (inode.uid === cred.fsuid || dir.uid === cred.fsuid) return false;
  return !capable(cred, CAP_FOWNER);
}

/** Owner, group and mode of a new file in `dir`. @linux fs/inode.c `inode_init_owner` (6.18) */
export function inodeInitOwner(inode: Inode, dir: Inode | undefined, cred: Cred): void {
  inode.uid = cred.fsuid;
  if (dir !== undefined && (dir.mode & S_ISGID) !== 0) {
    inode.gid = dir.gid;
    if (inode.type === S_IFDIR) inode.mode |= S_ISGID;
  } else inode.gid = cred.fsgid;
}

/**
 * Takes the setgid bit from the mode of a new executable file when the caller is not of the group that it
 * would get. @linux fs/inode.c `mode_strip_sgid` (6.18)
 */
export function modeStripSgid(cred: Cred, dir: Inode, mode: number): number {
  if ((mode & (S_ISGID | 0o010)) !== (S_ISGID | 0o010)) return mode;
  if ((mode & 0o170000) === S_IFDIR || (dir.mode & S_ISGID) === 0) return mode;
  if (inGroup(cred, dir.gid) || capable(cred, CAP_FSETID)) return mode;
  return mode & ~S_ISGID;
}
