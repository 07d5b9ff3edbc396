import type { Dentry } from "./dcache.ts";
import type { Path, SuperBlock } from "./fs.ts";

export const MNT_NOSUID = 0x1;
export const MNT_NODEV = 0x2;
export const MNT_NOEXEC = 0x4;
export const MNT_NOATIME = 0x8;
export const MNT_NODIRATIME = 0x10;
export const MNT_RELATIME = 0x20;
export const MNT_READONLY = 0x40;
export const MNT_NOSYMFOLLOW = 0x80;

/**
 * A file system attached to the tree.
 *
 * @linux fs/mount.h `struct mount` (6.18)
 */
export class Mount {
  readonly sb: SuperBlock;
  readonly root: Dentry;
  /** Where it is attached; itself when it is the root of a namespace or detached. */
  parent: Mount;
  mountpoint: Dentry;
  /** MNT_READONLY, MNT_NOSUID, MNT_NOEXEC … */
  flags = 0;
  readonly id: number;
  readonly devname: string;
  ns: MntNamespace | undefined = undefined;
  /** What is attached below it, oldest first. */
  readonly children: Mount[] = [];
  /** Open files, working and root directories on it: it cannot be unmounted. */
  count = 0;
  /** Files open for writing: it cannot become read-only (`mnt_writers`). */
  writers = 0;
  /** Mounts that tell each other of new mounts (`mnt_share`); undefined: private. */
  peers: Set<Mount> | undefined = undefined;
  /** The group from which it hears (`mnt_master`). */
  master: Set<Mount> | undefined = undefined;
  /** Numbers of its peer group, as /proc/PID/mountinfo shows them. */
  groupId = 0;
  isUnbindable = false;
  /** Nobody has used it since umount2(2) with MNT_EXPIRE asked. */
  isExpiring = false;

  constructor(sb: SuperBlock, root: Dentry, id: number, devname: string) {
    this.sb = sb;
    this.root = root;
    this.parent = this;
    this.mountpoint = root;
    this.id = id;
    this.devname = devname;
    root.count++;
    sb.mounts++;
  }

  /** Whether it is attached to another (`mnt_has_parent`). */
  get hasParent(): boolean {
    return this.parent !== this;
  }
}

/** The mount that hides `dentry` of `mnt`, if there is one. @linux fs/namespace.c `__lookup_mnt` (6.18) */
export function lookupMnt(mnt: Mount, dentry: Dentry): Mount | undefined {
  if (!dentry.isMountpoint) return undefined;
  return mnt.children.find((child) => child.mountpoint === dentry);
}

/** The mounts that a group of tasks sees: `struct mnt_namespace`. */
export class MntNamespace {
  root: Mount;
  readonly mounts: Mount[] = [];
  /** Inode number of /proc/PID/ns/mnt. */
  readonly ino: number;
  /** Of a fresh copy: which mount became which, for who moves in. */
  copies: ReadonlyMap<Mount, Mount> | undefined = undefined;

  constructor(root: Mount, ino = 0xf0000000 + 1) {
    this.root = root;
    this.ino = ino;
    this.mounts.push(root);
    root.ns = this;
  }

  /** The topmost mount on this place, if any (`lookup_mnt`). */
  lookup(path: Path): Mount | undefined {
    return lookupMnt(path.mnt, path.dentry);
  }
}
