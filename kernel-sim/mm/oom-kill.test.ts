import { expect, test } from "vitest";
import { syscallNumbers64 } from "../arch/x86/entry/syscall-table-64.ts";
import { bareTask } from "../init/bare-task.ts";
import { initSyscalls } from "../init/syscalls.ts";
import { kernelLog } from "../kernel/printk.ts";
import type { Task } from "../kernel/task.ts";
import { checkMm } from "./check-mm.ts";
import { handleUserFault } from "./memory.ts";

const PAGE = 4096;
const PF_USER_WRITE = 6;
const SIGKILL = 9;

function call(task: Task, name: string, ...args: number[]): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  task.kernel.current = task;
  return task.kernel.syscalls[syscallNumbers64[name]!]!(task, a, b, c, d, e, f) as number;
}

function child(parent: Task): Task {
  call(parent, "clone", 17);
  return [...parent.kernel.tasks].at(-1)!;
}

/** Writes to page after page of a mapping that is as large as memory; answers how many went. */
function touchAll(task: Task, pages: number): number {
  const at = call(task, "mmap", 0, pages * PAGE, 3, 0x22, -1, 0);
  for (let i = 0; i < pages; i++) {
    task.kernel.current = task;
    if (handleUserFault(task, at + i * PAGE, PF_USER_WRITE) !== undefined) return i;
    if (task.hasFatalSignalPending()) return i;
  }
  return pages;
}

/** 1024 frames, of which 256 are taken. */
function machine(): Task {
  const init = bareTask(1, 4 * 2 ** 20);
  const { kernel } = init;
  initSyscalls(kernel);
  kernel.tracing.isEnabled = false;
  return init;
}

test("when memory ends, who has most of it dies, and the others go on", () => {
  const init = machine();
  const large = child(init);
  const small = child(init);
  expect(touchAll(large, 450)).toBe(450);
  expect(touchAll(small, 350)).toBe(350);
  expect(large.hasFatalSignalPending()).toBe(true);
  expect(small.hasFatalSignalPending()).toBe(false);
  const text = kernelLog(init.kernel).records.map((line) => line.text);
  expect(text.some((line) => line.startsWith(`Out of memory: Killed process ${large.pid} `))).toBe(
    true,
  );
  expect(checkMm(init.kernel)).toEqual([]);
});

test("oom_score_adj of -1000 keeps a process alive, so another dies", () => {
  const init = machine();
  const large = child(init);
  const small = child(init);
  large.signal.oomScoreAdj = -1000;
  expect(touchAll(large, 450)).toBe(450);
  expect(touchAll(small, 350)).toBeLessThan(350);
  expect(small.pending.signal & (1n << BigInt(SIGKILL - 1))).not.toBe(0n);
  expect(checkMm(init.kernel)).toEqual([]);
});
