import { expect, test } from "vitest";
import type { SystemCalls } from "../../api-kernel.ts";
import { encode } from "../../bpf/program-text.ts";
import { boot, bpf } from "../../index.ts";

const DISABLED = 1;
const INHERIT = 2;
const ENABLE = 0x2400;
const REFRESH = 0x2402;
const SET_BPF = 0x4004_2408;
const QUERY_BPF = 0xc008_240a;
const SIGWINCH = 28;
const SCHED_SWITCH = 372;
const SIGNAL_GENERATE = 261;

interface Wanted {
  readonly type?: number;
  readonly config: number;
  readonly flags?: number;
  readonly period?: number;
  readonly format?: number;
  readonly config1?: number;
}

function attr({
  type = 1,
  config,
  flags = 0,
  period = 0,
  format = 0,
  config1 = 0,
}: Wanted): Uint8Array {
  const view = new DataView(new ArrayBuffer(136));
  view.setUint32(0, type, true);
  view.setUint32(4, 136, true);
  for (const [at, value] of [
    [8, config],
    [16, period],
    [32, format],
    [40, flags],
    [56, config1],
  ] as const) {
    view.setBigUint64(at, BigInt(value), true);
  }
  return new Uint8Array(view.buffer);
}

/** Opens an event of the caller. */
const open = (sys: SystemCalls, wanted: Wanted, cpu = -1, group = -1) =>
  sys.call("perf_event_open", attr(wanted), 0, cpu, group, 0);

function* read(sys: SystemCalls, fd: number) {
  const bytes = yield* sys.read(fd, 64);
  return typeof bytes === "number"
    ? [bytes]
    : Array.from(new BigUint64Array(bytes.slice().buffer), Number);
}

test("software events count what has happened to the task", () => {
  const machine = boot({ seed: 1 });
  const [clock, switches, faults, tracepoint, none] = machine.run(function* (sys) {
    const configs: Wanted[] = [
      { config: 1 },
      { config: 3 },
      { config: 2 },
      { type: 2, config: SCHED_SWITCH },
      { config: 9 },
    ];
    const fds: number[] = [];
    for (const wanted of configs) fds.push(yield* open(sys, wanted));
    const page = yield* sys.mmap(0, 8192, 3, 0x22);
    yield* sys.store(page, Uint8Array.of(1));
    yield* sys.store(page + 4096, Uint8Array.of(1));
    for (let i = 0; i < 3; i++) yield* sys.call("nanosleep", sleepOf(1000), 0);
    const counts: number[] = [];
    for (const fd of fds) counts.push((yield* read(sys, fd))[0]!);
    return counts;
  }) as number[];
  expect([switches, faults, none]).toEqual([3, 2, 0]);
  // A switch away and a switch back.
  expect(tracepoint).toBe(3);
  expect(clock).toBeGreaterThan(0);
  // It does not count sleep.
  expect(clock).toBeLessThan(1_000_000);
});

const sleepOf = (us: number) => new Uint8Array(BigInt64Array.of(0n, BigInt(us) * 1000n).buffer);

test("a group counts with its first, and is read as one", () => {
  const machine = boot({ seed: 1 });
  const [off, on, alone] = machine.run(function* (sys) {
    const leader = yield* open(sys, { config: 9, flags: DISABLED, format: 8 });
    const member = yield* open(sys, { config: 3 }, -1, leader);
    yield* sys.call("nanosleep", sleepOf(1), 0);
    const before = yield* read(sys, leader);
    yield* sys.ioctl(leader, ENABLE, 0);
    yield* sys.call("nanosleep", sleepOf(1), 0);
    const after = yield* read(sys, leader);
    yield* sys.close(leader);
    yield* sys.call("nanosleep", sleepOf(1), 0);
    return [before, after, yield* read(sys, member)];
  }) as number[][];
  expect([off, on, alone]).toEqual([[2, 0, 0], [2, 0, 1], [2]]);
});

test("what children inherit is counted with what their parent does", () => {
  const machine = boot({ seed: 1 });
  const count = (flags: number) =>
    machine.run(function* (sys) {
      const fd = yield* open(sys, { type: 2, config: SIGNAL_GENERATE, flags });
      if ((yield* sys.fork()) === 0) {
        yield* sys.kill(yield* sys.getpid(), SIGWINCH);
        yield* sys.exit(0);
      }
      yield* sys.wait4();
      return (yield* read(sys, fd))[0];
    });
  expect([count(0), count(INHERIT)]).toEqual([0, 1]);
});

const PROG_LOAD = 5;
const LINK_CREATE = 28;
const BPF_PERF_EVENT = 41;

/** Loads a program from a page of the caller. */
function* load(sys: SystemCalls, type: number, text: string) {
  const code = encode(bpf.asm(text).insns);
  const page = yield* sys.mmap(0, 4096, 3, 0x22);
  yield* sys.store(page, code);
  yield* sys.store(page + 4000, Uint8Array.of(71, 80, 76, 0));
  const view = new DataView(new ArrayBuffer(168));
  view.setUint32(0, type, true);
  view.setUint32(4, code.length / 8, true);
  view.setBigUint64(8, BigInt(page), true);
  view.setBigUint64(16, BigInt(page + 4000), true);
  return yield* sys.call("bpf", PROG_LOAD, new Uint8Array(view.buffer), 168);
}

test("a program hangs on a tracepoint's event, decides whether it counts, and goes with it", () => {
  const machine = boot({ seed: 1 });
  const found = machine.run(function* (sys) {
    const event = yield* open(sys, { type: 2, config: SCHED_SWITCH });
    const prog = yield* load(sys, 5, "r0 = 0; exit");
    const set = [
      yield* sys.ioctl(event, SET_BPF, prog),
      yield* sys.ioctl(event, SET_BPF, prog),
      yield* sys.ioctl(event, SET_BPF, event),
    ];
    yield* sys.call("nanosleep", sleepOf(1), 0);
    const count = (yield* read(sys, event))[0];
    const query = yield* sys.mmap(0, 4096, 3, 0x22);
    yield* sys.store(query, Uint8Array.of(4, 0, 0, 0));
    const asked = yield* sys.ioctl(event, QUERY_BPF, query);
    yield* sys.close(event);
    return [...set, count, asked];
  });
  expect(found).toEqual([0, -17, -22, 0, 0]);
});

test("a link of bpf(2) puts a program on a clock, which runs it in time", () => {
  const machine = boot({ seed: 1 });
  const tell = `
    r2 = r10
    r2 += -32
    r3 = 24
    call bpf_perf_prog_read_value
    r1 = *(u64 *)(r10 -32)
    if r1 == 0 goto out
    r1 = 0x74
    *(u64 *)(r10 -8) = r1
    r1 = r10
    r1 += -8
    r2 = 8
    call bpf_trace_printk
  out:
    r0 = 0
    exit`;
  const found = machine.run(function* (sys) {
    const clock = yield* open(sys, { config: 1, period: 100_000 });
    const prog = yield* load(sys, 7, tell);
    const link = yield* bpfLink(sys, prog, clock);
    const again = yield* bpfLink(sys, prog, clock);
    yield* sys.compute(1_000_000);
    yield* sys.close(link);
    yield* sys.compute(1_000_000);
    return [link > 0, again, yield* sys.ioctl(clock, REFRESH, 1)];
  });
  expect(found).toEqual([true, -17, 0]);
  expect(machine.trace.count("bpf_trace:bpf_trace_printk")).toBe(10);
});

test("a probe by name counts the calls of a function", () => {
  const machine = boot({ seed: 1 });
  const count = machine.run(function* (sys) {
    const name = yield* sys.mmap(0, 4096, 3, 0x22);
    yield* sys.store(name, new TextEncoder().encode("do_unlinkat"));
    const fd = yield* open(sys, { type: 8, config: 1, config1: name });
    yield* sys.unlink("/tmp/nothing");
    yield* sys.unlink("/tmp/nothing");
    return (yield* read(sys, fd))[0];
  });
  expect(count).toBe(2);
});

function* bpfLink(sys: SystemCalls, prog: number, event: number) {
  const view = new DataView(new ArrayBuffer(168));
  view.setUint32(0, prog, true);
  view.setUint32(4, event, true);
  view.setUint32(8, BPF_PERF_EVENT, true);
  return yield* sys.call("bpf", LINK_CREATE, new Uint8Array(view.buffer), 168);
}
