import { expect, test } from "vitest";
import { syscallNumbers64 } from "../arch/x86/entry/syscall-table-64.ts";
import { EEXIST, EINVAL, ENOENT } from "../include/errno.ts";
import { BARE_MEMORY, bareTask } from "../init/bare-task.ts";
import { initSyscalls } from "../init/syscalls.ts";
import type { Task } from "../kernel/task.ts";
import { checkMm } from "../mm/check-mm.ts";
import { handleUserFault } from "../mm/memory.ts";
import { putUser64 } from "../mm/uaccess.ts";

const PAGE = 4096;
const O_NONBLOCK = 0o4000;
const UFFDIO_API = 0xc018aa3f;
const UFFDIO_REGISTER = 0xc020aa00;
const UFFDIO_COPY = 0xc028aa03;
const UFFDIO_ZEROPAGE = 0xc020aa04;
const PF_USER_WRITE = 6;

function call(task: Task, name: string, ...args: number[]): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  const result = task.kernel.syscalls[syscallNumbers64[name]!]!(task, a, b, c, d, e, f);
  if (typeof result !== "number") throw new Error(`${name} sleeps`);
  return result;
}

/** Two registered pages, and somebody who asks the descriptor for something. */
function registered() {
  const task = bareTask();
  initSyscalls(task.kernel);
  task.kernel.current = task;
  const fd = call(task, "userfaultfd", O_NONBLOCK);
  const ask = (cmd: number, ...words: number[]) => {
    words.forEach((word, i) => {
      putUser64(task, BARE_MEMORY + i * 8, word);
    });
    return call(task, "ioctl", fd, cmd, BARE_MEMORY);
  };
  const at = call(task, "mmap", 0, 2 * PAGE, 3, 0x22, -1, 0);
  return { task, fd, ask, at };
}

test("nothing works before the versions agree", () => {
  const { ask, at } = registered();
  expect(ask(UFFDIO_REGISTER, at, PAGE, 1)).toBe(-EINVAL);
  expect(ask(UFFDIO_API, 0xab, 0)).toBe(-EINVAL);
  expect(ask(UFFDIO_API, 0xaa, 0)).toBe(0);
  expect(ask(UFFDIO_REGISTER, at, 2 * PAGE, 1)).toBe(0);
});

test("who touches a missing page sleeps until somebody has filled it", () => {
  const { task, fd, ask, at } = registered();
  ask(UFFDIO_API, 0xaa, 0);
  ask(UFFDIO_REGISTER, at, 2 * PAGE, 1);
  expect(handleUserFault(task, at + 8, PF_USER_WRITE)).toBeUndefined();
  expect(task.kstack).toBeDefined();

  expect(call(task, "read", fd, BARE_MEMORY, 64)).toBe(32);
  const message = new Uint8Array(32);
  task.mm!.copyFromUser(BARE_MEMORY, message);
  const view = new DataView(message.buffer);
  expect([view.getUint8(0), view.getUint32(8, true)]).toEqual([0x12, 1]);
  expect(Number(view.getBigUint64(16, true))).toBe(at);

  task.mm!.copyToUser(BARE_MEMORY + PAGE, Uint8Array.of(65));
  expect(ask(UFFDIO_COPY, at, BARE_MEMORY + PAGE, PAGE, 0)).toBe(0);
  expect(task.kstack!.next().done).toBe(true);
  const byte = new Uint8Array(1);
  task.mm!.copyFromUser(at, byte);
  expect(byte[0]).toBe(65);
  expect(checkMm(task.kernel)).toEqual([]);
});

test("a page is filled once, and only where the range is registered", () => {
  const { ask, at } = registered();
  ask(UFFDIO_API, 0xaa, 0);
  ask(UFFDIO_REGISTER, at, PAGE, 1);
  expect(ask(UFFDIO_ZEROPAGE, at, PAGE, 0)).toBe(0);
  expect(ask(UFFDIO_ZEROPAGE, at, PAGE, 0)).toBe(-EEXIST);
  expect(ask(UFFDIO_ZEROPAGE, at + PAGE, PAGE, 0)).toBe(-ENOENT);
});
