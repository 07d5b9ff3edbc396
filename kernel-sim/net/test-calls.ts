import { BARE_MEMORY } from "../init/bare-task.ts";
import { isSleeping } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { copyFromUser, copyToUser, getUser32 } from "../mm/uaccess.ts";
import { socketSyscalls } from "./socket-syscalls.ts";

/** Where tests put buffers; results go to `OUT`. */
export const IN = BARE_MEMORY;
export const OUT = BARE_MEMORY + 0x8000;

/** Makes a socket call that must not sleep; answers its result or "asleep". */
export function call(task: Task, name: string, ...args: number[]): number | "asleep" {
  const [a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0] = args;
  const result = socketSyscalls[name]!(task, a0, a1, a2, a3, a4, a5);
  if (!isSleeping(result)) return result;
  const step = result.next();
  return step.done === true ? step.value : "asleep";
}

/** Sends `text` without waiting. */
export function send(task: Task, fd: number, text: string, flags = 0): number | "asleep" {
  copyToUser(
    task,
    IN,
    Uint8Array.from(text, (char) => char.charCodeAt(0)),
  );
  return call(task, "sendto", fd, IN, text.length, flags | 0x40);
}

/** Receives at most `n` bytes without waiting: the text, or the negative errno. */
export function recv(task: Task, fd: number, n: number, flags = 0): string | number {
  const got = call(task, "recvfrom", fd, OUT, n, flags | 0x40);
  if (typeof got !== "number" || got < 0) return got as number;
  return String.fromCharCode(...(copyFromUser(task, OUT, Math.min(got, n)) as Uint8Array));
}

/** Both ends of a socketpair. */
export function socketpair(task: Task, type: number): [number, number] {
  call(task, "socketpair", 1, type, 0, OUT);
  return [getUser32(task, OUT)!, getUser32(task, OUT + 4)!];
}
