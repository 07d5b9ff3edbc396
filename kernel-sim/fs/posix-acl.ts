import { EACCES, EINVAL, EOPNOTSUPP, EPERM } from "../include/errno.ts";
import { CAP_FSETID } from "../include/uapi/capability.ts";
import { type Cred, capable, inGroup } from "../kernel/cred.ts";
import { type Inode, S_IFDIR, S_IFLNK, S_ISGID } from "./fs.ts";

const ACL_USER_OBJ = 0x01;
const ACL_USER = 0x02;
const ACL_GROUP_OBJ = 0x04;
const ACL_GROUP = 0x08;
const ACL_MASK = 0x10;
const ACL_OTHER = 0x20;
const POSIX_ACL_XATTR_VERSION = 2;
const ENTRY_SIZE = 8;

/** One line of an ACL. */
export interface PosixAclEntry {
  readonly tag: number;
  /** rwx as 4, 2, 1. */
  perm: number;
  /** Of ACL_USER and ACL_GROUP. */
  readonly id: number;
}

/** @linux include/linux/posix_acl.h `struct posix_acl` (6.18) */
export type PosixAcl = readonly PosixAclEntry[];

/** The bytes of a `system.posix_acl_…` attribute as an ACL; undefined: an empty one. @linux fs/posix_acl.c `posix_acl_from_xattr` (6.18) */
export function posixAclFromXattr(value: Uint8Array): PosixAcl | undefined | number {
  if (value.length === 0) return undefined;
  if (value.length < 4) return -EINVAL;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  if (view.getUint32(0, true) !== POSIX_ACL_XATTR_VERSION) return -EOPNOTSUPP;
  if ((value.length - 4) % ENTRY_SIZE !== 0) return -EINVAL;
  const acl: PosixAclEntry[] = [];
  for (let at = 4; at < value.length; at += ENTRY_SIZE) {
    const tag = view.getUint16(at, true);
    if (![1, 2, 4, 8, 16, 32].includes(tag)) return -EINVAL;
    const id = view.getUint32(at + 4, true);
    const hasId = tag === ACL_USER || tag === ACL_GROUP;
    if (hasId && id === 0xffffffff) return -EINVAL;
    acl.push({ tag, perm: view.getUint16(at + 2, true), id: hasId ? id : 0xffffffff });
  }
  return acl.length === 0 ? undefined : acl;
}

export function posixAclToXattr(acl: PosixAcl): Uint8Array {
  const bytes = new Uint8Array(4 + acl.length * ENTRY_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, POSIX_ACL_XATTR_VERSION, true);
  acl.forEach(({ tag, perm, id }, i) => {
    view.setUint16(4 + i * ENTRY_SIZE, tag, true);
    view.setUint16(6 + i * ENTRY_SIZE, perm, true);
    view.setUint32(8 + i * ENTRY_SIZE, id, true);
  });
  return bytes;
}

/** Whether the lines are in their order, once each where they must be. @linux fs/posix_acl.c `posix_acl_valid` (6.18) */
function isValid(acl: PosixAcl): boolean {
  let state = ACL_USER_OBJ;
  let needsMask = false;
  for (const { tag, perm } of acl) {
    if ((perm & ~7) !== 0) return false;
    switch (tag) {
      case ACL_USER_OBJ:
        if (state !== ACL_USER_OBJ) return false;
        state = ACL_USER;
        break;
      case ACL_USER:
        if (state !== ACL_USER) return false;
        needsMask = true;
        break;
      case ACL_GROUP_OBJ:
        if (state !== ACL_USER) return false;
        state = ACL_GROUP;
        break;
      case ACL_GROUP:
        if (state !== ACL_GROUP) return false;
        needsMask = true;
        break;
      case ACL_MASK:
        if (state !== ACL_GROUP) return false;
        state = ACL_OTHER;
        break;
      default:
        if (state !== ACL_OTHER && (state !== ACL_GROUP || needsMask)) return false;
        state = 0;
    }
  }
  return state === 0;
}

/** The permission bits that an ACL amounts to, and whether they say all of it. @linux fs/posix_acl.c `posix_acl_equiv_mode` (6.18) */
function equivMode(acl: PosixAcl): { readonly mode: number; readonly isAll: boolean } {
  let mode = 0;
  let isAll = true;
  for (const { tag, perm } of acl) {
    if (tag === ACL_USER_OBJ) mode |= perm << 6;
    else if (tag === ACL_GROUP_OBJ) mode |= perm << 3;
    else if (tag === ACL_OTHER) mode |= perm;
    else {
      isAll = false;
      if (tag === ACL_MASK) mode = (mode & ~0o070) | (perm << 3);
    }
  }
  return { mode, isAll };
}

/**
 * Sets or takes away (undefined) an ACL.
 *
 * @linux fs/posix_acl.c `set_posix_acl`, `simple_set_acl` (6.18)
 */
export function setPosixAcl(
  cred: Cred,
  inode: Inode,
  isDefault: boolean,
  acl: PosixAcl | undefined,
  isOwner: boolean,
): number {
  if (inode.op.xattr !== true || inode.type === S_IFLNK) return -EOPNOTSUPP;
  if (isDefault && inode.type !== S_IFDIR) return acl === undefined ? 0 : -EACCES;
  if (!isOwner) return -EPERM;
  if (acl !== undefined && !isValid(acl)) return -EINVAL;
  if (isDefault) {
    inode.defaultAcl = acl;
    return 0;
  }
  let { mode } = inode;
  let stored = acl;
  if (acl !== undefined) {
    const equivalent = equivMode(acl);
    mode = (mode & ~0o777) | equivalent.mode;
    if (equivalent.isAll) stored = undefined;
  }
  if (!inGroup(cred, inode.gid) && !capable(cred, CAP_FSETID)) mode &= ~S_ISGID;
  inode.mode = mode;
  inode.acl = stored;
  return 0;
}

/**
 * What the access ACL of `inode` answers to somebody who is not its owner; undefined: it has none.
 *
 * @linux fs/posix_acl.c `posix_acl_permission` (6.18)
 */
export function posixAclPermission(cred: Cred, inode: Inode, wanted: number): number | undefined {
  const { acl } = inode;
  if (acl === undefined) return undefined;
  const mask = acl.find(({ tag }) => tag === ACL_MASK)?.perm ?? 7;
  let isFound = false;
  for (const { tag, perm, id } of acl) {
    const hasAll = (perm & wanted) === wanted;
    switch (tag) {
      case ACL_USER:
        if (id === cred.fsuid) return (perm & mask & wanted) === wanted ? 0 : -EACCES;
        break;
      case ACL_GROUP_OBJ:
      case ACL_GROUP:
        if (inGroup(cred, tag === ACL_GROUP ? id : inode.gid)) {
          isFound = true;
          if (hasAll) return (perm & mask & wanted) === wanted ? 0 : -EACCES;
        }
        break;
      case ACL_OTHER:
        return !isFound && hasAll ? 0 : -EACCES;
    }
  }
  return -EACCES;
}

/** A new mode changes the ACL too: its mask, or the group's line. @linux fs/posix_acl.c `posix_acl_chmod` (6.18) */
export function posixAclChmod(inode: Inode): void {
  if (inode.acl === undefined) return;
  const hasMask = inode.acl.some(({ tag }) => tag === ACL_MASK);
  inode.acl = inode.acl.map((entry) => {
    if (entry.tag === ACL_USER_OBJ) return { ...entry, perm: (inode.mode >> 6) & 7 };
    if (entry.tag === (hasMask ? ACL_MASK : ACL_GROUP_OBJ)) {
      return { ...entry, perm: (inode.mode >> 3) & 7 };
    }
    return entry.tag === ACL_OTHER ? { ...entry, perm: inode.mode & 7 } : entry;
  });
}

/** The mask of new files in `dir`: where it has a default ACL, that stands in for the umask. */
export function umaskIn(dir: Inode, umask: number): number {
  return dir.defaultAcl === undefined ? umask : 0;
}

/**
 * A new file in `dir` takes over its default ACL, cut down by the mode that was asked for.
 *
 * @linux fs/posix_acl.c `posix_acl_create` (6.18)
 */
export function posixAclCreate(dir: Inode, inode: Inode): void {
  const { defaultAcl } = dir;
  if (defaultAcl === undefined || inode.type === S_IFLNK) return;
  const hasMask = defaultAcl.some(({ tag }) => tag === ACL_MASK);
  const { mode } = inode;
  const acl = defaultAcl.map((entry) => {
    if (entry.tag === ACL_USER_OBJ) return { ...entry, perm: entry.perm & (mode >> 6) };
    if (entry.tag === (hasMask ? ACL_MASK : ACL_GROUP_OBJ)) {
      return { ...entry, perm: entry.perm & (mode >> 3) };
    }
    return entry.tag === ACL_OTHER ? { ...entry, perm: entry.perm & mode } : { ...entry };
  });
  const equivalent = equivMode(acl);
  inode.mode = (mode & ~0o777) | equivalent.mode;
  if (!equivalent.isAll) inode.acl = acl;
  if (inode.type === S_IFDIR) inode.defaultAcl = defaultAcl;
}
