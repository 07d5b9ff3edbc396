import { expect, test } from "vitest";
import { Clock } from "../hw/clock.ts";
import "./with-kernel.ts";
import { TraceRing } from "../trace/ring.ts";
import { inspectMachine } from "./inspector.ts";
import { LivingKernel } from "./living-kernel.ts";

function machineWithPipe(): LivingKernel {
  const machine = new LivingKernel({ seed: 1 }, 1, new Clock(), new TraceRing());
  machine.spawn(function* reads(sys) {
    const [read] = (yield* sys.pipe2()) as [number, number];
    yield* sys.read(read, 1);
    return 0;
  }, {});
  machine.runUntil(() => false);
  return machine;
}

test("every view of every moment is plain data with as many cells in a row as columns", () => {
  const machine = machineWithPipe();
  const { first, last } = machine.runs;
  for (const view of ["tasks", "waits", "files", "memory", "registers"] as const) {
    for (const event of [first, last]) {
      const moment = inspectMachine(machine, { event, view });
      expect(JSON.parse(JSON.stringify(moment))).toEqual(moment);
      expect(moment.event).toBe(event);
      for (const { columns, rows } of moment.sections) {
        for (const row of rows) expect(row.length).toBe(columns.length);
      }
    }
  }
});

test("a step leads to the next system call, and from the last event nowhere", () => {
  const machine = machineWithPipe();
  const { first, last } = machine.runs;
  const step = { kind: "call", by: 1 } as const;
  const call = inspectMachine(machine, { event: first, step, view: "tasks" });
  expect(call.what).toContain("raw_syscalls:sys_enter");
  expect(inspectMachine(machine, { event: last, step, view: "tasks" }).event).toBe(last);
  const back = inspectMachine(machine, {
    event: call.event,
    step: { kind: "event", by: -1 },
    view: "tasks",
  });
  expect(back.event).toBe(call.event - 1);
  // A number beyond the end, from an old link: the end.
  expect(inspectMachine(machine, { event: 1e9, view: "tasks" }).event).toBe(last);
});

test("the reader that holds the write end itself is found in the wait queues", () => {
  const { sections } = inspectMachine(machineWithPipe(), { view: "waits", pid: 2 });
  expect(sections[0]?.rows[0]?.[1]).toContain("a deadlock");
});
