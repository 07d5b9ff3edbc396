import { bugOops, type Oops } from "../../arch/x86/oops.ts";
import { E2BIG, EFAULT } from "../../include/errno.ts";
import { kernelHeap } from "../../mm/slub.ts";
import { getInt64, setInt64 } from "../../mm/uaccess.ts";
import { utf8 } from "../../user/marshal.ts";
import { printk } from "../printk.ts";
import type { Task } from "../task.ts";
import { checkLeak, checkObjectSize, report, touchKernel } from "./kernel-memory.ts";
import { accessOk, moveUser, noteFixup } from "./user-access.ts";

const INT_MAX = 2 ** 31 - 1;
const KERN_INFO = 6;
const CALL_NS = 2;
const NDELAY_MAX = 1e9;

/** What a call of the kernel's own functions answers to the code that made it. */
export type KernelAnswer = number | undefined;

/** One function of the kernel: the task in whose name it runs, and its arguments. */
type KernelCall = (task: Task, symbol: string, ...args: number[]) => KernelAnswer | Oops;

/**
 * What code of the kernel can call, by the names of Linux. `symbol` is the function that calls. The `uaccess:*` events
 * are the simulator's own: Linux has no tracepoints in these functions.
 */
const CALLS: Readonly<Record<string, KernelCall>> = Object.freeze({
  copy_from_user: copyFromUser,
  copy_to_user: copyToUser,
  clear_user: clearUser,
  get_user: getUser,
  put_user: putUser,
  strncpy_from_user: strncpyFromUser,
  strnlen_user: strnlenUser,
  access_ok: (_task, _symbol, addr, n) => (accessOk(addr!, n!) ? 1 : 0),
  kmalloc: (task, _symbol, size) => kmalloc(task, size!, false),
  kzalloc: (task, _symbol, size) => kmalloc(task, size!, true),
  kmalloc_array: (task, _symbol, n, size) => kmalloc(task, n! * size!, false),
  kfree,
  load,
  store,
  memcpy,
  memset,
  ndelay: (task, _symbol, ns) => {
    task.kernel.chargeCurrent(Math.min(Math.max(ns!, 0), NDELAY_MAX));
    return 0;
  },
});

/** Those that take a text. */
const WITH_TEXT = ["printk", "strscpy", "strscpy_pad"];

/** Whether the kernel has a function of that name for `callKernel`. */
export function isKernelCall(name: string): boolean {
  return WITH_TEXT.includes(name) || Object.hasOwn(CALLS, name);
}

/** Calls a function of the kernel for the code of `symbol`. */
export function callKernel(
  task: Task,
  symbol: string,
  name: string,
  args: readonly (number | string)[],
): KernelAnswer | Oops {
  task.kernel.chargeCurrent(CALL_NS);
  if (name === "printk") {
    printk(task.kernel, KERN_INFO, String(args[0]));
    return 0;
  }
  if (name === "strscpy" || name === "strscpy_pad") {
    const [to, text, size] = args;
    return strscpy(task, symbol, Number(to), String(text), Number(size), name === "strscpy_pad");
  }
  const numbers = args.map((arg) => (typeof arg === "number" ? Math.trunc(arg) || 0 : 0));
  const [a = 0, b = 0, c = 0] = numbers;
  return CALLS[name]!(task, symbol, a, b, c);
}

/**
 * Answers how many bytes are missing; those of the destination are zeroed.
 *
 * @linux include/linux/uaccess.h `copy_from_user`, `_inline_copy_from_user` (6.18)
 */
function copyFromUser(task: Task, symbol: string, to = 0, from = 0, n = 0): KernelAnswer | Oops {
  if (n < 0 || n > INT_MAX) return n;
  const bad =
    checkObjectSize(task, to, n, false) ?? touchKernel(task, to, n, true, "_copy_from_user");
  if (bad !== undefined) return bad;
  const bytes = new Uint8Array(n);
  const done = accessOk(from, n)
    ? moveUser(task, from, bytes, false, "_copy_from_user")
    : refused(task, from, n, "_copy_from_user");
  kernelHeap(task.kernel).write(to, bytes);
  const left = n - done;
  task.kernel.tracing.event("uaccess:copy_from_user", { to, from, n, left, caller: symbol });
  return left;
}

/** Answers how many bytes are missing. @linux include/linux/uaccess.h `copy_to_user` (6.18) */
function copyToUser(task: Task, symbol: string, to = 0, from = 0, n = 0): KernelAnswer | Oops {
  if (n < 0 || n > INT_MAX) return n;
  const bad =
    checkObjectSize(task, from, n, true) ?? touchKernel(task, from, n, false, "_copy_to_user");
  if (bad !== undefined) return bad;
  let done = 0;
  if (!accessOk(to, n)) done = refused(task, to, n, "_copy_to_user");
  else {
    checkLeak(task, from, n, "_copy_to_user");
    const bytes = kernelHeap(task.kernel).read(from, n);
    done = moveUser(task, to, bytes, true, "_copy_to_user");
  }
  const left = n - done;
  task.kernel.tracing.event("uaccess:copy_to_user", { to, from, n, left, caller: symbol });
  return left;
}

/** @linux arch/x86/include/asm/uaccess_64.h `clear_user` (6.18) */
function clearUser(task: Task, symbol: string, to = 0, n = 0): KernelAnswer {
  if (n < 0 || n > INT_MAX || !accessOk(to, n)) return n;
  const left = n - moveUser(task, to, new Uint8Array(n), true, "clear_user");
  task.kernel.tracing.event("uaccess:clear_user", { to, n, left, caller: symbol });
  return left;
}

/** The value, unsigned below 8 bytes; undefined where Linux's answers -EFAULT. @linux arch/x86/lib/getuser.S (6.18) */
function getUser(task: Task, symbol: string, from = 0, size = 4): KernelAnswer {
  const bytes = new Uint8Array(size);
  const name = `__get_user_${size}`;
  const isThere = accessOk(from, size)
    ? moveUser(task, from, bytes, false, name) === size
    : refused(task, from, size, name) === size;
  const value = isThere ? numberOf(bytes) : undefined;
  const result = isThere ? { value: value ?? 0, ret: 0 } : { ret: -EFAULT };
  task.kernel.tracing.event("uaccess:get_user", { from, size, ...result, caller: symbol });
  return value;
}

/** 0 or -EFAULT. @linux arch/x86/lib/putuser.S (6.18) */
function putUser(task: Task, symbol: string, value = 0, to = 0, size = 4): KernelAnswer {
  const name = `__put_user_${size}`;
  const isDone = accessOk(to, size)
    ? moveUser(task, to, bytesOf(value, size), true, name) === size
    : refused(task, to, size, name) === size;
  const ret = isDone ? 0 : -EFAULT;
  task.kernel.tracing.event("uaccess:put_user", { to, size, value, ret, caller: symbol });
  return ret;
}

/** The length without NUL, `count` when there is none, or -EFAULT. @linux lib/strncpy_from_user.c (6.18) */
function strncpyFromUser(
  task: Task,
  symbol: string,
  to = 0,
  from = 0,
  count = 0,
): KernelAnswer | Oops {
  if (count <= 0) return 0;
  const bad =
    checkObjectSize(task, to, count, false) ??
    touchKernel(task, to, count, true, "strncpy_from_user");
  if (bad !== undefined) return bad;
  const found = readString(task, from, count, "strncpy_from_user");
  const heap = kernelHeap(task.kernel);
  heap.write(to, found.bytes);
  const ret = found.isFault ? -EFAULT : found.length;
  task.kernel.tracing.event("uaccess:strncpy_from_user", { to, from, count, ret, caller: symbol });
  return ret;
}

/** The length with NUL, more than `count` when there is none, 0 at a fault. @linux lib/strnlen_user.c (6.18) */
function strnlenUser(task: Task, symbol: string, from = 0, count = 0): KernelAnswer {
  if (count <= 0) return 0;
  const found = readString(task, from, count, "strnlen_user");
  const ret = found.isFault ? 0 : found.length + 1;
  task.kernel.tracing.event("uaccess:strnlen_user", { from, count, ret, caller: symbol });
  return ret;
}

const STRING_BYTES_MAX = 1 << 20;

/** What there is of a string up to its NUL (which is among the bytes), a fault, or `count`. */
function readString(task: Task, from: number, count: number, symbol: string) {
  const bytes: number[] = [];
  const max = Math.min(count, STRING_BYTES_MAX);
  for (let at = from; bytes.length < max; ) {
    const step = Math.min(8 - (((at % 8) + 8) % 8), max - bytes.length);
    const piece = new Uint8Array(step);
    const done = accessOk(at, step)
      ? moveUser(task, at, piece, false, symbol)
      : refused(task, at, step, symbol);
    const end = piece.subarray(0, done).indexOf(0);
    for (const byte of piece.subarray(0, end >= 0 ? end + 1 : done)) bytes.push(byte);
    if (end >= 0) {
      return { bytes: Uint8Array.from(bytes), length: bytes.length - 1, isFault: false };
    }
    if (done < step) return { bytes: Uint8Array.from(bytes), length: bytes.length, isFault: true };
    at += step;
  }
  return { bytes: Uint8Array.from(bytes), length: bytes.length, isFault: false };
}

/** Nothing is copied: the address is not the user's. */
function refused(task: Task, address: number, n: number, symbol: string): 0 {
  if (n > 0) noteFixup(task, address, symbol, n);
  return 0;
}

function kmalloc(task: Task, size: number, isZeroed: boolean): number {
  const heap = kernelHeap(task.kernel);
  const address = size < 0 ? 0 : heap.kmalloc(size);
  if (isZeroed && address !== 0 && size > 0) heap.write(address, new Uint8Array(size));
  task.kernel.tracing.event("kmem:kmalloc", {
    ptr: address,
    bytes_req: size,
    bytes_alloc: heap.objectAt(address)?.roomBytes ?? 0,
  });
  return address;
}

/** @linux mm/slub.c `kfree` (6.18) */
function kfree(task: Task, symbol: string, address = 0): KernelAnswer | Oops {
  task.kernel.tracing.event("kmem:kfree", { ptr: address });
  const heap = kernelHeap(task.kernel);
  const object = heap.objectAt(address);
  if (heap.kfree(address)) return 0;
  if (!heap.holds(address, 1)) return bugOops(`kernel BUG at mm/slub.c: kfree in ${symbol}`);
  const isTwice = object?.isFree === true && object.address === address;
  report(task, "kasan", address, [
    `BUG: KASAN: ${isTwice ? "double-free" : "invalid-free"} in ${symbol}`,
  ]);
  return 0;
}

/** `*(type *)address` */
function load(task: Task, symbol: string, address = 0, size = 4): KernelAnswer | Oops {
  const bad = touchKernel(task, address, size, false, symbol);
  return bad ?? numberOf(kernelHeap(task.kernel).read(address, size));
}

/** `*(type *)address = value` */
function store(task: Task, symbol: string, address = 0, value = 0, size = 4): KernelAnswer | Oops {
  const bad = touchKernel(task, address, size, true, symbol);
  if (bad !== undefined) return bad;
  kernelHeap(task.kernel).write(address, bytesOf(value, size));
  return 0;
}

function memcpy(task: Task, symbol: string, to = 0, from = 0, n = 0): KernelAnswer | Oops {
  if (n < 0 || n > INT_MAX) return touchKernel(task, to, INT_MAX, true, symbol);
  const bad = touchKernel(task, from, n, false, symbol) ?? touchKernel(task, to, n, true, symbol);
  if (bad !== undefined) return bad;
  kernelHeap(task.kernel).move(to, from, n);
  return 0;
}

function memset(task: Task, symbol: string, to = 0, value = 0, n = 0): KernelAnswer | Oops {
  if (n < 0 || n > INT_MAX) return touchKernel(task, to, INT_MAX, true, symbol);
  const bad = touchKernel(task, to, n, true, symbol);
  if (bad !== undefined) return bad;
  kernelHeap(task.kernel).write(to, new Uint8Array(n).fill(value));
  return 0;
}

/**
 * Copies a text of the kernel with its NUL: its length, or -E2BIG when it was cut.
 *
 * @linux lib/string.c `sized_strscpy`, include/linux/string.h `strscpy_pad` (6.18)
 */
function strscpy(
  task: Task,
  symbol: string,
  to: number,
  text: string,
  size: number,
  isPadded: boolean,
): KernelAnswer | Oops {
  const source = utf8(text);
  const answer = strscpyAnswer(source.length, size);
  if (!(size > 0)) return answer;
  const length = Math.min(source.length, size - 1);
  const bytes = new Uint8Array(isPadded ? Math.min(size, INT_MAX) : length + 1);
  bytes.set(source.subarray(0, length));
  const bad = touchKernel(task, to, bytes.length, true, symbol);
  if (bad !== undefined) return bad;
  kernelHeap(task.kernel).write(to, bytes);
  return answer;
}

function strscpyAnswer(length: number, size: number): number {
  return size > 0 && length < size ? length : -E2BIG;
}

/** Not `ndelay`: what comes behind it comes later. */
const ANSWER_NOTHING = ["kfree", "store", "memcpy", "memset", "printk"];
/** A longer text is cut on its way to a host. */
export const TEXT_MAX = 1024;

/** What a call answers unless it is an oops, where its arguments alone tell. */
export function onlyAnswer(name: string, args: readonly (number | string)[]): number | undefined {
  if (ANSWER_NOTHING.includes(name)) return 0;
  const [, text, size] = args;
  if (name !== "strscpy" && name !== "strscpy_pad") return undefined;
  if (String(text).length > TEXT_MAX) return undefined;
  return strscpyAnswer(utf8(String(text)).length, Number(size));
}

/** Little-endian; 8 bytes are signed, as everywhere else. */
function numberOf(bytes: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(bytes.buffer);
  if (bytes.length === 8) return getInt64(view, 0);
  if (bytes.length === 4) return view.getUint32(0, true);
  return bytes.length === 2 ? view.getUint16(0, true) : view.getUint8(0);
}

function bytesOf(value: number, size: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(8));
  setInt64(view, 0, value);
  return new Uint8Array(view.buffer).slice(0, size);
}
