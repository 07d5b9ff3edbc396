import type { Dentry } from "./dcache.ts";
import type { Path, SuperBlock } from "./fs.ts";

/** A file system attached to the tree: `struct mount`. */
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

  constructor(sb: SuperBlock, root: Dentry, id: number, devname: string) {
    this.sb = sb;
    this.root = root;
    this.parent = this;
    this.mountpoint = root;
    this.id = id;
    this.devname = devname;
  }
}

/** The mounts that a group of tasks sees: `struct mnt_namespace`. */
export class MntNamespace {
  root: Mount;
  readonly mounts: Mount[] = [];

  constructor(root: Mount) {
    this.root = root;
    this.mounts.push(root);
    root.ns = this;
  }

  /** The topmost mount on this place, if any (`lookup_mnt`). */
  lookup(path: Path): Mount | undefined {
    for (let i = this.mounts.length - 1; i >= 0; i--) {
      const mount = this.mounts[i]!;
      if (mount !== mount.parent && mount.parent === path.mnt && mount.mountpoint === path.dentry) {
        return mount;
      }
    }
    return undefined;
  }
}
