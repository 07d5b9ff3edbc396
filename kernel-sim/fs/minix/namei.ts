import { blockDirOps, blockGetLink } from "../block-dir-ops.ts";
import type { Inode, InodeOperations } from "../fs.ts";
import {
  addEntry,
  emptyDir,
  findEntry,
  type MinixEntry,
  makeEmpty,
  prepareAdd,
  setEntry,
} from "./dir.ts";
import { minixIget, minixNewInode } from "./inode.ts";
import { sectorsOf } from "./itree_v1.ts";
import type { MinixFs } from "./state.ts";

export function minixGetattr(inode: Inode): { blocks: number } {
  return { blocks: sectorsOf(inode) };
}

/** @linux fs/minix/namei.c `minix_dir_inode_operations` (6.18) */
export const minixDirOps: InodeOperations = blockDirOps<MinixFs, MinixEntry>(
  {
    find: findEntry,
    prepareAdd,
    add: (fs, dir, name, inode) => addEntry(fs, dir, name, inode.ino),
    remove: (fs, dir, entry) => setEntry(fs, dir, entry, 0),
    replace: (fs, dir, entry, inode) => setEntry(fs, dir, entry, inode.ino),
    makeEmpty,
    isEmpty: emptyDir,
    inode: minixIget,
    newInode: minixNewInode,
    fastLinkMax: 0,
    cutsRemoved: false,
  },
  minixGetattr,
);

export const minixLinkOps: InodeOperations = { getLink: blockGetLink, getattr: minixGetattr };
export const minixSpecialOps: InodeOperations = { getattr: minixGetattr };
