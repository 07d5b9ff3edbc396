import fc from "fast-check";
import { test } from "vitest";
import { bareTask } from "../init/bare-task.ts";
import { isSleeping } from "../kernel/sleep.ts";
import { copyToUser, putUser32, putUser64 } from "../mm/uaccess.ts";
import { socketSyscalls } from "./socket-syscalls.ts";
import { IN, OUT } from "./test-calls.ts";

const NAMES = Object.keys(socketSyscalls);
/** Arguments that mean something to some call, and some that mean nothing. */
const ARGUMENTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 20, 35, 42, 110, 1000, 65_508, -1, 2 ** 31];
const FLAGS = [0x40, 0x41, 0x42, 0x48, 0x140, 0x2040, 0x8040, 0x40000040];
const POINTERS = [IN, IN + 64, OUT, OUT + 64, 0x1000, 2 ** 63];

test("no sequence of socket calls makes the kernel throw", () => {
  const argument = fc.oneof(
    fc.constantFrom(...ARGUMENTS),
    fc.constantFrom(...POINTERS),
    fc.constantFrom(...FLAGS),
  );
  const fd = fc.integer({ min: 0, max: 8 });
  const call = fc.tuple(fc.constantFrom(...NAMES), fd, fc.array(argument, { maxLength: 5 }));
  const memory = fc.uint8Array({ minLength: 0, maxLength: 128 });
  const holds = fc.property(fc.array(fc.tuple(call, memory), { maxLength: 60 }), (calls) => {
    const task = bareTask();
    for (const [family, type] of [
      [1, 1],
      [1, 2],
      [1, 5],
      [2, 1],
      [2, 2],
    ] as const) {
      socketSyscalls["socket"]!(task, family, type, 0, 0, 0, 0);
    }
    for (const [[name, number, rest], bytes] of calls) {
      copyToUser(task, IN, bytes);
      copyToUser(task, OUT, new Uint8Array([2, 0, 27, 88, 127, 0, 0, 1]));
      putUser64(task, IN + 64 + 16, OUT);
      putUser64(task, IN + 64 + 24, 2);
      putUser32(task, OUT + 64, 16);
      const [a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0] = rest;
      const result = socketSyscalls[name]!(task, number, a1, a2, a3, a4, a5);
      if (isSleeping(result)) result.next();
    }
    task.files.closeAll(task);
    task.kernel.run(task.kernel.now() + 1e9, 1000);
  });
  fc.assert(holds, { numRuns: 300 });
});
