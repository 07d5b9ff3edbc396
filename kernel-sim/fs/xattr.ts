import { E2BIG, EEXIST, EINVAL, ENODATA, EOPNOTSUPP, EPERM, ERANGE } from "../include/errno.ts";
import { CAP_SETFCAP, CAP_SYS_ADMIN } from "../include/uapi/capability.ts";
import { IN_ATTRIB } from "../include/uapi/inotify.ts";
import { capable } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import type { Dentry } from "./dcache.ts";
import {
  type ByteString,
  type Inode,
  S_APPEND,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  S_IMMUTABLE,
  S_ISVTX,
} from "./fs.ts";
import { fsnotifyDentry } from "./notify/fsnotify.ts";
import { inodeOwnerOrCapable, inodePermission, MAY_READ, MAY_WRITE } from "./permission.ts";
import { type PosixAcl, posixAclFromXattr, posixAclToXattr, setPosixAcl } from "./posix-acl.ts";
import { inodeSetCtimeCurrent } from "./timestamps.ts";

export const XATTR_CREATE = 0x1;
export const XATTR_REPLACE = 0x2;
export const XATTR_SIZE_MAX = 65536;

const ACL_ACCESS = "system.posix_acl_access";
const ACL_DEFAULT = "system.posix_acl_default";
const CAPS = "security.capability";
const PREFIXES: readonly string[] = Object.freeze(["user.", "trusted.", "security."]);

function isAcl(name: ByteString): boolean {
  return name === ACL_ACCESS || name === ACL_DEFAULT;
}

function isFixed(inode: Inode): boolean {
  return (inode.flags & (S_IMMUTABLE | S_APPEND)) !== 0;
}

/** Who may read or write attributes of this name. @linux fs/xattr.c `xattr_permission` (6.18) */
function xattrPermission(task: Task, inode: Inode, name: ByteString, mask: number): number {
  const writes = (mask & MAY_WRITE) !== 0;
  if (writes && isFixed(inode)) return -EPERM;
  if (name.startsWith("security.") || name.startsWith("system.")) return 0;
  if (name.startsWith("trusted.")) {
    if (capable(task.cred, CAP_SYS_ADMIN)) return 0;
    return writes ? -EPERM : -ENODATA;
  }
  if (name.startsWith("user.")) {
    if (inode.type !== S_IFREG && inode.type !== S_IFDIR) return writes ? -EPERM : -ENODATA;
    const isSticky = inode.type === S_IFDIR && (inode.mode & S_ISVTX) !== 0;
    if (isSticky && writes && !inodeOwnerOrCapable(task.cred, inode)) return -EPERM;
  }
  return inodePermission(task, inode, mask);
}

/** Whether the file system keeps attributes of this name. @linux fs/xattr.c `xattr_resolve_name` (6.18) */
function resolveName(inode: Inode, name: ByteString): number {
  if (inode.op.xattr !== true) return -EOPNOTSUPP;
  for (const prefix of PREFIXES) {
    if (name === prefix) return -EINVAL;
    if (name.startsWith(prefix)) return 0;
  }
  return -EOPNOTSUPP;
}

/** What security modules ask without any being loaded. @linux security/commoncap.c `cap_inode_setxattr` (6.18) */
function securityPermission(task: Task, name: ByteString): number {
  if (!name.startsWith("security.") || name === CAPS) return 0;
  return capable(task.cred, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

/** File capabilities are checked before they are stored. @linux security/commoncap.c `cap_convert_nscap` (6.18) */
function checkCapsValue(task: Task, value: Uint8Array): number {
  const revision = value.length >= 4 ? value[3]! : 0;
  const isValid =
    (revision === 2 && value.length === 20) || (revision === 3 && value.length === 24);
  if (!isValid) return -EINVAL;
  return capable(task.cred, CAP_SETFCAP) ? 0 : -EPERM;
}

/** @linux fs/xattr.c `do_setxattr`, `vfs_setxattr` (6.18) */
export function doSetxattr(
  task: Task,
  dentry: Dentry,
  name: ByteString,
  value: Uint8Array,
  flags: number,
): number {
  const inode = dentry.inode!;
  if (isAcl(name)) {
    const acl = posixAclFromXattr(value);
    return typeof acl === "number" ? acl : changeAcl(task, dentry, name, acl);
  }
  if (value.length > 0 && name === CAPS) {
    const error = checkCapsValue(task, value);
    if (error !== 0) return error;
  }
  let error = xattrPermission(task, inode, name, MAY_WRITE);
  if (error === 0) error = securityPermission(task, name);
  return error !== 0 ? error : vfsSetxattr(dentry, name, value, flags);
}

/** Whoever asks for it. @linux fs/xattr.c `__vfs_setxattr` (6.18) */
export function vfsSetxattr(
  dentry: Dentry,
  name: ByteString,
  value: Uint8Array,
  flags: number,
): number {
  const inode = dentry.inode!;
  const error = resolveName(inode, name);
  if (error !== 0) return error;
  const isThere = inode.xattrs.has(name);
  if ((flags & XATTR_CREATE) !== 0 && isThere) return -EEXIST;
  if ((flags & XATTR_REPLACE) !== 0 && !isThere) return -ENODATA;
  inode.xattrs.set(name, value);
  changed(dentry, inode);
  return 0;
}

function changed(dentry: Dentry, inode: Inode): void {
  inodeSetCtimeCurrent(inode);
  fsnotifyDentry(dentry, IN_ATTRIB);
}

function changeAcl(
  task: Task,
  dentry: Dentry,
  name: ByteString,
  acl: PosixAcl | undefined,
): number {
  const inode = dentry.inode!;
  if (isFixed(inode)) return -EPERM;
  const isOwner = inodeOwnerOrCapable(task.cred, inode);
  const error = setPosixAcl(task.cred, inode, name === ACL_DEFAULT, acl, isOwner);
  if (error === 0) changed(dentry, inode);
  return error;
}

/** The value, or an errno. @linux fs/xattr.c `do_getxattr`, `vfs_getxattr` (6.18) */
export function doGetxattr(task: Task, inode: Inode, name: ByteString): Uint8Array | number {
  if (isAcl(name)) {
    if (inode.op.xattr !== true || inode.type === S_IFLNK) return -EOPNOTSUPP;
    const acl = name === ACL_DEFAULT ? inode.defaultAcl : inode.acl;
    return acl === undefined ? -ENODATA : posixAclToXattr(acl);
  }
  const error = xattrPermission(task, inode, name, MAY_READ);
  return error !== 0 ? error : vfsGetxattr(inode, name);
}

/** Whoever asks for it. @linux fs/xattr.c `__vfs_getxattr` (6.18) */
export function vfsGetxattr(inode: Inode, name: ByteString): Uint8Array | number {
  return resolveName(inode, name) || (inode.xattrs.get(name) ?? -ENODATA);
}

/** All names that `task` may see, each ended by NUL. @linux fs/xattr.c `simple_xattr_list` (6.18) */
export function listxattr(task: Task, inode: Inode): ByteString {
  let names = "";
  if (inode.acl !== undefined) names += `${ACL_ACCESS}\0`;
  if (inode.defaultAcl !== undefined) names += `${ACL_DEFAULT}\0`;
  const seesTrusted = capable(task.cred, CAP_SYS_ADMIN);
  // The tree that holds them is sorted downwards.
  for (const name of [...inode.xattrs.keys()].sort().reverse()) {
    if (seesTrusted || !name.startsWith("trusted.")) names += `${name}\0`;
  }
  return names;
}

/** @linux fs/xattr.c `removexattr`, `vfs_removexattr` (6.18) */
export function doRemovexattr(task: Task, dentry: Dentry, name: ByteString): number {
  const inode = dentry.inode!;
  if (isAcl(name)) return changeAcl(task, dentry, name, undefined);
  let error = xattrPermission(task, inode, name, MAY_WRITE);
  if (error === 0 && name.startsWith("security.")) {
    const cap = name === CAPS ? CAP_SETFCAP : CAP_SYS_ADMIN;
    if (!capable(task.cred, cap)) error = -EPERM;
  }
  return error !== 0 ? error : vfsRemovexattr(dentry, name);
}

/** Whoever asks for it. @linux fs/xattr.c `__vfs_removexattr` (6.18) */
export function vfsRemovexattr(dentry: Dentry, name: ByteString): number {
  const inode = dentry.inode!;
  const error = resolveName(inode, name);
  if (error !== 0) return error;
  if (!inode.xattrs.delete(name)) return -ENODATA;
  changed(dentry, inode);
  return 0;
}

/** How a value goes to a caller with room for `size` bytes; 0 asks only how long it is. */
export function fitValue(length: number, size: number): number {
  if (size === 0 || length <= size) return 0;
  return size >= XATTR_SIZE_MAX ? -E2BIG : -ERANGE;
}
