import { blockDirOps, blockGetLink } from "../block-dir-ops.ts";
import type { Inode, InodeOperations } from "../fs.ts";
import {
  addEntry,
  type DirEntry,
  deleteEntry,
  emptyDir,
  findEntry,
  makeEmpty,
  prepareAdd,
  setLink,
} from "./dir.ts";
import { ext2Iget, ext2NewInode } from "./inode.ts";
import { fileTypeOf } from "./layout.ts";
import { type Ext2Fs, ext2Info } from "./state.ts";

/** A link's text fits into the inode, with its NUL, in place of the block numbers. */
const FAST_LINK_MAX = 60;

export function ext2Getattr(inode: Inode): { blocks: number } {
  return { blocks: ext2Info(inode).sectors };
}

/** @linux fs/ext2/namei.c `ext2_dir_inode_operations` (6.18) */
export const ext2DirOps: InodeOperations = blockDirOps<Ext2Fs, DirEntry>(
  {
    find: findEntry,
    prepareAdd,
    add: (fs, dir, name, inode) => addEntry(fs, dir, name, inode.ino, fileTypeOf(inode.mode)),
    remove: deleteEntry,
    replace: (fs, dir, entry, inode) => setLink(fs, dir, entry, inode.ino, fileTypeOf(inode.mode)),
    makeEmpty,
    isEmpty: emptyDir,
    inode: ext2Iget,
    newInode: ext2NewInode,
    fastLinkMax: FAST_LINK_MAX,
    cutsRemoved: true,
  },
  ext2Getattr,
);

export const ext2LinkOps: InodeOperations = { getLink: blockGetLink, getattr: ext2Getattr };
export const ext2SpecialOps: InodeOperations = { getattr: ext2Getattr };
