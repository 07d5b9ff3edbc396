import { expect, test } from "vitest";
import { Clock } from "../../hw/clock.ts";
import { EDEADLK, ETIMEDOUT } from "../../include/errno.ts";
import { TraceRing } from "../../trace/ring.ts";
import { BpfKernel } from "../kernel.ts";
import { resSpinLock } from "./res-spin-lock.ts";

test.each([
  { name: "with one lock that one is known", held: 1, again: 0, err: -EDEADLK, waitedMs: 0 },
  { name: "with 30 locks the last one is known", held: 30, again: 29, err: -EDEADLK, waitedMs: 0 },
  {
    name: "with 31 locks the last one is not",
    held: 31,
    again: 30,
    err: -ETIMEDOUT,
    waitedMs: 250,
  },
  { name: "with 34 locks the 30th is known", held: 34, again: 29, err: -EDEADLK, waitedMs: 0 },
  { name: "with 34 locks the 33rd is not", held: 34, again: 32, err: -ETIMEDOUT, waitedMs: 250 },
])("whoever asks for a lock twice is told, at once or in time: $name", (row) => {
  const kernel = new BpfKernel(1, 1, new Clock(), new TraceRing());
  const vm = kernel.cpu(0);
  const locks = Array.from({ length: row.held }, () => kernel.memory.alloc(8));
  const ask = (lock: number) => {
    vm.r[2] = lock;
    return resSpinLock(vm);
  };
  expect(locks.map(ask)).toEqual(locks.map(() => 0));
  const before = kernel.clock.now();
  expect(ask(locks[row.again]!)).toBe(row.err);
  expect(kernel.clock.now() - before).toBe(row.waitedMs * 1e6);
});
