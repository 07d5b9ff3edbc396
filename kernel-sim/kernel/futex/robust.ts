import { EFAULT, EINVAL, EPERM, ESRCH } from "../../include/errno.ts";
import { CAP_SYS_PTRACE } from "../../include/uapi/capability.ts";
import {
  FUTEX_BITSET_MATCH_ANY,
  FUTEX_OWNER_DIED,
  FUTEX_TID_MASK,
  FUTEX_WAITERS,
  ROBUST_LIST_LIMIT,
} from "../../include/uapi/futex.ts";
import { getUser32, getUser64, putUser32, putUser64 } from "../../mm/uaccess.ts";
import { capable } from "../cred.ts";
import { findTaskByVpid } from "../pid.ts";
import type { Task } from "../task.ts";
import { exitPiStates } from "./pi.ts";
import { futexWake } from "./waitwake.ts";

/** How the list lies in memory: list, offset of the word, pending lock, each a word of the program. */
interface RobustLayout {
  readonly wordBytes: 4 | 8;
  read(task: Task, at: number): number | undefined;
  /** The same for the offset, which may be negative. */
  readSigned(task: Task, at: number): number | undefined;
}

const NATIVE: RobustLayout = { wordBytes: 8, read: getUser64, readSigned: getUser64 };

/** @linux include/linux/compat.h `compat_robust_list_head` (6.18) */
const COMPAT: RobustLayout = {
  wordBytes: 4,
  read: (task, at) => {
    const word = getUser32(task, at);
    return word === undefined ? undefined : word >>> 0;
  },
  readSigned: getUser32,
};

/** set_robust_list(2): where the thread keeps the list of locks it holds. */
export function setRobustList(task: Task, head: number, len: number): number {
  if (len !== NATIVE.wordBytes * 3) return -EINVAL;
  task.robustList = head;
  return 0;
}

/** A thread may have one of each kind. @linux kernel/futex/syscalls.c `COMPAT_SYSCALL_DEFINE2(set_robust_list)` (6.18) */
export function setCompatRobustList(task: Task, head: number, len: number): number {
  if (len !== COMPAT.wordBytes * 3) return -EINVAL;
  task.compatRobustList = head;
  return 0;
}

/** get_robust_list(2). @linux kernel/futex/syscalls.c (6.18) */
export function getRobustList(task: Task, pid: number, headPtr: number, lenPtr: number): number {
  const other = robustListOwner(task, pid);
  if (typeof other === "number") return other;
  if (putUser64(task, lenPtr, NATIVE.wordBytes * 3) !== 0) return -EFAULT;
  return putUser64(task, headPtr, other.robustList);
}

/** @linux kernel/futex/syscalls.c `COMPAT_SYSCALL_DEFINE3(get_robust_list)` (6.18) */
export function getCompatRobustList(
  task: Task,
  pid: number,
  headPtr: number,
  lenPtr: number,
): number {
  const other = robustListOwner(task, pid);
  if (typeof other === "number") return other;
  if (putUser32(task, lenPtr, COMPAT.wordBytes * 3) !== 0) return -EFAULT;
  return putUser32(task, headPtr, other.compatRobustList | 0);
}

function robustListOwner(task: Task, pid: number): Task | number {
  const other = pid === 0 ? task : findTaskByVpid(task, pid | 0);
  if (other === undefined) return -ESRCH;
  const isSame =
    task.cred.uid === other.cred.uid &&
    task.cred.uid === other.cred.euid &&
    task.cred.uid === other.cred.suid;
  if (other !== task && !isSame && !capable(task.cred, CAP_SYS_PTRACE)) return -EPERM;
  return other;
}

/**
 * The locks of a thread that ends are marked as left behind, and one waiter of each is woken.
 *
 * @linux kernel/futex/core.c `futex_exit_release`, `exit_robust_list`, `compat_exit_robust_list` (6.18)
 */
export function exitFutexes(task: Task): void {
  if (task.mm !== undefined) {
    if (task.robustList !== 0) walkRobustList(task, task.robustList, NATIVE);
    if (task.compatRobustList !== 0) walkRobustList(task, task.compatRobustList, COMPAT);
  }
  task.robustList = 0;
  task.compatRobustList = 0;
  exitPiStates(task);
}

function walkRobustList(task: Task, head: number, layout: RobustLayout): void {
  const { wordBytes } = layout;
  const first = layout.read(task, head);
  const offset = layout.readSigned(task, head + wordBytes);
  const pending = layout.read(task, head + 2 * wordBytes);
  if (first === undefined || offset === undefined || pending === undefined) return;
  let entry = first;
  for (let n = 0; n < ROBUST_LIST_LIMIT && entry - (entry % 2) !== head; n++) {
    // Bit 0 says that the lock inherits priority.
    const at = entry - (entry % 2);
    const next = layout.read(task, at);
    if (entry !== pending && !handleDeath(task, at + offset, entry % 2 === 1, false)) return;
    if (next === undefined) return;
    entry = next;
  }
  if (pending !== 0) handleDeath(task, pending - (pending % 2) + offset, pending % 2 === 1, true);
}

/** @linux kernel/futex/core.c `handle_futex_death` (6.18) */
function handleDeath(task: Task, addr: number, isPi: boolean, isPending: boolean): boolean {
  if (addr % 4 !== 0) return false;
  const word = getUser32(task, addr);
  if (word === undefined) return false;
  // It had let go of the lock and ended before it could wake the next one.
  if (isPending && !isPi && word === 0) {
    futexWake(task, addr, false, 1, FUTEX_BITSET_MATCH_ANY);
    return true;
  }
  if ((word & FUTEX_TID_MASK) !== task.pidNr()) return true;
  if (putUser32(task, addr, (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) !== 0) return false;
  if (!isPi && (word & FUTEX_WAITERS) !== 0) {
    futexWake(task, addr, false, 1, FUTEX_BITSET_MATCH_ANY);
  }
  return true;
}
