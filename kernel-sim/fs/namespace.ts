import type { Kernel } from "../kernel/kernel.ts";
import type { Dentry } from "./dcache.ts";
import type { SuperBlock } from "./fs.ts";
import { Mount } from "./mount.ts";

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

/** Attaches `mnt` to a place of `parent`. */
export function attachMount(mnt: Mount, parent: Mount, mountpoint: Dentry): void {
  mnt.parent = parent;
  mnt.mountpoint = mountpoint;
  mountpoint.count++;
  mountpoint.isMountpoint = true;
  parent.children.push(mnt);
  mnt.ns = parent.ns;
  parent.ns?.mounts.push(mnt);
}
