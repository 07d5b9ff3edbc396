/**
 * What a thread, or the ended threads and children of a process, have read and written.
 *
 * @linux include/linux/task_io_accounting.h (6.18)
 * @simplified no devices: bytes that reach one are not counted, since there is none.
 */
export class TaskIoAccounting {
  /** Bytes and calls. */
  rchar = 0;
  wchar = 0;
  syscr = 0;
  syscw = 0;

  add(other: TaskIoAccounting): void {
    this.rchar += other.rchar;
    this.wchar += other.wchar;
    this.syscr += other.syscr;
    this.syscw += other.syscw;
  }
}
