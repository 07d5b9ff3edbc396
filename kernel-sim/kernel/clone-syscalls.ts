import { E2BIG, EFAULT, EINVAL } from "../include/errno.ts";
import {
  CLONE_CLEAR_SIGHAND,
  CLONE_DETACHED,
  CLONE_INTO_CGROUP,
  CLONE_NEWTIME,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
  CSIGNAL,
} from "../include/uapi/sched.ts";
import { SIGCHLD } from "../include/uapi/signal.ts";
import { getUint64, structFromUser } from "../mm/uaccess.ts";
import { hasFlag } from "./clone-flags.ts";
import { kernelClone } from "./fork.ts";
import type { SysResult } from "./sleep.ts";
import type { SyscallTable } from "./syscall.ts";
import type { Task } from "./task.ts";

const CLONE_ARGS_SIZE_VER0 = 64;
const CLONE_ARGS_SIZE = 88;
const PAGE_SIZE = 4096;
const MAX_PID_NS_LEVEL = 32;

/** clone, clone3, fork, vfork. @linux kernel/fork.c (6.18) */
export const cloneSyscalls: SyscallTable = {
  clone: sysClone,
  clone3: sysClone3,
  fork: (task) => kernelClone(task, cloneArgs(0)),
  vfork: (task) => kernelClone(task, cloneArgs(CLONE_VFORK | CLONE_VM)),
};

/** For who wants a child and nothing besides these flags. @linux include/linux/sched/task.h `struct kernel_clone_args` (6.18) */
export function cloneArgs(flags: number) {
  return {
    flags,
    exitSignal: SIGCHLD,
    pidfd: 0,
    parentTid: 0,
    childTid: 0,
    stack: 0,
    tls: 0,
    setTid: [],
  };
}

/** @linux kernel/fork.c `SYSCALL_DEFINE5(clone, …)`, arguments in the order of x86-64 */
function sysClone(
  task: Task,
  rawFlags: number,
  stack: number,
  parentTid: number,
  childTid: number,
  tls: number,
): SysResult {
  // The upper half is cut off: only clone3 has flags there.
  const lower = rawFlags >>> 0;
  const flags = lower - (lower & CSIGNAL);
  // Both would be written to the same place.
  if (hasFlag(flags, CLONE_PIDFD) && hasFlag(flags, CLONE_PARENT_SETTID)) return -EINVAL;
  if (hasFlag(flags, CLONE_PIDFD) && hasFlag(flags, CLONE_DETACHED)) return -EINVAL;
  return kernelClone(task, {
    flags,
    exitSignal: lower & CSIGNAL,
    pidfd: parentTid,
    parentTid,
    childTid,
    stack,
    tls,
    setTid: [],
  });
}

/** @linux kernel/fork.c `copy_clone_args_from_user`, `clone3_args_valid` (6.18) */
function sysClone3(task: Task, uargs: number, size: number): SysResult {
  if (size > PAGE_SIZE) return -E2BIG;
  if (size < CLONE_ARGS_SIZE_VER0) return -EINVAL;
  const view = structFromUser(task, uargs, size);
  if (typeof view === "number") return -EFAULT;
  for (let i = CLONE_ARGS_SIZE; i < size; i++) if (view.getUint8(i) !== 0) return -E2BIG;
  const field = (index: number) => (index * 8 + 8 <= size ? getUint64(view, index * 8) : 0);
  const [flags, pidfd, childTid, parentTid, exitSignal, stack, stackSize, tls] = [
    0, 1, 2, 3, 4, 5, 6, 7,
  ].map(field) as [number, number, number, number, number, number, number, number];
  const setTidAddr = field(8);
  const setTidSize = field(9);
  if (setTidSize > MAX_PID_NS_LEVEL) return -EINVAL;
  if ((setTidAddr === 0) !== (setTidSize === 0)) return -EINVAL;
  if (exitSignal > CSIGNAL || exitSignal > 64) return -EINVAL;
  if (hasFlag(flags, CLONE_INTO_CGROUP) && size < CLONE_ARGS_SIZE) return -EINVAL;
  const setTid: number[] = [];
  if (setTidSize > 0) {
    const numbers = structFromUser(task, setTidAddr, setTidSize * 4);
    if (typeof numbers === "number") return -EFAULT;
    for (let i = 0; i < setTidSize; i++) setTid.push(numbers.getInt32(i * 4, true));
  }
  if (!areFlagsValid(flags, exitSignal)) return -EINVAL;
  if (stack === 0 ? stackSize > 0 : stackSize === 0) return -EINVAL;
  return kernelClone(task, {
    flags,
    exitSignal,
    pidfd,
    parentTid,
    childTid,
    stack: stack + stackSize,
    tls,
    setTid,
  });
}

function areFlagsValid(flags: number, exitSignal: number): boolean {
  const has = (flag: number) => hasFlag(flags, flag);
  // Bits above CLONE_INTO_CGROUP, and those of the old exit signal but CLONE_NEWTIME.
  if (flags >= CLONE_INTO_CGROUP * 2) return false;
  if (has(CLONE_DETACHED) || ((flags % 256) & ~CLONE_NEWTIME) !== 0) return false;
  if (has(CLONE_SIGHAND) && has(CLONE_CLEAR_SIGHAND)) return false;
  if ((has(CLONE_THREAD) || has(CLONE_PARENT)) && exitSignal !== 0) return false;
  return true;
}
