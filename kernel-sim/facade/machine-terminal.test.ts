import { expect, test } from "vitest";
import { boot } from "../index.ts";

test.each([
  { baud: 110, fifo: 1, bytes: 22, seconds: 2, interrupts: 22 },
  { baud: 9600, fifo: 16, bytes: 96, seconds: 0.1, interrupts: 6 },
])("$bytes bytes at $baud baud take $seconds s", ({ baud, fifo, bytes, seconds, interrupts }) => {
  const machine = boot({ seed: 1, terminal: { baud, fifo } });
  const process = machine.spawn(function* (sys) {
    return yield* sys.write(1, "x".repeat(bytes));
  });
  machine.runFor((seconds * 1e9) / 2 + 1e6);
  expect(process.returned).toBe(bytes);
  expect(process.output).toBe("x".repeat(bytes));
  expect(machine.consoleOutput.length).toBe(bytes / 2);
  machine.runUntilIdle();
  expect(machine.consoleOutput).toBe("x".repeat(bytes));
  expect(Math.abs(machine.now() / 1e9 - seconds)).toBeLessThan(0.01);
  expect(machine.trace.count("irq:irq_handler_entry")).toBe(interrupts);
});

test("who prints faster than the line waits", () => {
  const machine = boot({ seed: 1, terminal: { baud: 9600 } });
  machine.run(function* (sys) {
    return yield* sys.write(1, "x".repeat(9600));
  });
  // All but what the driver's buffer holds has to be gone.
  expect(machine.now() / 1e9).toBeGreaterThan((9600 - 4096 - 256) / 960);
});
