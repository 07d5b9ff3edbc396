import type { ByteString, Inode, SuperBlock } from "./fs.ts";

/**
 * A name in a directory. Negative (no inode) when the name is known not to exist.
 *
 * @linux fs/dcache.c `struct dentry` (6.18)
 */
export class Dentry {
  readonly sb: SuperBlock;
  parent: Dentry;
  name: ByteString;
  inode: Inode | undefined;
  /** Removed from its directory; the inode may live on (`d_unlinked`). */
  isUnhashed = false;
  /** Something is mounted here in some namespace. */
  isMountpoint = false;
  readonly children = new Map<ByteString, Dentry>();

  constructor(
    sb: SuperBlock,
    parent: Dentry | undefined,
    name: ByteString,
    inode: Inode | undefined,
  ) {
    this.sb = sb;
    this.parent = parent ?? this;
    this.name = name;
    this.inode = inode;
  }

  get isRoot(): boolean {
    return this.parent === this;
  }
}
