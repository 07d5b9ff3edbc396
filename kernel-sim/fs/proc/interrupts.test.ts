import { expect, test } from "vitest";
import { boot } from "../../index.ts";

test("every timer interrupt of a CPU is counted, in /proc/interrupts and in /proc/stat", () => {
  const machine = boot({ seed: 1, cpus: 1 });
  const process = machine.spawn("/bin/sh", {
    argv: ["sh", "-c", "sleep 0.1; cat /proc/interrupts; grep intr /proc/stat"],
  });
  machine.runUntilIdle();
  const count = machine.trace.count("irq_vectors:local_timer_entry");
  const [, local] = /^LOC: +(\d+) +Local timer interrupts$/m.exec(process.output) ?? [];
  const [, all] = /^intr (\d+)( 0)+$/m.exec(process.output) ?? [];
  expect(Number(local)).toBeGreaterThan(0);
  expect(Number(local)).toBeLessThanOrEqual(count);
  expect(Number(all)).toBeGreaterThanOrEqual(Number(local));
  expect(Number(all)).toBeLessThanOrEqual(count);
});
