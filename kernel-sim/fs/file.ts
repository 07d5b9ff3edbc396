import { EBADF, EMFILE } from "../include/errno.ts";
import { RLIMIT_NOFILE } from "../include/uapi/resource.ts";
import type { Task } from "../kernel/task.ts";
import { fput } from "./file-table.ts";
import { type File, FMODE_PATH } from "./fs.ts";

/** Room in a new table. */
const NR_OPEN_DEFAULT = 64;

/**
 * A table of descriptors; shared with CLONE_FILES.
 *
 * @linux fs/file.c `struct files_struct` (6.18)
 */
export class FilesStruct {
  readonly #files: (File | undefined)[] = [];
  readonly #closeOnExec: boolean[] = [];
  /** Taken, but with no file yet. */
  readonly #reserved = new Set<number>();
  /** No number below it is free. */
  #next = 0;
  users = 1;
  /** For how many descriptors there is room: it doubles when one does not fit (`fdt->max_fds`). */
  maxFds = NR_OPEN_DEFAULT;

  /** The open file of `fd`, if there is one (also an O_PATH one: `fdget_raw`). */
  get(fd: number): File | undefined {
    return this.#files[fd];
  }

  /** The open file of `fd` unless it is only a place (O_PATH): what reads, writes and most calls take (`fdget`). */
  fget(fd: number): File | undefined {
    const file = this.#files[fd];
    return file === undefined || (file.mode & FMODE_PATH) !== 0 ? undefined : file;
  }

  /** The lowest free number from `start` on, taken; -EMFILE at RLIMIT_NOFILE (`alloc_fd`). */
  getUnusedFd(task: Task, closeOnExec: boolean, start = 0): number {
    const limit = task.signal.rlim[RLIMIT_NOFILE]!.cur;
    let fd = Math.max(start, this.#next);
    while (this.#files[fd] !== undefined || this.#reserved.has(fd)) fd++;
    if (fd >= limit) return -EMFILE;
    if (start <= this.#next) this.#next = fd + 1;
    this.reserve(fd);
    this.setCloseOnExec(fd, closeOnExec);
    return fd;
  }

  /** Gives a taken number back. */
  putUnusedFd(fd: number): void {
    this.#reserved.delete(fd);
    if (fd < this.#next) this.#next = fd;
  }

  install(fd: number, file: File): void {
    this.#reserved.delete(fd);
    while (this.maxFds <= fd) this.maxFds *= 2;
    while (this.#files.length <= fd) this.#files.push(undefined);
    this.#files[fd] = file;
  }

  reserve(fd: number): void {
    this.#reserved.add(fd);
  }

  /** `fd` is about to be given a file by number, out of order. */
  take(fd: number): void {
    if (fd === this.#next) this.#next = fd + 1;
  }

  isReserved(fd: number): boolean {
    return this.#reserved.has(fd);
  }

  /** Takes the file out of the table without closing it. */
  remove(fd: number): File | undefined {
    const file = this.#files[fd];
    if (file === undefined) return undefined;
    this.#files[fd] = undefined;
    this.#closeOnExec[fd] = false;
    if (fd < this.#next) this.#next = fd;
    return file;
  }

  /** close(2) on one descriptor: 0, what flush answers, or -EBADF. */
  close(task: Task, fd: number): number {
    const file = this.remove(fd);
    return file === undefined ? -EBADF : filpClose(task, file);
  }

  isCloseOnExec(fd: number): boolean {
    return this.#closeOnExec[fd] === true;
  }

  setCloseOnExec(fd: number, on: boolean): void {
    while (this.#closeOnExec.length <= fd) this.#closeOnExec.push(false);
    this.#closeOnExec[fd] = on;
  }

  /** One more than the highest descriptor that was ever in use. */
  get size(): number {
    return this.#files.length;
  }

  /** All descriptors, ascending. */
  *entries(): Generator<readonly [number, File]> {
    for (let fd = 0; fd < this.#files.length; fd++) {
      const file = this.#files[fd];
      if (file !== undefined) yield [fd, file];
    }
  }

  /** A copy for fork: every open file has one holder more (`dup_fd`). `leavesOut` names descriptors not to copy. */
  copy(leavesOut: (fd: number) => boolean = () => false): FilesStruct {
    const copy = new FilesStruct();
    for (const [fd, file] of this.entries()) {
      if (leavesOut(fd)) continue;
      file.count++;
      copy.install(fd, file);
      copy.setCloseOnExec(fd, this.isCloseOnExec(fd));
    }
    return copy;
  }

  /** execve(2) closes what is marked so. */
  doCloseOnExec(task: Task): void {
    for (const [fd] of this.entries()) if (this.isCloseOnExec(fd)) this.close(task, fd);
  }

  /** The last task that has this table is gone. */
  closeAll(task: Task): void {
    for (const [fd] of this.entries()) this.close(task, fd);
  }
}

/** One descriptor less refers to `file`: flush, POSIX locks away, then `fput`. @linux fs/open.c `filp_close` */
export function filpClose(task: Task, file: File): number {
  const result = file.op.flush?.(task, file) ?? 0;
  if ((file.mode & FMODE_PATH) === 0) task.kernel.hooks.filpClose(task, file);
  fput(file);
  return result;
}
