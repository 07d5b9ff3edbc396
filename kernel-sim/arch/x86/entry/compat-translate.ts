import { EFAULT } from "../../../include/errno.ts";
import { finish, isSleeping, type SysResult } from "../../../kernel/sleep.ts";
import type { Task } from "../../../kernel/task.ts";
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
 * Places below the program's stack pointer, where a structure of 64-bit words can lie while a call runs: i386
 * programs keep nothing there.
 *
 * @linux arch/x86/include/asm/compat.h `arch_compat_alloc_user_space` (up to 5.15)
 * @simplified Linux has the two forms of a call side by side since 5.16. Here the structure is translated: a
 * program whose stack cannot be written sees EFAULT, and one that looks below its stack sees what lies there.
 */
export class Scratch {
  readonly #task: Task;
  #top: number;

  constructor(task: Task) {
    this.#task = task;
    this.#top = task.regs.sp;
  }

  take(bytes: number): number {
    this.#top = Math.floor((this.#top - bytes) / 16) * 16;
    return this.#top;
  }

  /** Puts words of 64 bits there: their address, or -EFAULT. */
  put(words: readonly number[]): number {
    const view = new DataView(new ArrayBuffer(words.length * 8));
    words.forEach((word, i) => {
      setInt64(view, i * 8, word);
    });
    const at = this.take(view.byteLength);
    return copyToUser(this.#task, at, new Uint8Array(view.buffer)) === 0 ? at : -EFAULT;
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
