import { describe, expect, test } from "vitest";
import type { Machine } from "../api.ts";
import type { SystemCalls } from "../api-kernel.ts";
import { boot, bpf, constants, i386, recordings } from "../index.ts";

const { SIGUSR1, MAP_SHARED, MAP_ANONYMOUS, PROT_READ, PROT_WRITE } = constants as Record<
  string,
  number
>;

/** Everything that goes into a past: forks, threads, handlers, pipes, timers, the shell, machine code, BPF, input between. */
function busyMachine(): Machine {
  const machine = boot({ seed: 7, cpus: 2 });
  machine.replay(recordings.second);
  const program = bpf.asm`
    r0 = 0
    exit
  `;
  machine.bpf.mustLoad({ type: "tracepoint", program }).attach("sched:sched_switch");
  machine.writeFile("/tmp/in", "one\ntwo\nthree\n");
  let outside = 0;
  machine.install("/usr/bin/noisy", function* noisy(sys) {
    outside++;
    yield* sys.write(1, `noisy ${outside}\n`);
  });
  machine.spawn(function* talks(sys) {
    const [read, write] = (yield* sys.pipe2()) as readonly [number, number];
    yield* sys.sigaction(SIGUSR1!, function* handler(own, signo) {
      yield* own.write(1, `got ${signo}\n`);
    });
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.nanosleep(1e6);
      yield* sys.write(write, "from the child");
      yield* sys.kill(yield* sys.getppid(), SIGUSR1!);
      yield* sys.exit(3);
    }
    yield* sys.thread(function* thread(own) {
      yield* own.compute(3e6);
      yield* own.write(1, "thread\n");
    });
    yield* sys.read(read, 100);
    yield* sys.wait4();
    yield* sys.spawn("/usr/bin/noisy");
    yield* sys.wait4();
  });
  machine.runFor(500_000);
  machine.readFile("/tmp/in");
  machine.run(i386.asm("_start: mov $4, %eax\nmov $1, %ebx\nint $0x80\nmov $1, %eax\nint $0x80"));
  const stepped = machine.spawn(i386.asm("mov $20, %eax; int $0x80; mov $1, %eax; int $0x80"));
  for (let i = 0; i < 3; i++) machine.stepInstruction(stepped);
  machine.replay(recordings.second);
  machine.spawn("/bin/sh", { argv: ["sh", "-c", "cat /tmp/in | wc -l; noisy"] });
  machine.runUntilIdle();
  const terminal = machine.terminal({ user: "root", rows: 10 });
  terminal.type("echo typed\n");
  terminal.type("exit\n");
  machine.runFor(1e9);
  terminal.type("noisy; sleep 1 &\n");
  terminal.type("while :; do :; done\n");
  machine.runFor(3e6);
  for (let i = 0; i < 5; i++) machine.runFor(700_001);
  terminal.type("\x03");
  machine.console.type("nobody reads\n");
  try {
    machine.run(function* fails(sys) {
      yield* sys.getpid();
      throw new Error("on purpose");
    });
  } catch {}
  machine.run(function* last(sys) {
    yield* sys.write(1, "end\n");
  });
  return machine;
}

describe("going back", () => {
  test("the machine runs again exactly as it did, without a line of its programs", () => {
    const machine = busyMachine();
    const { past } = machine;
    const output = machine.consoleOutput;
    expect(output).toMatch(/got 10/);
    expect(output).toMatch(/noisy 1\n.*noisy 2\n/s);
    const end = past.at(past.last);
    expect(end.consoleOutput).toBe(output);
    expect(end.time).toBeLessThanOrEqual(machine.now());
    expect(machine.consoleOutput).toBe(output);
    const all = machine.trace.events();
    for (const event of [past.first, past.first + 1, 900, 1200, past.last - 3]) {
      const moment = past.at(event);
      expect([moment.event, moment.last]).toEqual([event, all[event]]);
    }
    // Every event is the same one again: nothing but the sequence of steps is kept.
    expect(end.consoleOutput).toBe(output);
    const seen = past.findAll({ event: "sched:sched_switch" });
    const switches = all.filter(
      ({ name, seq }) => name === "sched:sched_switch" && seq > past.first,
    );
    expect(seen.map(({ event }) => event)).toEqual(switches.slice(0, 1000).map(({ seq }) => seq));
  });

  test("a past kernel is that of its event, in the middle of a call", () => {
    const machine = boot({ cpus: 1 });
    const { pid } = machine.spawn(function* opens(sys) {
      const fd = yield* sys.open("/tmp");
      yield* sys.close(fd);
    });
    machine.runUntilIdle();
    const call = machine.past.find({ event: "raw_syscalls:sys_enter", pid })!;
    let at = machine.past.at(call.event);
    expect(at.descriptors(pid).map(({ fd }) => fd)).toEqual([0, 1, 2]);
    expect(at.processTree().find((row) => row.pid === pid)?.call).toBe("openat");
    at = at.forward("call", pid)!;
    expect(at.descriptors(pid).map(({ fd }) => fd)).toEqual([0, 1, 2, 3]);
    expect(at.processTree().find((row) => row.pid === pid)?.call).toBe("close");
    expect(at.back("call", pid)?.event).toBe(call.event);
    expect(machine.kernel.descriptors(pid)).toEqual([]);
    expect(at.forward("switch")?.last?.name).toBe("sched:sched_switch");
    expect(machine.past.at(machine.past.last).forward()).toBeUndefined();
  });

  test("a number that is no event of the machine is refused", () => {
    const { past } = boot();
    for (const event of [-1, 1e9, 0.5, Number.NaN]) {
      expect(() => past.at(event)).toThrow(RangeError);
    }
  });
});

describe("stopping", () => {
  test("who wrote this word last is found by going back from the end", () => {
    const machine = boot({ cpus: 1 });
    let address = 0;
    const { pid } = machine.spawn(function* writes(sys) {
      const flags = MAP_SHARED! | MAP_ANONYMOUS!;
      address = yield* sys.mmap(0, 4096, PROT_READ! | PROT_WRITE!, flags);
      for (let i = 1; i <= 3; i++) {
        yield* sys.store(address, new Uint8Array([i, 0, 0, 0]));
        yield* sys.getpid();
      }
      yield* sys.pause();
    });
    machine.runUntilIdle();
    const stops = machine.past.findAll({ memory: { pid, address } });
    expect(stops.map(({ before, after }) => [before, after])).toEqual(
      [
        ["nothing", "00 00 00 00"],
        ["00 00 00 00", "01 00 00 00"],
        ["01 00 00 00", "02 00 00 00"],
        ["02 00 00 00", "03 00 00 00"],
      ].slice(stops.length === 4 ? 0 : 1),
    );
    const last = machine.past.findLast({ memory: { pid, address } })!;
    expect(last).toEqual(stops.at(-1));
    // The write before that one, from there.
    const { event } = machine.past.findLast({ memory: { pid, address } }, last.event)!;
    expect(event).toBe(stops.at(-2)!.event);
    expect(machine.past.at(event).memory(pid, address, 1)).toEqual(new Uint8Array([2]));
  });

  test("a running machine stops where a state, a descriptor or a value changes", () => {
    const machine = boot({ cpus: 1 });
    const { pid } = machine.spawn(function* works(sys: SystemCalls) {
      yield* sys.open("/tmp");
      yield* sys.nanosleep(1e6);
      yield* sys.open("/");
    });
    expect(machine.runUntilStop({ descriptor: { pid, fd: 3 } })).toMatchObject({
      before: "nothing",
      after: "/tmp at 0",
    });
    expect(machine.runUntilStop({ state: pid })).toMatchObject({ before: "R", after: "S" });
    const open = machine.runUntilStop({ value: (kernel) => kernel.descriptors(pid).length });
    expect(open).toMatchObject({ before: "4", after: "5" });
    expect(machine.past.at(open!.event).time).toBeGreaterThan(1e6);
    const end = machine.runUntilStop({
      event: "raw_syscalls:sys_enter",
      when: ({ fields }) => fields["id"] === 231,
    });
    expect(end?.after).toContain("raw_syscalls:sys_enter: id=231");
    expect(machine.runUntilStop({ state: 9999 })).toBeUndefined();
  });

  test("a condition that fails is told to who has set it, and the machine lives on", () => {
    const machine = boot({ cpus: 1 });
    const process = machine.spawn(function* works(sys) {
      yield* sys.getpid();
    });
    const fails = (): boolean => {
      throw new Error("mine");
    };
    const condition = { event: "raw_syscalls:sys_enter", when: fails };
    expect(() => machine.runUntilStop(condition)).toThrow("mine");
    machine.runUntilIdle();
    expect(process.exited).toBe(0);
    expect(() => machine.past.find(condition)).toThrow("mine");
    expect(() => machine.past.find({} as never)).toThrow(/a condition is one of/);
  });
});
