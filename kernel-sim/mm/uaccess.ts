import type { ByteString } from "../fs/fs.ts";
import { EFAULT, ENAMETOOLONG, ENOENT } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";

/*
 * What system calls use to read and write the memory of their caller: `-EFAULT` when a byte is missing.
 * @linux include/linux/uaccess.h, lib/strncpy_from_user.c (6.18)
 */

const PATH_MAX = 4096;

/** `n` bytes at `addr`, or -EFAULT. */
export function copyFromUser(task: Task, addr: number, n: number): Uint8Array | number {
  const bytes = new Uint8Array(n);
  if (n === 0) return bytes;
  return task.mm !== undefined && task.mm.copyFromUser(addr, bytes) === n ? bytes : -EFAULT;
}

/** 0 or -EFAULT; what lies before the fault is written. */
export function copyToUser(task: Task, addr: number, bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  return task.mm !== undefined && task.mm.copyToUser(addr, bytes) === bytes.length ? 0 : -EFAULT;
}

/** A view on `n` bytes at `addr` for reading a structure, or -EFAULT. */
export function structFromUser(task: Task, addr: number, n: number): DataView | number {
  const bytes = copyFromUser(task, addr, n);
  return typeof bytes === "number" ? bytes : new DataView(bytes.buffer);
}

/** A 32-bit signed number of user memory, or undefined at a fault. */
export function getUser32(task: Task, addr: number): number | undefined {
  const { mm } = task;
  return mm?.loadWord(addr, 4) === true ? mm.word.getInt32(0, true) : undefined;
}

/** A 64-bit signed number of user memory (exact to 2^53), or undefined at a fault. */
export function getUser64(task: Task, addr: number): number | undefined {
  const { mm } = task;
  return mm?.loadWord(addr, 8) === true ? getInt64(mm.word, 0) : undefined;
}

/** 0 or -EFAULT. */
export function putUser32(task: Task, addr: number, value: number): number {
  const { mm } = task;
  if (mm === undefined) return -EFAULT;
  mm.word.setInt32(0, value, true);
  return mm.storeWord(addr, 4) ? 0 : -EFAULT;
}

/** 0 or -EFAULT. */
export function putUser64(task: Task, addr: number, value: number): number {
  const { mm } = task;
  if (mm === undefined) return -EFAULT;
  setInt64(mm.word, 0, value);
  return mm.storeWord(addr, 8) ? 0 : -EFAULT;
}

/** A signed 64-bit field as a number; beyond 2^53 the nearest double. */
export function getInt64(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

/** Writes a number as 64 bits, two's complement; 2^63 and more (LLONG_MAX, ULONG_MAX rounded up) saturate. */
export function setInt64(view: DataView, at: number, value: number): void {
  if (value >= 2 ** 63) {
    view.setUint32(at, 0xffffffff, true);
    view.setUint32(at + 4, value >= 2 ** 64 ? 0xffffffff : 0x7fffffff, true);
    return;
  }
  view.setUint32(at, value >>> 0, true);
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
}

/**
 * A string that ends with NUL within `max` bytes, without the NUL; undefined when there is none there,
 * -EFAULT at a fault.
 */
export function strncpyFromUser(
  task: Task,
  addr: number,
  max: number,
): ByteString | undefined | number {
  if (task.mm === undefined) return -EFAULT;
  let text = "";
  let at = addr;
  const chunk = new Uint8Array(256);
  while (at - addr < max) {
    const piece = chunk.subarray(0, Math.min(256 - (at % 256), max - (at - addr)));
    const copied = task.mm.copyFromUser(at, piece);
    const end = piece.subarray(0, copied).indexOf(0);
    text += String.fromCharCode(...piece.subarray(0, end >= 0 ? end : copied));
    if (end >= 0) return text;
    if (copied < piece.length) return -EFAULT;
    at += copied;
  }
  return undefined;
}

/** A path name: -ENOENT when empty (unless allowed), -ENAMETOOLONG, -EFAULT. @linux fs/namei.c `getname_flags` */
export function getname(task: Task, addr: number, mayBeEmpty = false): ByteString | number {
  const name = strncpyFromUser(task, addr, PATH_MAX);
  if (name === undefined) return -ENAMETOOLONG;
  if (name === "" && !mayBeEmpty) return -ENOENT;
  return name;
}
