import { EACCES, EFAULT } from "../../include/errno.ts";
import type { Vma } from "../../mm/vma.ts";
import { type FileOperations, FMODE_WRITE, Inode, S_IFREG, type SuperBlock } from "../fs.ts";
import { genericFileLlseekSize } from "../llseek.ts";
import type { SysfsBinary } from "./node.ts";

const PAGE_SIZE = 4096;

/** A file of bytes, which are made when somebody asks for them or their number. @linux fs/sysfs/file.c `sysfs_add_bin_file_mode_ns` (6.18) */
export function binInode(sb: SuperBlock, ino: number, node: SysfsBinary): Inode {
  const getattr = () => ({ size: node.bytes().length });
  return new Inode(sb, ino, S_IFREG | node.mode, { getattr }, binOperations(node));
}

/** A read is at most one page. @linux fs/sysfs/file.c `sysfs_kf_bin_read`, fs/kernfs/file.c `kernfs_file_read_iter` (6.18) */
function binOperations({ bytes, mmap }: SysfsBinary): FileOperations {
  const operations: FileOperations = {
    // Not even root writes what nobody may write. @linux fs/kernfs/file.c `kernfs_fop_open` (6.18)
    open: (_task, _inode, file) => ((file.mode & FMODE_WRITE) === 0 ? 0 : -EACCES),
    llseek: (_task, file, offset, whence) =>
      genericFileLlseekSize(file, offset, whence, file.inode.sb.maxbytes, bytes().length),
    readIter(iocb, iter) {
      const piece = bytes().subarray(iocb.pos, iocb.pos + Math.min(iter.count, PAGE_SIZE));
      if (iter.copyTo(piece) < piece.length) return -EFAULT;
      iocb.pos += piece.length;
      return piece.length;
    },
  };
  return mmap === undefined ? operations : { ...operations, mmap: (_file, vma: Vma) => mmap(vma) };
}
