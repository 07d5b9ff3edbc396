import { File, type FileOperations } from "../fs/fs.ts";
import { EINVAL, ENOMEM } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { shmemFileSetup } from "./shmem.ts";
import { VM_NORESERVE } from "./vma.ts";

/** Mapping needs pages from the pool, which is empty. @linux fs/hugetlbfs/inode.c `hugetlbfs_file_mmap` */
const hugetlbOps: FileOperations = Object.freeze({
  mmap(file, vma) {
    const pageBytes = file.privateData as number;
    return (vma.pgoff * 4096) % pageBytes !== 0 ? -EINVAL : -ENOMEM;
  },
} satisfies FileOperations);

/** The file behind an anonymous mapping of huge pages. @linux fs/hugetlbfs/inode.c `hugetlb_file_setup` (6.18) */
export function hugetlbFile(task: Task, pageBytes: number): File | number {
  const base = shmemFileSetup(task.kernel, task.cred, "anon_hugepage", 0, VM_NORESERVE);
  if (typeof base === "number") return base;
  // The whole of it is one file: the first open description only makes it.
  const file = new File(base.path, base.inode, hugetlbOps, base.flags, base.mode, base.cred);
  file.inode.size = 2 ** 53;
  file.privateData = pageBytes;
  base.count = 0;
  task.kernel.nrFiles--;
  base.path.mnt.count--;
  base.path.dentry.count--;
  return file;
}
