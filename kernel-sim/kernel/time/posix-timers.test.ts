import { beforeEach, expect, test } from "vitest";
import { SIGALRM } from "../../include/uapi/signal.ts";
import { CLOCK_MONOTONIC, CLOCK_REALTIME, TIMER_ABSTIME } from "../../include/uapi/time.ts";
import { BARE_MEMORY, bareTask } from "../../init/bare-task.ts";
import { getInt64, setInt64 } from "../../mm/uaccess.ts";
import { dequeueSignal } from "../signal-dequeue.ts";
import type { Task } from "../task.ts";
import { timeSyscalls } from "./syscalls.ts";

let task: Task;

beforeEach(() => {
  task = bareTask();
  task.sighand.action[SIGALRM - 1] = { handler: 0x1000, flags: 0, restorer: 0, mask: 0n };
});

function call(name: string, ...args: readonly number[]): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  return timeSyscalls[name]!(task, a, b, c, d, e, f) as number;
}

const AT = BARE_MEMORY;
const OUT = BARE_MEMORY + 0x100;

function putWords(addr: number, ...words: readonly number[]): number {
  const view = new DataView(new ArrayBuffer(words.length * 8));
  for (const [i, word] of words.entries()) setInt64(view, i * 8, word);
  task.mm!.copyToUser(addr, new Uint8Array(view.buffer));
  return addr;
}

function words(addr: number, n: number): number[] {
  const bytes = new Uint8Array(n * 8);
  task.mm!.copyFromUser(addr, bytes);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: n }, (_, i) => getInt64(view, i * 8));
}

/** The machine's time moves only when something happens. */
function runUntil(ns: number): void {
  task.kernel.startTimer(ns, () => {});
  task.kernel.run(ns);
}

function take() {
  return dequeueSignal(task, 0n);
}

test("a periodic timer sends one signal and counts what it missed until that is taken", () => {
  expect(call("timer_create", CLOCK_MONOTONIC, 0, OUT)).toBe(0);
  call("timer_settime", 0, 0, putWords(AT, 0, 1e6, 0, 1e6));
  runUntil(10.5e6);
  expect(take()).toMatchObject({ signo: SIGALRM, timerId: 0, overrun: 9 });
  expect(take()).toBeUndefined();
  expect(call("timer_getoverrun", 0)).toBe(9);
  runUntil(11.5e6);
  expect(take()).toMatchObject({ overrun: 0 });
});

test("a signal that waits is gone when its timer is set anew or deleted", () => {
  for (const id of [0, 1]) {
    call("timer_create", CLOCK_MONOTONIC, 0, OUT);
    call("timer_settime", id, 0, putWords(AT, 0, 0, 0, 1e6));
  }
  runUntil(2e6);
  call("timer_settime", 0, 0, putWords(AT, 0, 0, 0, 0));
  call("timer_delete", 1);
  expect(take()).toBeUndefined();
});

test("who sets the time of day moves what ends at a time of day, and nothing else", () => {
  call("clock_gettime", CLOCK_REALTIME, OUT);
  const [boot = 0] = words(OUT, 1);
  for (const clock of [CLOCK_REALTIME, CLOCK_MONOTONIC]) call("timer_create", clock, 0, OUT);
  call("timer_settime", 0, TIMER_ABSTIME, putWords(AT, 0, 0, boot + 100, 0));
  call("timer_settime", 1, 0, putWords(AT, 0, 0, 100, 0));
  expect(call("clock_settime", CLOCK_REALTIME, putWords(AT, boot + 60, 5))).toBe(0);
  call("timer_gettime", 0, OUT);
  expect(words(OUT, 4)).toEqual([0, 0, 39, 999_999_995]);
  call("timer_gettime", 1, OUT);
  expect(words(OUT, 4)).toEqual([0, 0, 100, 0]);
});

test("an interval timer runs on when its signal has been taken", () => {
  call("setitimer", 0, putWords(AT, 0, 1000, 0, 1500));
  call("getitimer", 0, OUT);
  expect(words(OUT, 4)).toEqual([0, 1000, 0, 1500]);
  runUntil(5e6);
  expect(take()).toMatchObject({ signo: SIGALRM });
  expect(task.signal.realTimer!.isActive).toBe(true);
  expect(take()).toBeUndefined();
});

test.each([
  { set: 100, later: 0.4, answer: 100 },
  { set: 100, later: 0.6, answer: 99 },
  { set: 1, later: 0.9, answer: 1 },
])(
  "alarm answers whole seconds, but never 0 for one that is set: $set s, $later s later",
  ({ set, later, answer }) => {
    call("alarm", set);
    task.kernel.startTimer(later * 1e9, () => {});
    task.kernel.run(later * 1e9);
    expect(call("alarm", 0)).toBe(answer);
  },
);
