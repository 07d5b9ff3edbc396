import type { File, FileOperations } from "../fs/fs.ts";
import { EBADF } from "../include/errno.ts";
import { O_EXCL } from "../include/uapi/fcntl.ts";
import { EPOLLHUP, EPOLLIN, EPOLLRDNORM } from "../include/uapi/poll.ts";
import { delayGroupLeader } from "./exit-threads.ts";
import { type Pid, pidTask } from "./pid.ts";
import type { Task } from "./task.ts";

/** A pidfd of one thread. */
export const PIDFD_THREAD = O_EXCL;

/** What can be done with a pidfd. @linux fs/pidfs.c `pidfs_file_operations` (6.18) */
export const pidfdOperations: FileOperations = Object.freeze({
  poll(file, table) {
    const pid = file.privateData as Pid;
    table?.queue(file, pid.waitPidfd);
    const task = pidTask(pid, "pid");
    if (task === undefined) return EPOLLIN | EPOLLRDNORM | EPOLLHUP;
    const isThread = (file.flags & PIDFD_THREAD) !== 0;
    // A leader that has ended before its threads is not the end of the process.
    const hasEnded = task.exitState !== 0 && (isThread || !delayGroupLeader(task));
    return hasEnded ? EPOLLIN | EPOLLRDNORM : 0;
  },
} satisfies FileOperations);

/** Whom a file names, or -EBADF when it is no pidfd. @linux fs/pidfs.c `pidfd_pid` (6.18) */
export function pidfdPid(file: File): Pid | number {
  return file.op === pidfdOperations ? (file.privateData as Pid) : -EBADF;
}

/** Whom descriptor `fd` names and the flags of its file. @linux kernel/pid.c `pidfd_get_pid` (6.18) */
export function pidfdGetPid(
  task: Task,
  fd: number,
): { readonly pid: Pid; readonly flags: number } | number {
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  const pid = pidfdPid(file);
  return typeof pid === "number" ? pid : { pid, flags: file.flags };
}
