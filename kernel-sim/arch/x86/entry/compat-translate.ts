import { EFAULT } from "../../../include/errno.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { finish, isSleeping, type MaySleep, type SysResult } from "../../../kernel/sleep.ts";
import type { SyscallFn } from "../../../kernel/syscall.ts";
import type { Task } from "../../../kernel/task.ts";
import type { Mm } from "../../../mm/mm.ts";
import { copyToUser, getInt64, setInt64, structFromUser } from "../../../mm/uaccess.ts";

/** Calls the system call of 64-bit programs. */
export function call(task: Task, name: string, ...args: readonly number[]): SysResult {
  const [a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0] = args;
  return task.kernel.syscallByName(name)(task, a0, a1, a2, a3, a4, a5);
}

/** What is to be done when a call has its result, which may be later. */
export function andThen(result: SysResult, next: (value: number) => number): SysResult {
  if (!isSleeping(result)) return next(result);
  return (function* () {
    return next(yield* finish(result));
  })();
}

/**
 * Places in the kernel's window where a structure of 64-bit words can lie while a call runs; `translated` gives them
 * back when the call has ended.
 *
 * @linux arch/x86/include/asm/compat.h `arch_compat_alloc_user_space` (up to 5.15)
 * @simplified since 5.16 Linux has both forms of each call side by side; here some structures are translated.
 */
export class Scratch {
  readonly #task: Task;

  constructor(task: Task) {
    this.#task = task;
  }

  take(bytes: number): number {
    const at = this.#task.mm!.window.open(bytes);
    placesOf(this.#task.kernel).add(this.#task, at);
    return at;
  }

  /** Puts words of 64 bits there and answers their address. */
  put(words: readonly number[]): number {
    const view = new DataView(new ArrayBuffer(words.length * 8));
    words.forEach((word, i) => {
      setInt64(view, i * 8, word);
    });
    return this.bytes(view);
  }

  /** Puts a structure there and answers its address. */
  bytes(view: DataView): number {
    const at = this.take(view.byteLength);
    copyToUser(this.#task, at, new Uint8Array(view.buffer));
    return at;
  }
}

/** Which places of the window the calls use that have not ended yet. */
class CompatPlaces {
  readonly #byTask = new Map<Task, { readonly mm: Mm; readonly addresses: number[] }>();

  add(task: Task, address: number): void {
    const known = this.#byTask.get(task);
    if (known === undefined) this.#byTask.set(task, { mm: task.mm!, addresses: [address] });
    else known.addresses.push(address);
  }

  release(task: Task): void {
    const known = this.#byTask.get(task);
    if (known === undefined) return;
    this.#byTask.delete(task);
    for (const address of known.addresses) known.mm.window.close(address);
  }
}

function placesOf(kernel: Kernel): CompatPlaces {
  return kernel.subsystem("compat-places", () => new CompatPlaces());
}

/** A call whose structures go through the window, which is empty of them when it has ended. */
export function translated(fn: SyscallFn): SyscallFn {
  return (task, a0, a1, a2, a3, a4, a5) => {
    const places = placesOf(task.kernel);
    const result = fn(task, a0, a1, a2, a3, a4, a5);
    if (isSleeping(result)) return releasing(places, task, result);
    places.release(task);
    return result;
  };
}

function* releasing(places: CompatPlaces, task: Task, rest: MaySleep<number>): MaySleep<number> {
  try {
    return yield* rest;
  } finally {
    places.release(task);
  }
}

/** `count` signed words of 32 bits of user memory; undefined at a fault. */
export function words32(task: Task, at: number, count: number): number[] | undefined {
  const view = structFromUser(task, at, count * 4);
  if (typeof view === "number") return undefined;
  return Array.from({ length: count }, (_, i) => view.getInt32(i * 4, true));
}

/** Puts words of 32 bits: 0 or -EFAULT. */
export function putWords32(task: Task, at: number, words: readonly number[]): number {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  words.forEach((word, i) => {
    view.setInt32(i * 4, word, true);
  });
  return copyToUser(task, at, new Uint8Array(view.buffer));
}

/** Takes `count` words of 64 bits from one place and puts them as words of 32 bits to another. */
export function narrow(task: Task, from: number, to: number, count: number): number {
  const view = structFromUser(task, from, count * 8);
  if (typeof view === "number") return -EFAULT;
  return putWords32(
    task,
    to,
    Array.from({ length: count }, (_, i) => getInt64(view, i * 8) | 0),
  );
}

/** The address of the words of 32 bits at `at` as words of 64 bits: 0 for none, -EFAULT at a fault. */
export function widen(task: Task, scratch: Scratch, at: number, count: number): number {
  if (at === 0) return 0;
  const words = words32(task, at, count);
  return words === undefined ? -EFAULT : scratch.put(words);
}

/** The same for a call that looks at something else first: at a fault the address itself, which it cannot read either. */
export function widenOrFault(task: Task, scratch: Scratch, at: number, count: number): number {
  const words = words32(task, at, count);
  return words === undefined ? at : scratch.put(words);
}

/** Two words as one number. */
export function long(low: number, high: number): number {
  return (high | 0) * 2 ** 32 + (low >>> 0);
}
