import type { Kernel } from "../kernel/kernel.ts";
import { type Dentry, isSubdir } from "./dcache.ts";
import type { Mount } from "./mount.ts";
import { attachMount, copyTree, mountTree } from "./namespace.ts";

/*
 * Mounts that tell each other what is mounted on them: peers share, slaves only hear.
 * @linux fs/pnode.c (6.18)
 * @spec mount_namespaces(7)
 */

/** Makes `mnt` one of a group of peers, a new one when it has none (`set_mnt_shared`). */
export function makeShared(kernel: Kernel, mnt: Mount): void {
  if (mnt.peers !== undefined) return;
  const ids = kernel.subsystem("mount.groups", () => ({ next: 1 }));
  mnt.peers = new Set([mnt]);
  mnt.groupId = ids.next++;
  mnt.isUnbindable = false;
}

/** From now on `mnt` tells nobody; with `hears`, it goes on listening to those who were its peers. */
export function leavePeers(mnt: Mount, hears: boolean): void {
  const { peers } = mnt;
  if (peers !== undefined) {
    peers.delete(mnt);
    mnt.peers = undefined;
    mnt.groupId = 0;
    if (hears && peers.size > 0) mnt.master = peers;
  }
  if (!hears) mnt.master = undefined;
}

/** All mounts that hear of what happens on `mnt`: its peers, their slaves, the slaves' peers and so on. */
function listeners(mnt: Mount): Mount[] {
  const found = new Set<Mount>();
  const visit = (group: ReadonlySet<Mount>) => {
    for (const peer of group) found.add(peer);
    for (const other of slavesOf(mnt, group)) {
      if (found.has(other)) continue;
      found.add(other);
      if (other.peers !== undefined) visit(other.peers);
    }
  };
  if (mnt.peers !== undefined) visit(mnt.peers);
  found.delete(mnt);
  return [...found];
}

function slavesOf(mnt: Mount, group: ReadonlySet<Mount>): Mount[] {
  const { kernel } = mnt.sb;
  const slaves = kernel.subsystem("mount.slaves", () => new Set<Mount>());
  return [...slaves].filter((slave) => slave.master === group);
}

/** `mnt` listens to a group: remembered so that the group can find it. */
export function rememberSlave(mnt: Mount): void {
  mnt.sb.kernel.subsystem("mount.slaves", () => new Set<Mount>()).add(mnt);
}

/**
 * Attaches a tree of mounts, and copies of it wherever the parent is heard.
 *
 * @linux fs/namespace.c `attach_recursive_mnt`, fs/pnode.c `propagate_mnt` (6.18)
 */
export function attachRecursive(
  kernel: Kernel,
  source: Mount,
  parent: Mount,
  mountpoint: Dentry,
): void {
  if (parent.peers !== undefined) {
    for (const mnt of mountTree(source)) makeShared(kernel, mnt);
    for (const other of listeners(parent)) {
      if (!isSubdir(mountpoint, other.root)) continue;
      const copy = copyTree(source, source.root);
      if (other.peers !== parent.peers) {
        for (const mnt of mountTree(copy)) {
          leavePeers(mnt, true);
          rememberSlave(mnt);
          if (other.peers !== undefined) makeShared(kernel, mnt);
        }
      }
      attachMount(copy, other, mountpoint);
    }
  }
  attachMount(source, parent, mountpoint);
}

/** The mounts on the same place of those who hear of the parent of `mnt` (`propagate_umount`). */
export function propagatedCopies(mnt: Mount): Mount[] {
  const copies: Mount[] = [];
  for (const other of listeners(mnt.parent)) {
    const child = other.children.find((at) => at.mountpoint === mnt.mountpoint);
    if (child !== undefined) copies.push(child);
  }
  return copies;
}
