import type { CurrentTask, KernelCodeCall } from "../../api/syscalls.ts";
import { TASK_SIZE_MAX } from "../../mm/mm.ts";

/** A call of one of the kernel's own functions on its way: names and numbers, nothing that could be called. */
export class KernelRequest {
  readonly name: string;
  readonly args: readonly (number | string)[];

  constructor(name: string, args: readonly (number | string)[]) {
    this.name = name;
    this.args = Object.freeze([...args]);
    Object.freeze(this);
  }
}

const SIZES = [1, 2, 4, 8];

/**
 * The kernel's own functions as code that was added to the kernel sees them, each a `yield*`: between two of them
 * other CPUs go on.
 */
export class KernelCode {
  readonly current: CurrentTask;

  constructor(current: CurrentTask) {
    this.current = Object.freeze({ ...current });
    Object.freeze(this);
  }

  copy_from_user(to: number, from: number, n: number): KernelCodeCall {
    return call("copy_from_user", to, from, n);
  }

  copy_to_user(to: number, from: number, n: number): KernelCodeCall {
    return call("copy_to_user", to, from, n);
  }

  clear_user(to: number, n: number): KernelCodeCall {
    return call("clear_user", to, n);
  }

  get_user(from: number, size = 4): KernelCodeCall<number | undefined> {
    return call("get_user", from, sizeOf("get_user", size));
  }

  put_user(value: number, to: number, size = 4): KernelCodeCall {
    return call("put_user", value, to, sizeOf("put_user", size));
  }

  strncpy_from_user(to: number, from: number, count: number): KernelCodeCall {
    return call("strncpy_from_user", to, from, count);
  }

  strnlen_user(from: number, count: number): KernelCodeCall {
    return call("strnlen_user", from, count);
  }

  *access_ok(addr: number, n: number): KernelCodeCall<boolean> {
    return (yield* call<number>("access_ok", addr, n)) === 1;
  }

  kmalloc(size: number): KernelCodeCall {
    return call("kmalloc", size);
  }

  kzalloc(size: number): KernelCodeCall {
    return call("kzalloc", size);
  }

  kmalloc_array(n: number, size: number): KernelCodeCall {
    return call("kmalloc_array", n, size);
  }

  kfree(address: number): KernelCodeCall {
    return call("kfree", address);
  }

  load(address: number, size = 4): KernelCodeCall {
    return call("load", address, sizeOf("load", size));
  }

  store(address: number, value: number, size = 4): KernelCodeCall {
    return call("store", address, value, sizeOf("store", size));
  }

  memcpy(to: number, from: number, n: number): KernelCodeCall {
    return call("memcpy", to, from, n);
  }

  memset(to: number, value: number, n: number): KernelCodeCall {
    return call("memset", to, value, n);
  }

  strscpy(to: number, text: string, size: number): KernelCodeCall {
    return call("strscpy", to, String(text), size);
  }

  strscpy_pad(to: number, text: string, size: number): KernelCodeCall {
    return call("strscpy_pad", to, String(text), size);
  }

  printk(text: string): KernelCodeCall {
    return call("printk", String(text));
  }

  ndelay(ns: number): KernelCodeCall {
    return call("ndelay", ns);
  }

  get TASK_SIZE_MAX(): number {
    return TASK_SIZE_MAX;
  }
}

function* call<T = number>(name: string, ...args: (number | string)[]): KernelCodeCall<T> {
  const plain = args.map((arg) => (typeof arg === "string" ? arg : Number(arg)));
  return (yield new KernelRequest(name, plain)) as T;
}

function sizeOf(name: string, size: number): number {
  if (SIZES.includes(size)) return size;
  throw new TypeError(
    `${name}(): the kernel moves 1, 2, 4 or 8 bytes at once, not ${String(size)}`,
  );
}
