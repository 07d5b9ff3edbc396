import { E2BIG, EFAULT, EINVAL } from "../../include/errno.ts";
import {
  copyFromUser,
  copyToUser,
  getInt64,
  getUser32,
  putUser32,
  setInt64,
} from "../../mm/uaccess.ts";
import { clampNice } from "../priority.ts";
import type { Task } from "../task.ts";

/**
 * What sched_setattr asks for. Times in ns.
 *
 * @linux include/uapi/linux/sched/types.h `struct sched_attr` (6.18)
 */
export interface SchedAttr {
  /** SETPARAM_POLICY: the policy stays. */
  readonly policy: number;
  /** SCHED_FLAG_… */
  readonly flags: number;
  readonly nice: number;
  readonly priority: number;
  readonly runtime: number;
  readonly deadline: number;
  readonly period: number;
}

export const SCHED_FLAG_RESET_ON_FORK = 0x1;
export const SCHED_FLAG_KEEP_POLICY = 0x8;
export const SCHED_FLAG_KEEP_PARAMS = 0x10;
export const SCHED_FLAG_UTIL_CLAMP = 0x60;
export const SCHED_FLAG_ALL = 0x7f;
/** SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN. */
export const SCHED_DL_FLAGS = 0x6;

const SCHED_ATTR_SIZE_VER0 = 48;
const SCHED_ATTR_SIZE_VER1 = 56;
const PAGE_SIZE = 4096;

/**
 * Reads the structure of a program that may know fewer or more fields than the kernel: what it does not know
 * is 0, what the kernel does not know must be. -E2BIG and the kernel's size written there otherwise.
 *
 * @linux kernel/sched/syscalls.c `sched_copy_attr` (6.18)
 */
export function schedCopyAttr(task: Task, at: number): SchedAttr | number {
  const given = getUser32(task, at);
  if (given === undefined) return -EFAULT;
  const size = given === 0 ? SCHED_ATTR_SIZE_VER0 : given >>> 0;
  if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE) return tooBig(task, at);
  const bytes = copyFromUser(task, at, size);
  if (typeof bytes === "number") return bytes;
  if (bytes.subarray(SCHED_ATTR_SIZE_VER1).some((byte) => byte !== 0)) return tooBig(task, at);
  const view = new DataView(bytes.buffer);
  const flagsHigh = view.getUint32(12, true);
  // Bits of the upper half are none that exist.
  const flags = flagsHigh === 0 ? view.getUint32(8, true) : 2 ** 32;
  if ((view.getUint32(8, true) & SCHED_FLAG_UTIL_CLAMP) !== 0 && size < SCHED_ATTR_SIZE_VER1) {
    return -EINVAL;
  }
  return {
    policy: view.getInt32(4, true),
    flags,
    nice: clampNice(view.getInt32(16, true)),
    priority: view.getUint32(20, true),
    runtime: getInt64(view, 24),
    deadline: getInt64(view, 32),
    period: getInt64(view, 40),
  };
}

/** Writes as much of the structure as the program has room for. */
export function schedPutAttr(task: Task, at: number, size: number, attr: SchedAttr): number {
  const view = new DataView(new ArrayBuffer(Math.max(size, SCHED_ATTR_SIZE_VER1)));
  view.setUint32(0, Math.min(size, SCHED_ATTR_SIZE_VER1), true);
  view.setUint32(4, attr.policy, true);
  view.setUint32(8, attr.flags, true);
  view.setInt32(16, attr.nice, true);
  view.setUint32(20, attr.priority, true);
  setInt64(view, 24, attr.runtime);
  setInt64(view, 32, attr.deadline);
  setInt64(view, 40, attr.period);
  return copyToUser(task, at, new Uint8Array(view.buffer, 0, size));
}

/** Whether `size` is one that sched_getattr answers. */
export function isAttrSize(size: number): boolean {
  return size >= SCHED_ATTR_SIZE_VER0 && size <= PAGE_SIZE;
}

function tooBig(task: Task, at: number): number {
  putUser32(task, at, SCHED_ATTR_SIZE_VER1);
  return -E2BIG;
}
