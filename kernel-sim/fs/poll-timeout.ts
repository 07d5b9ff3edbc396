import { EFAULT, EINTR, EINVAL, ERESTARTNOHAND } from "../include/errno.ts";
import { restoreSavedSigmaskUnless, setSavedSigmask } from "../kernel/signal-mask.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser, getInt64, setInt64, structFromUser } from "../mm/uaccess.ts";

const NSEC_PER_SEC = 1e9;
/** The last time that there is, 292 years after boot: no timer gets there. */
const KTIME_MAX = 2 ** 63;

/** When a wait ends: ns since boot; 0: it does not wait at all; Infinity: never. */
export type EndTime = number;

/** The end of a wait of `sec` and `nsec` from now; undefined when they are no valid time. @linux fs/select.c `poll_select_set_timeout` (6.18) */
export function pollSelectSetTimeout(task: Task, sec: number, nsec: number): EndTime | undefined {
  if (sec < 0 || nsec < 0 || nsec >= NSEC_PER_SEC) return undefined;
  if (sec === 0 && nsec === 0) return 0;
  const end = task.kernel.now() + sec * NSEC_PER_SEC + nsec;
  return end >= KTIME_MAX ? Infinity : end;
}

/** The end that a `struct timespec` at `addr` asks for, or a negative errno; no structure: never. */
export function endTimeFromTimespec(task: Task, addr: number): EndTime {
  if (addr === 0) return Infinity;
  const view = structFromUser(task, addr, 16);
  if (typeof view === "number") return -EFAULT;
  return pollSelectSetTimeout(task, getInt64(view, 0), getInt64(view, 8)) ?? -EINVAL;
}

/** The same for a `struct timeval`. */
export function endTimeFromTimeval(task: Task, addr: number): EndTime {
  if (addr === 0) return Infinity;
  const view = structFromUser(task, addr, 16);
  if (typeof view === "number") return -EFAULT;
  const usec = getInt64(view, 8);
  const sec = getInt64(view, 0) + Math.trunc(usec / 1e6);
  return pollSelectSetTimeout(task, sec, (usec % 1e6) * 1000) ?? -EINVAL;
}

/**
 * The signal mask at `addr` for the time of one call; no address: it stays. 0 or a negative errno.
 *
 * @linux kernel/signal.c `set_user_sigmask` (6.18)
 */
export function setUserSigmask(task: Task, addr: number, sigsetsize: number): number {
  if (addr === 0) return 0;
  if (sigsetsize !== 8) return -EINVAL;
  const view = structFromUser(task, addr, 8);
  if (typeof view === "number") return view;
  setSavedSigmask(task, view.getBigUint64(0, true));
  return 0;
}

/**
 * The end of a call: the signal mask as it was, unless a handler has to run first, and the time that was
 * left written back to `addr` in units of `unitNs` (0: no structure was given).
 *
 * @linux fs/select.c `poll_select_finish` (6.18)
 */
export function pollSelectFinish(
  task: Task,
  end: EndTime,
  addr: number,
  unitNs: 1 | 1000,
  result: number,
): number {
  restoreSavedSigmaskUnless(task, result === -ERESTARTNOHAND);
  // A zero time-out is not written.
  if (addr === 0 || end === 0) return result;
  const left = Math.max(0, end - task.kernel.now());
  const view = new DataView(new ArrayBuffer(16));
  setInt64(view, 0, Math.floor(left / NSEC_PER_SEC));
  setInt64(view, 8, Math.floor((left % NSEC_PER_SEC) / unitNs));
  // Read-only memory is no error; but the call cannot be made again with the rest of the time.
  if (copyToUser(task, addr, new Uint8Array(view.buffer)) === 0) return result;
  return result === -ERESTARTNOHAND ? -EINTR : result;
}
