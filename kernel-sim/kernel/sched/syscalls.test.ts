import { expect, test } from "vitest";
import { E2BIG, EACCES, EBUSY, EINVAL, EPERM, ESRCH } from "../../include/errno.ts";
import { BARE_MEMORY, bareTask } from "../../init/bare-task.ts";
import { copyFromUser, copyToUser, getUser32 } from "../../mm/uaccess.ts";
import { sysSetuid } from "../setuid.ts";
import type { Task } from "../task.ts";
import { schedSyscalls } from "./syscalls.ts";

const AT = BARE_MEMORY;

function call(task: Task, name: string, ...args: number[]): unknown {
  const [a0 = 0, a1 = 0, a2 = 0, a3 = 0] = args;
  return schedSyscalls[name]!(task, a0, a1, a2, a3, 0, 0);
}

interface Attr {
  readonly policy: number;
  readonly flags: number;
  readonly nice: number;
  readonly priority: number;
  readonly times: readonly [number, number, number];
}

const ORDINARY: Attr = { policy: 0, flags: 0, nice: 0, priority: 0, times: [0, 0, 0] };

function setAttr(task: Task, changes: Partial<Attr>, size = 48): unknown {
  const attr = { ...ORDINARY, ...changes };
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, size, true);
  view.setUint32(4, attr.policy, true);
  view.setUint32(8, attr.flags, true);
  view.setInt32(16, attr.nice, true);
  view.setUint32(20, attr.priority, true);
  attr.times.forEach((time, i) => {
    view.setBigUint64(24 + i * 8, BigInt(time), true);
  });
  copyToUser(task, AT, new Uint8Array(view.buffer));
  return call(task, "sched_setattr", 0, AT, 0);
}

function getAttr(task: Task): Attr {
  expect(call(task, "sched_getattr", 0, AT, 48, 0)).toBe(0);
  const view = new DataView((copyFromUser(task, AT, 48) as Uint8Array).buffer);
  const time = (at: number) => Number(view.getBigUint64(at, true));
  return {
    policy: view.getInt32(4, true),
    flags: view.getUint32(8, true),
    nice: view.getInt32(16, true),
    priority: view.getUint32(20, true),
    times: [time(24), time(32), time(40)],
  };
}

// Recorded on Linux 6.18 with two CPUs.
test.each([
  {
    name: "an ordinary task",
    set: { nice: 5 },
    answer: 0,
    get: { nice: 5, times: [1_400_000, 0, 0] },
  },
  {
    name: "a slice is cut to 0.1 to 100 ms",
    set: { times: [1_000_000_000, 7, 8] },
    answer: 0,
    get: { times: [100_000_000, 0, 0] },
  },
  {
    name: "a real-time task",
    set: { policy: 1, priority: 7, nice: 9 },
    answer: 0,
    get: { policy: 1, priority: 7 },
  },
  {
    name: "SCHED_IDLE keeps its nice value",
    set: { policy: 5, nice: 7 },
    answer: 0,
    get: { policy: 5, times: [1_400_000, 0, 0] },
  },
  {
    name: "SCHED_FIFO without a priority",
    set: { policy: 1 },
    answer: -EINVAL,
    get: { times: [1_400_000, 0, 0] },
  },
  {
    name: "an unknown flag",
    set: { flags: 0x80 },
    answer: -EINVAL,
    get: { times: [1_400_000, 0, 0] },
  },
  {
    name: "a deadline task; the period is the deadline",
    set: { policy: 6, flags: 6, nice: 4, times: [5_000_000, 40_000_000, 0] },
    answer: 0,
    get: { policy: 6, flags: 6, times: [5_000_000, 40_000_000, 40_000_000] },
  },
  {
    name: "a run time below 1024 ns",
    set: { policy: 6, times: [1023, 100_000, 100_000] },
    answer: -EINVAL,
    get: { times: [1_400_000, 0, 0] },
  },
  {
    name: "a period above 2^22 microseconds",
    set: { policy: 6, times: [5_000_000, 4_194_304_001, 0] },
    answer: -EINVAL,
    get: { times: [1_400_000, 0, 0] },
  },
] as const)("sched_setattr: $name", ({ set, answer, get }) => {
  const task = bareTask(2);
  expect(setAttr(task, set)).toBe(answer);
  expect(getAttr(task)).toEqual({ ...ORDINARY, ...get });
});

test("of each CPU deadline tasks get 95 % less the fair server's 5 %", () => {
  const task = bareTask(1);
  expect(setAttr(task, { policy: 6, times: [90_001_000, 100_000_000, 0] })).toBe(-EBUSY);
  expect(setAttr(task, { policy: 6, times: [90_000_000, 100_000_000, 0] })).toBe(0);
});

test("a structure that is too large is refused with the size that fits", () => {
  const task = bareTask();
  expect(setAttr(task, {}, 5000)).toBe(-E2BIG);
  expect(getUser32(task, AT)).toBe(56);
});

test("a user may lower its priority but neither raise it nor become real-time", () => {
  const task = bareTask();
  sysSetuid(task, 1000);
  expect(call(task, "setpriority", 0, 0, 5)).toBe(0);
  expect(call(task, "setpriority", 0, 0, 4)).toBe(-EACCES);
  expect(call(task, "getpriority", 0, 0)).toBe(15);
  expect(setAttr(task, { policy: 1, priority: 1 })).toBe(-EPERM);
  expect(setAttr(task, { policy: 3, nice: 6 })).toBe(0);
  expect(setAttr(task, { policy: 5 })).toBe(0);
  expect(setAttr(task, { policy: 0, nice: 19 })).toBe(-EPERM);
  expect(call(task, "sched_getscheduler", 9999)).toBe(-ESRCH);
});
