import { expect, test } from "vitest";
import { startInit, startKernel } from "../../init/main.ts";
import type { Program } from "../../user/program.ts";
import { programFile } from "../../user/program-file.ts";
import { programLoader } from "../../user/user-context.ts";
import type { Kernel } from "../kernel.ts";

const MS = 1_000_000;
const SCHED_DEADLINE = 6;

/** Runs `main` as process 1 up to `untilMs`. */
function runUntil(main: Program, untilMs: number): Kernel {
  const started = startKernel({ seed: 1, cpus: 1 });
  const { kernel, rootfs } = started;
  rootfs.mkdir("/sbin");
  kernel.programs.set("/sbin/init", programLoader(main));
  rootfs.file("/sbin/init", programFile("/sbin/init"), { mode: 0o755 });
  startInit(started, "/sbin/init", "test");
  kernel.run(untilMs * MS);
  return kernel;
}

/** `struct sched_attr` of a deadline task. */
function dlAttr(runtimeMs: number, deadlineMs: number, periodMs: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(48));
  view.setUint32(0, 48, true);
  view.setUint32(4, SCHED_DEADLINE, true);
  [runtimeMs, deadlineMs, periodMs].forEach((ms, i) => {
    view.setBigUint64(24 + i * 8, BigInt(ms * MS), true);
  });
  return new Uint8Array(view.buffer);
}

/** What each child of process 1 has run, in ms. */
function runTimes(kernel: Kernel): number[] {
  return [...kernel.tasks]
    .filter((task) => task.pid !== 1)
    .map((task) => Math.round((task.utime + task.stime) / MS));
}

test("a task of deadlines gets its share, and the others the rest", () => {
  const kernel = runUntil(function* (sys) {
    for (const share of [20, 0]) {
      const child = yield* sys.fork();
      if (child !== 0) continue;
      if (share > 0) {
        expect(yield* sys.call("sched_setattr", 0, dlAttr(share, 100, 100), 0)).toBe(0);
      }
      yield* sys.compute(100_000 * MS);
    }
    yield* sys.wait4(-1);
    return 0;
  }, 1000);
  const [deadline, other] = runTimes(kernel);
  // Without high-resolution ticks it is noticed up to 4 ms late that the run time is used up.
  expect(deadline).toBeGreaterThanOrEqual(195);
  expect(deadline).toBeLessThanOrEqual(245);
  expect(deadline! + other!).toBeGreaterThanOrEqual(990);
});

test("of two tasks both meet their deadlines when there is room for both", () => {
  const kernel = runUntil(function* (sys) {
    for (const [runtime, period] of [
      [40, 100],
      [10, 40],
    ] as const) {
      const child = yield* sys.fork();
      if (child !== 0) continue;
      expect(yield* sys.call("sched_setattr", 0, dlAttr(runtime, period, period), 0)).toBe(0);
      yield* sys.compute(100_000 * MS);
    }
    yield* sys.wait4(-1);
    return 0;
  }, 1000);
  const [slow, fast] = runTimes(kernel);
  expect(slow).toBeGreaterThanOrEqual(390);
  expect(fast).toBeGreaterThanOrEqual(240);
});
