import { Dentry } from "../fs/dcache.ts";
import {
  File,
  type FileOperations,
  FMODE_READ,
  FMODE_WRITE,
  Inode,
  S_IFREG,
  SuperBlock,
} from "../fs/fs.ts";
import { Mount } from "../fs/mount.ts";
import { nsToTimespec64 } from "../fs/timestamps.ts";
import { ENOMEM } from "../include/errno.ts";
import type { Cred } from "../kernel/cred.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { AddressSpace } from "./address-space.ts";
import { evictPages, filemapVmOps, genericFileMmap } from "./filemap.ts";
import { F_SEAL_SEAL } from "./memfd-seals.ts";
import { memoryOf } from "./mm-init.ts";
import { VM_NORESERVE, type Vma } from "./vma.ts";

const TMPFS_MAGIC = 0x01021994;
const O_RDWR = 2;

/** The tmpfs that nobody sees, on which memory without a name lies (`shm_mnt`). */
function shmMount(kernel: Kernel): Mount {
  return kernel.subsystem("shmem", () => {
    const sb = new SuperBlock(kernel, "tmpfs", TMPFS_MAGIC, kernel.anonymousDev());
    const inode = new Inode(sb, sb.nextIno(), 0o040777, {}, {});
    sb.root = new Dentry(sb, undefined, "", inode);
    return new Mount(sb, sb.root, 0, "tmpfs");
  });
}

const UNLINKED_FILE_OPS: FileOperations = {
  mmap: genericFileMmap,
  release: (file) => shmemEvict(file.inode),
};

/** The last holder of memory without a name has gone. */
export function shmemEvict(inode: Inode): void {
  evictPages(inode);
  const accounted = inode.privateData as ShmemInfo | undefined;
  if (accounted !== undefined) memoryOf(inode.sb.kernel).unaccount(accounted.accounted);
}

/** What memory without a name knows beyond its inode: `struct shmem_inode_info`. */
export interface ShmemInfo {
  /** Pages promised for all of it at once. */
  accounted: number;
}

/**
 * A file in memory that has no name, of `size` bytes; -ENOMEM.
 *
 * @linux mm/shmem.c `__shmem_file_setup` (6.18)
 */
export function shmemFileSetup(
  kernel: Kernel,
  cred: Cred,
  name: string,
  size: number,
  flags: number,
  op: FileOperations = UNLINKED_FILE_OPS,
): File | number {
  const pages = (flags & VM_NORESERVE) !== 0 ? 0 : Math.ceil(size / 4096);
  if (pages > 0 && memoryOf(kernel).enough(pages) !== 0) return -ENOMEM;
  const mount = shmMount(kernel);
  const { sb } = mount;
  const inode = new Inode(sb, sb.nextIno(), S_IFREG | 0o777, {}, op);
  inode.uid = cred.fsuid;
  inode.gid = cred.fsgid;
  inode.size = size;
  inode.nlink = 0;
  inode.mapping = new AddressSpace();
  inode.mapping.seals = F_SEAL_SEAL;
  inode.atime = nsToTimespec64(kernel.wallClock());
  inode.mtime = inode.atime;
  inode.ctime = inode.atime;
  inode.btime = inode.atime;
  const info: ShmemInfo = { accounted: pages };
  inode.privateData = info;
  const dentry = new Dentry(sb, undefined, name, inode);
  dentry.isUnhashed = true;
  const file = new File({ mnt: mount, dentry }, inode, op, O_RDWR, FMODE_READ | FMODE_WRITE, cred);
  return file;
}

/** Shared anonymous memory is a file without a name. @linux mm/shmem.c `shmem_zero_setup` */
export function shmemZeroSetup(vma: Vma): number {
  const { kernel } = vma.mm;
  const cred = kernel.current?.cred ?? kernel.initCred;
  if (cred === undefined) return -ENOMEM;
  const size = vma.end - vma.start;
  const file = shmemFileSetup(kernel, cred, "dev/zero", size, vma.flags);
  if (typeof file === "number") return file;
  vma.file = file;
  vma.ops = filemapVmOps;
  return 0;
}
