import { describe, expect, test } from "vitest";
import { Clock } from "../hw/clock.ts";
import "./with-kernel.ts";
import { TraceRing } from "../trace/ring.ts";
import type { Breakpoint } from "./breakpoints.ts";
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
  for (const view of ["tasks", "waits", "files", "memory", "registers", "bpf"] as const) {
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

describe("breakpoints", () => {
  const machine = new LivingKernel({ seed: 1 }, 1, new Clock(), new TraceRing());
  machine.spawn(function* writes(sys) {
    const fd = (yield* sys.open("/tmp/f", 0o102, 0o644)) as number;
    yield* sys.write(fd, "abc");
    yield* sys.write(fd, "de");
    yield* sys.getpid();
    return 0;
  }, {});
  machine.runUntil(() => false);
  const { first, last } = machine.runs;
  const pid = 2;
  const run = (to: Breakpoint, from: number, by: 1 | -1) =>
    inspectMachine(machine, { event: from, run: { to: [to], by }, view: "tasks" });

  test("a system call is met where it begins, forwards and backwards", () => {
    const write = { kind: "call", call: "write", pid } as const;
    const one = run(write, first, 1);
    expect(one.what).toMatch(/^write\(\) begins/);
    const two = run(write, one.event, 1);
    expect(two.event).toBeGreaterThan(one.event);
    expect(run(write, two.event, -1).event).toBe(one.event);
    expect(run(write, last, -1).event).toBe(two.event);
    // Behind the last one there is none: the moment stays.
    expect(run(write, two.event, 1)).toMatchObject({ event: two.event, hit: null });
  });

  test("a field of a tracepoint is compared", () => {
    const exit = { kind: "event", event: "raw_syscalls:sys_exit", pid, field: "ret" } as const;
    const three = run({ ...exit, is: "=", value: "3" }, first, 1);
    expect(three.what).toContain("ret=3");
    expect(run({ ...exit, is: "<", value: "-1000" }, first, 1).hit).toBeNull();
  });

  test("the offset of a descriptor, a task's state and any value of a view are watched", () => {
    const offset = run({ kind: "descriptor", pid, fd: 3 }, last, -1);
    expect(offset.hit).toMatchObject({ after: "nothing" });
    const moved = run({ kind: "descriptor", pid, fd: 3 }, offset.event, -1);
    expect(moved.hit).toEqual({ breakpoint: 0, before: "/tmp/f at 3", after: "/tmp/f at 5" });
    const pos = { kind: "path", path: `descriptors(${pid})[fd=3].pos` } as const;
    expect(run(pos, offset.event, -1)).toMatchObject({
      event: moved.event,
      hit: { before: "3", after: "5" },
    });
    expect(run({ kind: "state", pid }, first, 1).hit).toMatchObject({
      ...{ before: "nothing", after: "R" },
    });
    const wrong = run({ kind: "path", path: "everything" }, first, 1);
    expect(wrong).toMatchObject({ event: first, hit: null });
    expect(wrong.problem).toMatch(/a path is like/);
  });

  test("of several the nearest one is met", () => {
    const to = [
      { kind: "call", call: "getpid", pid },
      { kind: "call", call: "write", pid },
    ] as const;
    const met = inspectMachine(machine, { event: first, run: { to, by: 1 }, view: "tasks" });
    expect(met.hit?.breakpoint).toBe(1);
    const back = inspectMachine(machine, { event: last, run: { to, by: -1 }, view: "tasks" });
    expect(back.hit?.breakpoint).toBe(0);
  });
});
