import { EFAULT, EINVAL, ENOSYS } from "../../include/errno.ts";
import {
  FUTEX_BITSET_MATCH_ANY,
  FUTEX_CLOCK_REALTIME,
  FUTEX_CMP_REQUEUE,
  FUTEX_CMP_REQUEUE_PI,
  FUTEX_LOCK_PI,
  FUTEX_LOCK_PI2,
  FUTEX_PRIVATE_FLAG,
  FUTEX_REQUEUE,
  FUTEX_TRYLOCK_PI,
  FUTEX_UNLOCK_PI,
  FUTEX_WAIT,
  FUTEX_WAIT_BITSET,
  FUTEX_WAIT_REQUEUE_PI,
  FUTEX_WAKE,
  FUTEX_WAKE_BITSET,
  FUTEX_WAKE_OP,
} from "../../include/uapi/futex.ts";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../../include/uapi/time.ts";
import { getInt64, structFromUser } from "../../mm/uaccess.ts";
import type { SysResult } from "../sleep.ts";
import type { SyscallTable } from "../syscall.ts";
import type { Task } from "../task.ts";
import { getTimespecNs } from "../time/time64.ts";
import { futexLockPi, futexUnlockPi } from "./pi.ts";
import { futexRequeue } from "./requeue.ts";
import { futexCmpRequeuePi, futexWaitRequeuePi } from "./requeue-pi.ts";
import { getRobustList, setRobustList } from "./robust.ts";
import {
  type FutexWord,
  futexWait,
  futexWaitMultiple,
  futexWake,
  futexWakeOp,
} from "./waitwake.ts";

const WAITV_MAX = 128;
const WAITV_BYTES = 24;
/** Flags of the newer calls: size of the word, and whether it is private. */
const FUTEX2_SIZE_U32 = 2;
const FUTEX2_SIZE_MASK = 3;
const FUTEX2_PRIVATE = FUTEX_PRIVATE_FLAG;

/**
 * futex(2) and its relatives.
 *
 * @linux kernel/futex/syscalls.c (6.18)
 */
export const futexSyscalls: SyscallTable = {
  futex: sysFutex,
  futex_waitv: sysFutexWaitv,
  futex_wake: (task, addr, mask, nr, flags) =>
    checkFutex2(flags, mask) ??
    futexWake(task, addr, (flags & FUTEX2_PRIVATE) !== 0, nr | 0, mask | 0, true),
  futex_wait: sysFutexWait,
  futex_requeue: sysFutexRequeue,
  set_robust_list: setRobustList,
  get_robust_list: getRobustList,
};

function sysFutex(
  task: Task,
  addr: number,
  rawOp: number,
  value: number,
  timePtr: number,
  addr2: number,
  value3: number,
): SysResult {
  const op = rawOp | 0;
  const command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  const end = timeout(task, command, op, timePtr);
  if (end < 0) return end;
  const isPrivate = (op & FUTEX_PRIVATE_FLAG) !== 0;
  const onRealtime = [FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_LOCK_PI2];
  if ((op & FUTEX_CLOCK_REALTIME) !== 0 && !onRealtime.includes(command)) return -ENOSYS;
  // For these the fourth argument is a number.
  const value2 = timePtr | 0;
  switch (command) {
    case FUTEX_WAIT:
      return futexWait(task, addr, isPrivate, value, end, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAIT_BITSET:
      return futexWait(task, addr, isPrivate, value, end, value3 | 0);
    case FUTEX_WAKE:
      return futexWake(task, addr, isPrivate, value | 0, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
      return futexWake(task, addr, isPrivate, value | 0, value3 | 0);
    case FUTEX_REQUEUE:
      return futexRequeue(task, addr, addr2, isPrivate, value | 0, value2, undefined);
    case FUTEX_CMP_REQUEUE:
      return futexRequeue(task, addr, addr2, isPrivate, value | 0, value2, value3);
    case FUTEX_WAKE_OP:
      return futexWakeOp(task, addr, isPrivate, addr2, value | 0, value2, value3 | 0);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return futexLockPi(task, addr, isPrivate, end, false);
    case FUTEX_WAIT_REQUEUE_PI:
      return futexWaitRequeuePi(
        task,
        addr,
        isPrivate,
        value,
        end,
        FUTEX_BITSET_MATCH_ANY | 0,
        addr2,
      );
    case FUTEX_CMP_REQUEUE_PI:
      return futexCmpRequeuePi(task, addr, addr2, isPrivate, value | 0, value2, value3);
    case FUTEX_TRYLOCK_PI:
      return futexLockPi(task, addr, isPrivate, 0, true);
    case FUTEX_UNLOCK_PI:
      return futexUnlockPi(task, addr, isPrivate);
    default:
      return -ENOSYS;
  }
}

/** When a call that waits gives up, in ns since boot; Infinity without a time. @linux `futex_init_timeout` */
function timeout(task: Task, command: number, op: number, ptr: number): number {
  const waits =
    command === FUTEX_WAIT ||
    command === FUTEX_LOCK_PI ||
    command === FUTEX_LOCK_PI2 ||
    command === FUTEX_WAIT_BITSET ||
    command === FUTEX_WAIT_REQUEUE_PI;
  if (!waits || ptr === 0) return Infinity;
  const time = getTimespecNs(task, ptr);
  if (time < 0) return time;
  if (command === FUTEX_WAIT) return task.kernel.now() + time;
  const isRealtime = command === FUTEX_LOCK_PI || (op & FUTEX_CLOCK_REALTIME) !== 0;
  return Math.max(0, isRealtime ? time - task.kernel.wallClockBootNs : time);
}

/** When a newer call gives up: its time is absolute, of one of two clocks. */
function absoluteEnd(task: Task, ptr: number, clock: number): number {
  if (ptr === 0) return Infinity;
  if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) return -EINVAL;
  const time = getTimespecNs(task, ptr);
  if (time < 0) return time;
  return Math.max(0, clock === CLOCK_REALTIME ? time - task.kernel.wallClockBootNs : time);
}

function checkFutex2(flags: number, mask: number): number | undefined {
  if ((flags & ~(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE)) !== 0) return -EINVAL;
  if ((flags & FUTEX2_SIZE_MASK) !== FUTEX2_SIZE_U32) return -EINVAL;
  return mask < 0 || mask > FUTEX_BITSET_MATCH_ANY ? -EINVAL : undefined;
}

function sysFutexWait(
  task: Task,
  addr: number,
  value: number,
  mask: number,
  flags: number,
  timePtr: number,
  clock: number,
): SysResult {
  const refused = checkFutex2(flags, mask);
  if (refused !== undefined) return refused;
  const end = absoluteEnd(task, timePtr, clock);
  if (end < 0) return end;
  return futexWait(task, addr, (flags & FUTEX2_PRIVATE) !== 0, value, end, mask | 0);
}

/** @linux kernel/futex/syscalls.c `futex_waitv` (6.18) */
function sysFutexWaitv(
  task: Task,
  waiters: number,
  nr: number,
  flags: number,
  timePtr: number,
  clock: number,
): SysResult {
  const count = nr >>> 0;
  if (flags >>> 0 !== 0 || count === 0 || count > WAITV_MAX || waiters === 0) return -EINVAL;
  const end = absoluteEnd(task, timePtr, clock);
  if (end < 0) return end;
  const words = parseWaitv(task, waiters, count);
  if (typeof words === "number") return words;
  return futexWaitMultiple(task, words, end);
}

/** An array of `struct futex_waitv`, or a negative errno. @linux kernel/futex/syscalls.c `futex_parse_waitv` (6.18) */
function parseWaitv(task: Task, waiters: number, count: number): FutexWord[] | number {
  const view = structFromUser(task, waiters, count * WAITV_BYTES);
  if (typeof view === "number") return -EFAULT;
  const words: FutexWord[] = [];
  for (let at = 0; at < view.byteLength; at += WAITV_BYTES) {
    const wordFlags = view.getUint32(at + 16, true);
    if (checkFutex2(wordFlags, 0) !== undefined || view.getUint32(at + 20, true) !== 0) {
      return -EINVAL;
    }
    words.push({
      addr: getInt64(view, at + 8),
      value: getInt64(view, at),
      isPrivate: (wordFlags & FUTEX2_PRIVATE) !== 0,
    });
  }
  return words;
}

/** From the first of two words to the second one. @linux kernel/futex/syscalls.c `futex_requeue` (6.18) */
function sysFutexRequeue(
  task: Task,
  waiters: number,
  flags: number,
  nrWake: number,
  nrRequeue: number,
): number {
  if (flags >>> 0 !== 0 || waiters === 0) return -EINVAL;
  const words = parseWaitv(task, waiters, 2);
  if (typeof words === "number") return words;
  const [from, to] = words;
  if (from === undefined || to === undefined || from.isPrivate !== to.isPrivate) return -EINVAL;
  const { addr, isPrivate, value } = from;
  return futexRequeue(task, addr, to.addr, isPrivate, nrWake | 0, nrRequeue | 0, value);
}
