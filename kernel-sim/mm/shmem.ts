import { Dentry } from "../fs/dcache.ts";
import {
  File,
  FMODE_LSEEK,
  FMODE_OPENED,
  FMODE_PREAD,
  FMODE_PWRITE,
  FMODE_READ,
  FMODE_WRITE,
  S_IFREG,
} from "../fs/fs.ts";
import { Mount } from "../fs/mount.ts";
import { invariant } from "../hw/simulator-bug.ts";
import { ENOMEM } from "../include/errno.ts";
import { O_RDWR } from "../include/uapi/fcntl.ts";
import type { Cred } from "../kernel/cred.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { filemapVmOps } from "./filemap.ts";
import { memoryOf } from "./mm-init.ts";
import { shmemFillSuper, shmemUnlinkedInode } from "./shmem-fs.ts";
import { VM_NORESERVE, type Vma } from "./vma.ts";

/** The tmpfs that nobody sees, on which memory without a name lies (`shm_mnt`). */
function shmMount(kernel: Kernel, cred: Cred): Mount {
  return kernel.subsystem("shmem", () => {
    const sb = shmemFillSuper(kernel, cred, "");
    invariant(typeof sb !== "number", "the tmpfs of the kernel cannot be made");
    const evict = sb.op.evictInode;
    sb.op = {
      ...sb.op,
      evictInode(inode) {
        memoryOf(kernel).unaccount(inode.mapping?.accounted ?? 0);
        evict?.(inode);
      },
    };
    return new Mount(sb, sb.root, 0, "tmpfs");
  });
}

/**
 * An open file in memory that has no name, of `size` bytes; -ENOMEM.
 *
 * @param name what /proc/PID/maps and /proc/PID/fd show behind the slash.
 * @linux mm/shmem.c `__shmem_file_setup` (6.18)
 */
export function shmemFileSetup(
  kernel: Kernel,
  cred: Cred,
  name: string,
  size: number,
  flags: number,
): File | number {
  const pages = (flags & VM_NORESERVE) !== 0 ? 0 : Math.ceil(size / 4096);
  if (pages > 0 && memoryOf(kernel).enough(pages) !== 0) return -ENOMEM;
  const mount = shmMount(kernel, cred);
  const inode = shmemUnlinkedInode(mount.sb, S_IFREG | 0o777, cred);
  if (typeof inode === "number") {
    memoryOf(kernel).unaccount(pages);
    return inode;
  }
  inode.size = size;
  inode.mapping!.accounted = pages;
  const dentry = new Dentry(mount.sb, mount.root, name, inode);
  dentry.isUnhashed = true;
  dentry.dname = () => `/${name} (deleted)`;
  const mode = FMODE_READ | FMODE_WRITE | FMODE_OPENED | FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
  return new File({ mnt: mount, dentry }, inode, inode.fop, O_RDWR, mode, cred);
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
