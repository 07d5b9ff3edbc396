const BLOCK = 512;

/**
 * What a thread, or the ended threads and children of a process, have read and written.
 *
 * @linux include/linux/task_io_accounting.h (6.18)
 */
export class TaskIoAccounting {
  /** Bytes and calls. */
  rchar = 0;
  wchar = 0;
  syscr = 0;
  syscw = 0;
  /** Bytes that a disk had to read for it, and that it has left for a disk to write. */
  readBytes = 0;
  writeBytes = 0;

  get inblock(): number {
    return Math.floor(this.readBytes / BLOCK);
  }

  get oublock(): number {
    return Math.floor(this.writeBytes / BLOCK);
  }

  add(other: TaskIoAccounting): void {
    this.rchar += other.rchar;
    this.wchar += other.wchar;
    this.syscr += other.syscr;
    this.syscw += other.syscw;
    this.readBytes += other.readBytes;
    this.writeBytes += other.writeBytes;
  }
}
