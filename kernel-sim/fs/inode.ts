import type { Cred } from "../kernel/cred.ts";
import {
  type FileOperations,
  Inode,
  type InodeOperations,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  type SuperBlock,
} from "./fs.ts";
import { inodeInitOwner } from "./permission.ts";
import { specialFileOperations } from "./special-inode.ts";
import { inodeSetCtimeCurrent } from "./timestamps.ts";

/**
 * A new inode of `sb` that `cred` makes in directory `dir`, stamped with the present time.
 *
 * @linux fs/inode.c `new_inode`, `inode_init_owner` (6.18)
 */
export function newInode(
  sb: SuperBlock,
  dir: Inode | undefined,
  mode: number,
  cred: Cred,
  op: InodeOperations,
  fop: FileOperations,
): Inode {
  const inode = new Inode(sb, sb.nextIno(), mode, op, fop);
  inodeInitOwner(inode, dir, cred);
  inode.mtime = inodeSetCtimeCurrent(inode);
  inode.atime = inode.mtime;
  inode.btime = inode.mtime;
  return inode;
}

/** A device, FIFO or socket gets what opens it. @linux fs/inode.c `init_special_inode` (6.18) */
export function initSpecialInode(inode: Inode, rdev: number): void {
  inode.fop = specialFileOperations(inode.sb.kernel, inode.type);
  if (inode.type === S_IFCHR || inode.type === S_IFBLK) inode.rdev = rdev;
}

/** Whether its contents come from a driver or a pipe (`special_file`). */
export function isSpecialFile(inode: Inode): boolean {
  const { type } = inode;
  return type === S_IFCHR || type === S_IFBLK || type === S_IFIFO || type === 0o140000;
}
