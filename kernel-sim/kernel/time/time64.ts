import { EFAULT, EINVAL } from "../../include/errno.ts";
import { copyToUser, getInt64, setInt64, structFromUser } from "../../mm/uaccess.ts";
import type { Task } from "../task.ts";

export const NSEC_PER_SEC = 1e9;
export const NSEC_PER_USEC = 1000;
/** The largest time in ns, 2^63 - 1 as the number nearest to it: no timer gets there. */
export const KTIME_MAX = 2 ** 63;
/** `TICK_NSEC` with CONFIG_HZ=250. */
export const TICK_NS = 4_000_000;

/** A time in two numbers: seconds alone or ns alone would not be exact. */
export interface Timespec64 {
  readonly sec: number;
  readonly nsec: number;
}

/** A period and the time to the next end: `struct itimerspec64`, in ns. */
export interface Itimerspec {
  readonly intervalNs: number;
  readonly valueNs: number;
}

/** @linux include/linux/time64.h `timespec64_valid` (6.18) */
export function isValidTimespec({ sec, nsec }: Timespec64): boolean {
  return sec >= 0 && nsec >= 0 && nsec < NSEC_PER_SEC;
}

/** A time in ns; beyond 2^63 it is KTIME_MAX (`timespec64_to_ktime`). */
export function timespecToNs({ sec, nsec }: Timespec64): number {
  return Math.min(sec * NSEC_PER_SEC + nsec, KTIME_MAX);
}

export function nsToTimespec(ns: number): Timespec64 {
  const sec = Math.floor(ns / NSEC_PER_SEC);
  return { sec, nsec: ns - sec * NSEC_PER_SEC };
}

/** The sum, with ns from 0 to a second. */
export function addNs({ sec, nsec }: Timespec64, ns: number): Timespec64 {
  const more = Math.floor(ns / NSEC_PER_SEC);
  const sum = nsec + (ns - more * NSEC_PER_SEC);
  const carry = Math.floor(sum / NSEC_PER_SEC);
  return { sec: sec + more + carry, nsec: sum - carry * NSEC_PER_SEC };
}

/** `struct timespec` of user memory; undefined at a fault. @linux kernel/time/time.c `get_timespec64` (6.18) */
export function getTimespec64(task: Task, addr: number): Timespec64 | undefined {
  const view = structFromUser(task, addr, 16);
  if (typeof view === "number") return undefined;
  return { sec: getInt64(view, 0), nsec: getInt64(view, 8) };
}

/** A valid time of user memory in ns, -EFAULT or -EINVAL. */
export function getTimespecNs(task: Task, addr: number): number {
  const time = getTimespec64(task, addr);
  if (time === undefined) return -EFAULT;
  return isValidTimespec(time) ? timespecToNs(time) : -EINVAL;
}

/** 0 or -EFAULT. @linux kernel/time/time.c `put_timespec64` (6.18) */
export function putTimespec64(task: Task, { sec, nsec }: Timespec64, addr: number): number {
  const view = new DataView(new ArrayBuffer(16));
  setInt64(view, 0, sec);
  setInt64(view, 8, nsec);
  return copyToUser(task, addr, new Uint8Array(view.buffer));
}

/** The two words of 32 bits of a 32-bit program: 0 or -EFAULT. @linux kernel/time/time.c `put_old_timespec32` (6.18) */
export function putOldTimespec32(task: Task, { sec, nsec }: Timespec64, addr: number): number {
  return copyToUser(task, addr, new Uint8Array(Int32Array.of(sec | 0, nsec | 0).buffer));
}

/**
 * `struct itimerspec` of user memory: undefined at a fault, "invalid" when a time in it is none.
 *
 * @linux kernel/time/time.c `get_itimerspec64`, include/linux/time64.h `itimerspec64_valid` (6.18)
 */
export function getItimerspec(task: Task, addr: number): Itimerspec | "invalid" | undefined {
  const interval = getTimespec64(task, addr);
  const value = getTimespec64(task, addr + 16);
  if (interval === undefined || value === undefined) return undefined;
  if (!isValidTimespec(interval) || !isValidTimespec(value)) return "invalid";
  return { intervalNs: timespecToNs(interval), valueNs: timespecToNs(value) };
}

/** 0 or -EFAULT. @linux kernel/time/time.c `put_itimerspec64` (6.18) */
export function putItimerspec(
  task: Task,
  { intervalNs, valueNs }: Itimerspec,
  addr: number,
): number {
  const error = putTimespec64(task, nsToTimespec(intervalNs), addr);
  return error < 0 ? error : putTimespec64(task, nsToTimespec(valueNs), addr + 16);
}
