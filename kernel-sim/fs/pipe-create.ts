import { EFAULT, EINVAL, ENFILE, ENOPKG } from "../include/errno.ts";
import {
  O_CLOEXEC,
  O_DIRECT,
  O_EXCL,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from "../include/uapi/fcntl.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser } from "../mm/uaccess.ts";
import { pipeInodeFops, streamOpen } from "./fifo.ts";
import { fput, hasRoomForFiles } from "./file-table.ts";
import { type File, FMODE_NOWAIT, S_IFIFO } from "./fs.ts";
import { pipeanonFops } from "./pipe.ts";
import { allocPipeInfo } from "./pipe-limits.ts";
import { allocFile, allocFilePseudo, pseudoInode, pseudoMount } from "./pseudo.ts";

const PIPEFS_MAGIC = 0x50495045;
const O_NOTIFICATION_PIPE = O_EXCL;

/** @linux fs/pipe.c `pipe` (6.18) @spec pipe(2) */
function sysPipe(task: Task, fildes: number): number {
  return sysPipe2(task, fildes, 0);
}

/** @linux fs/pipe.c `pipe2` (6.18) @spec pipe(2) */
function sysPipe2(task: Task, fildes: number, flags: number): number {
  const known = O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOTIFICATION_PIPE;
  if ((flags & ~known) !== 0) return -EINVAL;
  const ends = createPipeFiles(task, flags);
  if (typeof ends === "number") return ends;
  const closeOnExec = (flags & O_CLOEXEC) !== 0;
  const { files } = task;
  const read = files.getUnusedFd(task, closeOnExec);
  const write = read < 0 ? read : files.getUnusedFd(task, closeOnExec);
  let error = Math.min(write, 0);
  if (error === 0) {
    const numbers = new Uint8Array(new Int32Array([read, write]).buffer);
    if (copyToUser(task, fildes, numbers) < 0) error = -EFAULT;
  }
  if (error < 0) {
    if (read >= 0) files.putUnusedFd(read);
    if (write >= 0) files.putUnusedFd(write);
    for (const file of ends) fput(file);
    return error;
  }
  files.install(read, ends[0]);
  files.install(write, ends[1]);
  return 0;
}

/**
 * The two ends of a new pipe, the one to read from first.
 *
 * @linux fs/pipe.c `create_pipe_files` (6.18)
 * @simplified no watch queues (CONFIG_WATCH_QUEUE): a notification pipe answers ENOPKG.
 */
export function createPipeFiles(task: Task, flags: number): readonly [File, File] | number {
  const pipe = allocPipeInfo(task);
  if (pipe === undefined) return -ENFILE;
  if ((flags & O_NOTIFICATION_PIPE) !== 0) {
    pipe.user.pipeBufs -= pipe.nrAccounted;
    return -ENOPKG;
  }
  if (!hasRoomForFiles(task, 2)) {
    pipe.user.pipeBufs -= pipe.nrAccounted;
    return -ENFILE;
  }
  const mnt = pseudoMount(task.kernel, "pipefs", PIPEFS_MAGIC);
  const inode = pseudoInode(task, mnt, S_IFIFO | 0o600, pipeInodeFops);
  inode.pipe = pipe;
  pipe.files = 2;
  pipe.readers = 1;
  pipe.writers = 1;
  const writeFlags = O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT));
  const write = allocFilePseudo(task, mnt, inode, "pipe", pipeanonFops, writeFlags);
  const read = allocFile(task, write.path, pipeanonFops, O_RDONLY | (flags & O_NONBLOCK));
  for (const file of [read, write]) {
    file.privateData = pipe;
    streamOpen(file);
    file.mode |= FMODE_NOWAIT;
  }
  return [read, write];
}

export const pipeSyscalls: SyscallTable = Object.freeze({ pipe: sysPipe, pipe2: sysPipe2 });
