import { EACCES, ENOENT } from "../../include/errno.ts";
import { ptraceMayAccess } from "../../kernel/ptrace-access.ts";
import type { Task } from "../../kernel/task.ts";
import type { Inode, Path } from "../fs.ts";
import { getProcTask } from "./internal.ts";

/** /proc/PID/cwd. @linux fs/proc/base.c `proc_cwd_link` (6.18) */
export function linkToCwd(inode: Inode, reader: Task): Path | number {
  return procPidGetLink(inode, reader, (task) => (isAlive(task) ? task.fs.pwd : undefined));
}

/** /proc/PID/root. @linux fs/proc/base.c `proc_root_link` (6.18) */
export function linkToRoot(inode: Inode, reader: Task): Path | number {
  return procPidGetLink(inode, reader, (task) => (isAlive(task) ? task.fs.root : undefined));
}

/** /proc/PID/exe. @linux fs/proc/base.c `proc_exe_link` (6.18) */
export function linkToExe(inode: Inode, reader: Task): Path | number {
  return procPidGetLink(inode, reader, (task) => task.mm?.exeFile?.path);
}

/** What a link of a process leads to, for who may look into it. @linux fs/proc/base.c `proc_pid_get_link` (6.18) */
export function procPidGetLink(
  inode: Inode,
  reader: Task,
  pathOf: (task: Task) => Path | undefined,
): Path | number {
  const task = getProcTask(inode);
  if (task === undefined || ptraceMayAccess(reader, task, "fscreds") < 0) return -EACCES;
  return pathOf(task) ?? -ENOENT;
}

function isAlive(task: Task): boolean {
  return task.exitState === 0;
}
