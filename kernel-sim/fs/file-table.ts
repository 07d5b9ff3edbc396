import type { File } from "./fs.ts";

/** One holder less; the last one releases the file. @linux fs/file_table.c `fput` (6.18) */
export function fput(file: File): void {
  file.count--;
  if (file.count > 0) return;
  file.inode.sb.kernel.hooks.fileReleased(file);
  file.op.release?.(file);
}

/** One holder more; answers the file. @linux include/linux/fs.h `get_file` */
export function getFile(file: File): File {
  file.count++;
  return file;
}
