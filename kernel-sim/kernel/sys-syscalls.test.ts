import { expect, test } from "vitest";
import { EBADF, EFAULT, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { BARE_MEMORY, bareTask } from "../init/bare-task.ts";
import { copyFromUser, copyToUser } from "../mm/uaccess.ts";
import { printk } from "./printk.ts";
import { sysSetuid } from "./setuid.ts";
import { sysSyscalls } from "./sys-syscalls.ts";
import type { Task } from "./task.ts";

function call(task: Task, name: string, ...args: number[]): unknown {
  const [a0 = 0, a1 = 0, a2 = 0] = args;
  return sysSyscalls[name]!(task, a0, a1, a2, 0, 0, 0);
}

function text(task: Task, at: number, n: number): string {
  return String.fromCharCode(...(copyFromUser(task, at, n) as Uint8Array));
}

test("uname tells 2.6.78 and i686 to a program that asks for an old, small machine", () => {
  const task = bareTask();
  expect(call(task, "personality", 0x20008)).toBe(0);
  expect(call(task, "personality", -1)).toBe(0x20008);
  expect(call(task, "uname", BARE_MEMORY)).toBe(0);
  expect(text(task, BARE_MEMORY + 2 * 65, 7)).toBe("2.6.78\0");
  expect(text(task, BARE_MEMORY + 4 * 65, 5)).toBe("i686\0");
});

test("a host name ends at its first NUL and has at most 64 bytes", () => {
  const task = bareTask();
  copyToUser(task, BARE_MEMORY, Uint8Array.from([0x61, 0x62, 0, 0x63]));
  expect(call(task, "sethostname", BARE_MEMORY, 4)).toBe(0);
  expect(task.nsproxy.uts.nodename).toBe("ab");
  expect(call(task, "sethostname", BARE_MEMORY, 65)).toBe(-EINVAL);
  expect(call(task, "sethostname", 0, 4)).toBe(-EFAULT);
  sysSetuid(task, 1);
  expect(call(task, "sethostname", BARE_MEMORY, 65)).toBe(-EPERM);
});

test("syslog hands out the newest lines that fit, and each line once to a reader", () => {
  const task = bareTask();
  printk(task.kernel, 6, "first");
  printk(task.kernel, 4, "second");
  const first = "<6>[    0.000000] first\n";
  const second = "<4>[    0.000000] second\n";
  expect(call(task, "syslog", 3, BARE_MEMORY, 30)).toBe(second.length);
  expect(text(task, BARE_MEMORY, second.length)).toBe(second);
  expect(call(task, "syslog", 9)).toBe(first.length + second.length);
  const reading = call(task, "syslog", 2, BARE_MEMORY, 10) as Generator<undefined, number>;
  expect(reading.next()).toEqual({ done: true, value: 10 });
  expect(call(task, "syslog", 9)).toBe(first.length + second.length - 10);
  sysSetuid(task, 1);
  expect(call(task, "syslog", 9)).toBe(-EPERM);
  expect(call(task, "syslog", 10)).toBe(131072);
});

test("unshare gives a task a host name of its own", () => {
  const task = bareTask();
  const { uts } = task.nsproxy;
  expect(call(task, "unshare", 0x4000000)).toBe(0);
  expect(task.nsproxy.uts).not.toBe(uts);
  expect(call(task, "unshare", 0x10000000)).toBe(-EINVAL);
  expect(call(task, "unshare", 0x1)).toBe(-EINVAL);
});

test("kcmp says what is the same, and orders the rest the same way each time", () => {
  const task = bareTask();
  const pid = task.pidNr();
  const kcmp = (type: number) => sysSyscalls["kcmp"]!(task, pid, pid, type, 0, 0, 0);
  expect([1, 2, 3, 4].map(kcmp)).toEqual([0, 0, 0, 0]);
  expect(kcmp(0)).toBe(-EBADF);
  expect(kcmp(9)).toBe(-EINVAL);
  expect(sysSyscalls["kcmp"]!(task, pid, 999, 1, 0, 0, 0)).toBe(-ESRCH);
});
