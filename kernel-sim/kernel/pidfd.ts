import type { File } from "../fs/fs.ts";
import { PIDFD_THREAD, pidfdCreate, pidfdOperations } from "../fs/pidfs.ts";
import { EBADF, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { O_NONBLOCK } from "../include/uapi/fcntl.ts";
import { findVpid, type Pid, pidTask } from "./pid.ts";
import { ptraceMayAccess } from "./ptrace-access.ts";
import type { SyscallTable } from "./syscall.ts";
import { PF_EXITING, type Task } from "./task.ts";

/** pidfd_open, pidfd_getfd. @linux kernel/pid.c (6.18) */
export const pidfdSyscalls: SyscallTable = {
  pidfd_open: (task, nr, flags) => sysPidfdOpen(task, nr | 0, flags >>> 0),
  pidfd_getfd: (task, pidfd, fd, flags) => sysPidfdGetfd(task, pidfd | 0, fd | 0, flags >>> 0),
};

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

/** @linux kernel/pid.c `SYSCALL_DEFINE2(pidfd_open)` (6.18) */
function sysPidfdOpen(task: Task, nr: number, flags: number): number {
  if ((flags & ~(O_NONBLOCK | PIDFD_THREAD)) !== 0 || nr <= 0) return -EINVAL;
  const pid = findVpid(task, nr);
  return pid === undefined ? -ESRCH : pidfdCreate(task, pid, flags);
}

/** Another process's descriptor as one of the caller's own. @linux kernel/pid.c `SYSCALL_DEFINE3(pidfd_getfd)` (6.18) */
function sysPidfdGetfd(task: Task, pidfd: number, fd: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const named = pidfdGetPid(task, pidfd);
  if (typeof named === "number") return named;
  const target = pidTask(named.pid, "pid");
  if (target === undefined) return -ESRCH;
  if (ptraceMayAccess(task, target, "realcreds") !== 0) return -EPERM;
  if ((target.flags & PF_EXITING) !== 0) return -ESRCH;
  const file = target.files.get(fd);
  if (file === undefined) return -EBADF;
  const newFd = task.files.getUnusedFd(task, true);
  if (newFd < 0) return newFd;
  file.count++;
  task.files.install(newFd, file);
  return newFd;
}
