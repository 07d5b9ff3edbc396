import type { Inode, SuperBlock } from "../fs/fs.ts";
import type { OffsetCtx } from "../fs/libfs.ts";

/** What tmpfs keeps of an inode. @linux include/linux/shmem_fs.h `struct shmem_inode_info` (6.18) */
export interface ShmemFsInfo {
  /** Pages that fallocate has made and nobody has written: holes for SEEK_DATA. */
  fallocated: Set<number> | undefined;
  /** For directories. */
  readonly offsets: OffsetCtx | undefined;
}

export function shmemInfo(inode: Inode): ShmemFsInfo {
  return inode.privateData as ShmemFsInfo;
}

/** Size and number of files that a tmpfs may have; Infinity: as many as there is memory. */
export interface ShmemSbInfo {
  maxBlocks: number;
  maxInodes: number;
  mode: number;
  uid: number;
  gid: number;
  usedBlocks: number;
  usedInodes: number;
}

export function shmemSb(sb: SuperBlock): ShmemSbInfo {
  return sb.fsInfo as ShmemSbInfo;
}
