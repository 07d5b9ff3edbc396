import { expect, test } from "vitest";
import { EINVAL, EPERM } from "../include/errno.ts";
import { PR_CAP_AMBIENT, PR_SET_KEEPCAPS, PR_SET_SECUREBITS } from "../include/uapi/prctl.ts";
import { BARE_MEMORY, bareTask } from "../init/bare-task.ts";
import { copyToUser, getUser32 } from "../mm/uaccess.ts";
import { credSyscalls } from "./cred-syscalls.ts";
import { sysPrctl } from "./prctl.ts";
import type { Task } from "./task.ts";

function call(task: Task, name: string, ...args: number[]): unknown {
  const [a0 = 0, a1 = 0, a2 = 0] = args;
  return credSyscalls[name]!(task, a0, a1, a2, 0, 0, 0);
}

function uids(task: Task): number[] {
  const { uid, euid, suid, fsuid } = task.cred;
  return [uid, euid, suid, fsuid];
}

test.each([
  { name: "setuid of root changes all", call: "setuid", args: [5], uids: [5, 5, 5, 5] },
  {
    name: "setreuid saves the new effective id",
    call: "setreuid",
    args: [5, 6],
    uids: [5, 6, 6, 6],
  },
  {
    name: "setreuid of the real id alone saves, too",
    call: "setreuid",
    args: [5, -1],
    uids: [5, 0, 0, 0],
  },
  { name: "setresuid leaves -1", call: "setresuid", args: [-1, 7, -1], uids: [0, 7, 0, 7] },
  { name: "setfsuid changes no other", call: "setfsuid", args: [9], uids: [0, 0, 0, 9] },
])("$name", ({ call: name, args, uids: expected }) => {
  const task = bareTask();
  expect(call(task, name, ...args)).toBe(0);
  expect(uids(task)).toEqual(expected);
});

test("an ordinary user can only swap among its ids", () => {
  const task = bareTask();
  call(task, "setresuid", 1, 2, 3);
  expect(call(task, "setuid", 2)).toBe(-EPERM);
  expect(call(task, "setreuid", 3, -1)).toBe(-EPERM);
  expect(call(task, "setresuid", 3, 1, 2)).toBe(0);
  expect(call(task, "setuid", -1)).toBe(-EINVAL);
  expect(call(task, "setfsuid", 77)).toBe(1);
  expect(uids(task)).toEqual([3, 1, 2, 1]);
});

test("capabilities go with the last id 0 and are kept by PR_SET_KEEPCAPS, but not the effective ones", () => {
  const task = bareTask();
  sysPrctl(task, PR_SET_KEEPCAPS, 1, 0, 0, 0);
  call(task, "setuid", 1000);
  expect(task.cred.capPermitted).not.toBe(0n);
  expect(task.cred.capEffective).toBe(0n);
  const other = bareTask();
  call(other, "setresuid", 1000, 1000, 0);
  expect(other.cred.capEffective).toBe(0n);
  expect(call(other, "setresuid", -1, 0, -1)).toBe(0);
  expect(other.cred.capEffective).toBe(other.cred.capPermitted);
});

test("a changed user is not dumpable and its processes are counted", () => {
  const task = bareTask();
  const { kernel } = task;
  expect(task.dumpable).toBe(1);
  call(task, "setuid", 1000);
  expect(task.dumpable).toBe(0);
  expect([kernel.user(0).processes, kernel.user(1000).processes]).toEqual([0, 1]);
});

test("capget names the version to a caller that asks with none", () => {
  const task = bareTask();
  copyToUser(task, BARE_MEMORY, new Uint8Array(8));
  expect(call(task, "capget", BARE_MEMORY, 0)).toBe(0);
  expect(getUser32(task, BARE_MEMORY)).toBe(0x20080522);
  copyToUser(task, BARE_MEMORY, new Uint8Array(8));
  expect(call(task, "capget", BARE_MEMORY, BARE_MEMORY + 8)).toBe(-EINVAL);
});

test("a locked secure bit stays, and only what is permitted and inheritable becomes ambient", () => {
  const task = bareTask();
  expect(sysPrctl(task, PR_SET_SECUREBITS, 0x3, 0, 0, 0)).toBe(0);
  expect(sysPrctl(task, PR_SET_SECUREBITS, 0x2, 0, 0, 0)).toBe(-EPERM);
  expect(sysPrctl(task, PR_SET_SECUREBITS, 0x1, 0, 0, 0)).toBe(-EPERM);
  expect(sysPrctl(task, PR_CAP_AMBIENT, 2, 1, 0, 0)).toBe(-EPERM);
  task.cred = { ...task.cred, capInheritable: 2n };
  expect(sysPrctl(task, PR_CAP_AMBIENT, 2, 1, 0, 0)).toBe(0);
  expect(task.cred.capAmbient).toBe(2n);
});
