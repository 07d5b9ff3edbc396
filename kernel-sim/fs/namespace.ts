import type { Kernel } from "../kernel/kernel.ts";
import { type Dentry, dput, isSubdir } from "./dcache.ts";
import type { Path, SuperBlock } from "./fs.ts";
import { MntNamespace, Mount } from "./mount.ts";
import { fsnotifySbDelete } from "./notify/fsnotify.ts";

/** A mount of `root` of `sb`, not attached anywhere yet. @linux fs/namespace.c `vfs_create_mount` (6.18) */
export function newMount(
  kernel: Kernel,
  sb: SuperBlock,
  root: Dentry,
  flags: number,
  devname: string,
): Mount {
  const ids = kernel.subsystem("mount.ids", () => ({ next: 1 }));
  const mnt = new Mount(sb, root, ids.next++, devname);
  mnt.flags = flags;
  return mnt;
}

/** The same tree once more, seen from `root` down, not attached; it propagates as the old one does. @linux fs/namespace.c `clone_mnt` (6.18) */
export function cloneMnt(old: Mount, root: Dentry): Mount {
  const mnt = newMount(old.sb.kernel, old.sb, root, old.flags, old.devname);
  mnt.isUnbindable = old.isUnbindable;
  if (old.peers !== undefined) {
    mnt.peers = old.peers;
    mnt.groupId = old.groupId;
    old.peers.add(mnt);
  }
  mnt.master = old.master;
  return mnt;
}

/** Attaches `mnt` to a place of `parent`, in its namespace. @linux fs/namespace.c `attach_mnt` (6.18) */
export function attachMount(mnt: Mount, parent: Mount, mountpoint: Dentry): void {
  mnt.parent = parent;
  mnt.mountpoint = mountpoint;
  mountpoint.count++;
  mountpoint.isMountpoint = true;
  mountpoint.mountedHere++;
  parent.children.push(mnt);
  if (parent.ns !== undefined) joinNamespace(mnt, parent.ns);
}

function joinNamespace(mnt: Mount, ns: MntNamespace): void {
  for (const member of mountTree(mnt)) {
    member.ns = ns;
    if (!ns.mounts.includes(member)) ns.mounts.push(member);
  }
}

/** Takes `mnt` from its place; it stays alive for those who hold it. */
export function detachMount(mnt: Mount): void {
  const { parent, mountpoint } = mnt;
  if (parent === mnt) return;
  parent.children.splice(parent.children.indexOf(mnt), 1);
  mountpoint.mountedHere--;
  mountpoint.isMountpoint = mountpoint.mountedHere > 0;
  mnt.parent = mnt;
  mnt.mountpoint = mnt.root;
  dput(mountpoint);
}

/** `mnt` and all below it, parents first. */
export function mountTree(mnt: Mount): Mount[] {
  const tree = [mnt];
  for (const child of mnt.children) tree.push(...mountTree(child));
  return tree;
}

/**
 * A copy of the tree of mounts from `root` of `old` down; unbindable ones are left out. `copies` is told
 * which mount became which.
 *
 * @linux fs/namespace.c `copy_tree` (6.18)
 */
export function copyTree(
  old: Mount,
  root: Dentry,
  copies = new Map<Mount, Mount>(),
  withUnbindable = false,
): Mount {
  const copy = cloneMnt(old, root);
  copies.set(old, copy);
  for (const child of old.children) {
    if ((child.isUnbindable && !withUnbindable) || !isSubdir(child.mountpoint, root)) continue;
    attachMount(copyTree(child, child.root, copies, withUnbindable), copy, child.mountpoint);
  }
  return copy;
}

/** Nobody needs `mnt` any more: it leaves its groups, and a file system that is mounted nowhere else ends. */
export function dropMount(mnt: Mount): void {
  mnt.peers?.delete(mnt);
  mnt.peers = undefined;
  mnt.master = undefined;
  if (mnt.ns !== undefined) {
    mnt.ns.mounts.splice(mnt.ns.mounts.indexOf(mnt), 1);
    mnt.ns = undefined;
  }
  mnt.sb.mounts--;
  if (mnt.sb.mounts > 0 || mnt.count > 0) return;
  fsnotifySbDelete(mnt.sb);
  mnt.sb.op.putSuper?.(mnt.sb);
}

/** A namespace with a copy of all mounts of another. @linux fs/namespace.c `copy_mnt_ns` (6.18) */
export function copyMntNs(kernel: Kernel, ns: MntNamespace): MntNamespace {
  const copies = new Map<Mount, Mount>();
  // The root file system itself is mounted on something that nobody sees.
  const base = ns.root.parent;
  copyTree(base, base.root, copies, true);
  const copy = new MntNamespace(copies.get(ns.root)!, kernel.pseudoInode());
  for (const mnt of copies.values()) mnt.ns = copy;
  for (const mnt of ns.mounts) {
    const copied = copies.get(mnt);
    if (copied !== undefined && copied !== copy.root) copy.mounts.push(copied);
  }
  copy.copies = copies;
  return copy;
}

/** Whether `path` can be reached from `root` through mounts (`is_path_reachable`). */
export function isPathReachable(path: Path, root: Path): boolean {
  let { mnt, dentry } = path;
  while (mnt !== root.mnt && mnt.hasParent) {
    dentry = mnt.mountpoint;
    mnt = mnt.parent;
  }
  return mnt === root.mnt && isSubdir(dentry, root.dentry);
}
