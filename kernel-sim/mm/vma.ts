import type { File } from "../fs/fs.ts";

export const VM_READ = 0x1;
export const VM_WRITE = 0x2;
export const VM_EXEC = 0x4;
export const VM_SHARED = 0x8;

/** A range of an address space with one meaning. @linux include/linux/mm_types.h `struct vm_area_struct` */
export class Vma {
  start: number;
  end: number;
  flags: number;
  file: File | undefined;
  /** Offset of `start` in the file, in pages. */
  pgoff: number;

  constructor(start: number, end: number, flags: number, file: File | undefined, pgoff: number) {
    this.start = start;
    this.end = end;
    this.flags = flags;
    this.file = file;
    this.pgoff = pgoff;
  }
}
