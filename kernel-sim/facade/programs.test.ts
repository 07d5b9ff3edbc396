import { describe, expect, test } from "vitest";
import type { SystemCalls } from "../api-kernel.ts";
import { boot, bpf } from "../index.ts";

describe("running programs on a machine", () => {
  test("answers what the program returned", () => {
    const machine = boot();
    const fd = machine.run(function* reopen(sys) {
      yield* sys.close(0);
      return yield* sys.openat(-100, "/etc/passwd");
    });
    expect(fd).toBe(0);
  });

  test("throws what the program threw", () => {
    const machine = boot();
    expect(() =>
      machine.run(function* wrong(sys) {
        yield* sys.getpid();
        throw new RangeError("wrong");
      }),
    ).toThrow(new RangeError("wrong"));
  });

  test("says which program waits for ever", () => {
    const machine = boot();
    expect(() =>
      machine.run(function* waits(sys) {
        yield* sys.pause();
      }),
    ).toThrow(/waits \(pid 2\) never ends/);
  });

  test("refuses a program that runs its own machine", () => {
    const machine = boot();
    expect(() =>
      machine.run(function* again(sys) {
        yield* sys.getpid();
        machine.runUntilIdle();
      }),
    ).toThrow(/cannot run its own machine/);
  });

  test("runs two programs at once, by turns", () => {
    const machine = boot({ cpus: 1 });
    const spin = function* spin(sys: SystemCalls) {
      for (let i = 0; i < 10; i++) yield* sys.compute(5_000_000);
    };
    const a = machine.spawn(spin);
    const b = machine.spawn(spin);
    machine.runFor(20_000_000);
    expect([a.state, b.state]).toEqual(["R", "R"]);
    machine.runUntilIdle();
    expect([a.exited, b.exited]).toEqual([0, 0]);
    const switches = machine.trace.events({ name: "sched:sched_switch" });
    expect(switches.filter(({ fields }) => fields["prev_comm"] === "spin").length).toBeGreaterThan(
      8,
    );
  });

  test("keeps what a program writes to the console", () => {
    const machine = boot();
    const hello = machine.spawn(function* hello(sys) {
      yield* sys.write(1, "zażółć\n");
    });
    machine.runUntilIdle();
    expect(hello.output).toBe("zażółć\n");
    expect(machine.consoleOutput).toBe("zażółć\n");
  });

  test("takes nothing from a program but what its calls make", () => {
    const machine = boot();
    const forged = { nr: 39, fill: () => forged, load: () => 39 };
    expect(() =>
      machine.run(function* forger() {
        yield forged;
      }),
    ).toThrow(/may yield only what the calls of sys make/);
  });

  test("fires the tracepoints that BPF programs hang on", () => {
    const machine = boot({ cpus: 1 });
    const counts = machine.bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 8 });
    const program = bpf.asm`
      r1 = *(u64 *)(r1 +32)             ; count of write(fd, buf, count)
      *(u32 *)(r10 -4) = r1
      *(u64 *)(r10 -16) = 1
      r1 = map[counts]
      r2 = r10
      r2 += -4
      r3 = r10
      r3 += -16
      r4 = 0
      call bpf_map_update_elem
      r0 = 0
      exit
    `;
    const prog = machine.bpf.mustLoad({ type: "tracepoint", program, maps: { counts } });
    const link = prog.attach("syscalls:sys_enter_write");
    const switches = machine.bpf
      .mustLoad({ type: "tracepoint", program: bpf.asm("r0 = 0\nexit") })
      .attach("sched:sched_switch");
    machine.run(function* writer(sys) {
      yield* sys.write(1, "four");
      yield* sys.write(1, "sixsix");
    });
    expect(link.runs).toBe(2);
    expect(counts.entries().map(({ key }) => key[0])).toEqual([4, 6]);
    expect(switches.runs).toBeGreaterThan(0);
  });

  test("shows what a process has open, by path, and which descriptors share an open file", () => {
    const machine = boot();
    const reader = machine.spawn(function* reader(sys) {
      yield* sys.open("/etc/passwd");
      yield* sys.dup(3);
      yield* sys.open("/etc/passwd");
      yield* sys.pipe2();
      yield* sys.pause();
    });
    machine.runUntilIdle();
    const rows = machine.descriptors(reader.pid).filter(({ fd }) => fd > 2);
    expect(rows.map(({ path }) => path.replace(/\d+/, "N"))).toEqual([
      "/etc/passwd",
      "/etc/passwd",
      "/etc/passwd",
      "pipe:[N]",
      "pipe:[N]",
    ]);
    const [first, copy, second] = rows.map(({ openFile }) => openFile);
    expect(copy).toBe(first);
    expect(second).not.toBe(first);
  });

  test("what a program does behind a computation happens when its time has passed", () => {
    const machine = boot({ seed: 1, cpus: 1 });
    const [before, after] = machine.run(function* worker(sys) {
      const begin = yield* sys.clock_gettime(1);
      yield* sys.compute(3_000_000);
      return [begin, yield* sys.clock_gettime(1)];
    }) as number[];
    expect(after! - before!).toBeGreaterThanOrEqual(3_000_000);
    expect(after! - before!).toBeLessThan(3_100_000);
  });

  test("gives the same trace for the same seed", () => {
    const trace = () => {
      const machine = boot({ seed: 7 });
      machine.spawn(function* sleeper(sys) {
        yield* sys.nanosleep(1_000_000);
        yield* sys.write(1, "a");
      });
      machine.spawn(function* worker(sys) {
        yield* sys.compute(3_000_000);
        yield* sys.write(1, "b");
      });
      machine.runUntilIdle();
      return JSON.stringify(machine.trace.events());
    };
    expect(trace()).toBe(trace());
  });
});
