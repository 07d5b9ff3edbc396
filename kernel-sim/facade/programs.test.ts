import { describe, expect, test } from "vitest";
import type { ResourceUsage, SystemCalls, SystemInfo } from "../api-kernel.ts";
import { boot, bpf, constants } from "../index.ts";

const { AF_INET = 0, EACCES = 0, EADDRINUSE = 0, RUSAGE_SELF = 9, SOCK_STREAM = 0 } = constants;

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

  test("tells a program what it has used, and what memory is free", () => {
    const machine = boot({ cpus: 1, memoryMiB: 16 });
    const [usage, info] = machine.run(function* accounts(sys) {
      yield* sys.compute(5_000_000);
      yield* sys.nanosleep(1_000_000);
      return [yield* sys.getrusage(RUSAGE_SELF), yield* sys.sysinfo()];
    }) as [ResourceUsage, SystemInfo];
    expect(usage).toMatchObject({ utimeNs: 5_000_000, nvcsw: 1, nivcsw: 0, majflt: 0 });
    expect(info.totalramBytes).toBeLessThan(16 * 1024 * 1024);
    expect(info.freeramBytes).toBeLessThan(info.totalramBytes);
  });

  test("gives a port to one socket, and a low one to root alone", () => {
    const server = (port: number) =>
      function* server(sys: SystemCalls) {
        const fd = yield* sys.socket(AF_INET, SOCK_STREAM);
        return [yield* sys.bind(fd, { port, addr: "127.0.0.1" }), yield* sys.listen(fd)];
      };
    const machine = boot();
    expect(machine.run(server(80), { uid: 1000 })).toEqual([-EACCES, 0]);
    expect(machine.run(server(80))).toEqual([0, 0]);
    const taken = machine.run(function* two(sys) {
      const [a, b] = [
        yield* sys.socket(AF_INET, SOCK_STREAM),
        yield* sys.socket(AF_INET, SOCK_STREAM),
      ];
      return [yield* sys.bind(a, { port: 80 }), yield* sys.bind(b, { port: 80 })];
    });
    expect(taken).toEqual([0, -EADDRINUSE]);
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

  test("without a timer, whoever has the only CPU keeps it", () => {
    const machine = boot({ cpus: 1, timer: false });
    const hog = machine.spawn(function* hog(sys) {
      yield* sys.compute(1_000_000_000);
    });
    const other = machine.spawn(function* other(sys) {
      yield* sys.getpid();
    });
    machine.runFor(900_000_000);
    expect([hog.state, other.state]).toEqual(["R", "R"]);
    expect(machine.trace.count("irq_vectors:local_timer_entry")).toBe(0);
    machine.runUntilIdle();
    expect([hog.exited, other.exited]).toEqual([0, 0]);
  });

  test("what follows a computation happens when it is over, and a timer interrupts whoever runs", () => {
    const machine = boot({ cpus: 1 });
    const sleeper = machine.spawn(function* sleeper(sys) {
      yield* sys.nanosleep(1_000_000);
    });
    const hog = machine.spawn(function* hog(sys) {
      yield* sys.compute(2_500_000);
      yield* sys.write(1, "x");
    });
    const start = machine.now();
    machine.runUntilIdle();
    const write = machine.trace.events({ name: "raw_syscalls:sys_enter", pid: hog.pid }).at(0);
    expect((write?.time ?? 0) - start).toBeGreaterThan(2_500_000);
    const wakeup = machine.trace
      .events({ name: "sched:sched_wakeup" })
      .find(({ fields }) => fields["pid"] === sleeper.pid);
    // In the trace, too, the task of an interrupt is the one it has interrupted.
    expect(wakeup?.pid).toBe(hog.pid);
  });

  test("the timeline says what a CPU does at each instant, without a gap", () => {
    const machine = boot({ cpus: 2, timeline: true });
    for (let i = 0; i < 3; i++) {
      machine.spawn(function* worker(sys) {
        yield* sys.compute(6_000_000);
        yield* sys.nanosleep(500_000);
        yield* sys.store(yield* sys.mmap(0, 4096, 3, 0x22), new Uint8Array([1]));
        yield* sys.write(1, "x");
      });
    }
    machine.runUntilIdle();
    const switches = machine.trace.events({ name: "sched:sched_switch" });
    for (const { pid, cpu, fields } of switches) {
      expect(pid).toBe(fields["prev_pid"]);
      if (pid === 0) expect(fields["prev_comm"]).toBe(`swapper/${cpu}`);
    }
    for (const cpu of [0, 1]) {
      const stretches = machine.timeline().filter((stretch) => stretch.cpu === cpu);
      stretches.slice(1).forEach(({ from }, i) => {
        expect(from).toBe(stretches[i]?.to);
      });
    }
    const user = machine.timeline().filter(({ cpl }) => cpl === 3);
    expect(user.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(18_000_000);
    expect(
      user.every(({ preemptCount, doing }) => preemptCount === 0 && doing === "user code"),
    ).toBe(true);
    for (const { pid, utimeNs, stimeNs } of machine.processes().filter(({ pid }) => pid > 1)) {
      const own = machine.timeline().filter(({ chargedTo }) => chargedTo === pid);
      const sum = own.reduce((ns, { from, to }) => ns + to - from, 0);
      expect(sum).toBe(utimeNs + stimeNs);
    }
    const inKernel = new Set(machine.timeline().map(({ doing }) => doing));
    for (const doing of ["write", "exception", "interrupt", "idle", "schedule", "nanosleep"]) {
      expect(inKernel).toContain(doing);
    }
  });

  test.each([
    { name: "an address without a page", address: 0, code: 4 },
    { name: "the kernel's half", address: 0xffffffff81000000, code: 5 },
  ])("a load from $name faults as the processor says", ({ address, code }) => {
    const machine = boot();
    const { pid } = machine.spawn(function* wild(sys) {
      yield* sys.load(address, 1);
    });
    machine.runUntilIdle();
    const [fault] = machine.trace.events({ name: "exceptions:page_fault_user", pid });
    expect(fault?.fields).toMatchObject({ address, error_code: code });
  });

  test("a store to a page that was read faults twice: it is brought, then copied", () => {
    const machine = boot();
    const { pid } = machine.spawn(function* writer(sys) {
      const at = yield* sys.mmap(0, 4096, 3, 0x22);
      yield* sys.load(at, 1);
      yield* sys.store(at, new Uint8Array([1]));
      yield* sys.store(at, new Uint8Array([2]));
    });
    machine.runUntilIdle();
    const faults = machine.trace.events({ name: "exceptions:page_fault_user", pid });
    expect(faults.map(({ fields }) => fields["error_code"])).toEqual([4, 7]);
  });

  test("the children of a thread are listed, first-born first", () => {
    const machine = boot({ cpus: 1 });
    const list = machine.run(function* parent(sys) {
      const born = [];
      for (let i = 0; i < 3; i++) {
        const pid = yield* sys.fork();
        if (pid === 0) yield* sys.pause();
        born.push(pid);
      }
      const fd = yield* sys.open("/proc/thread-self/children");
      const text = yield* sys.read(fd, 100);
      for (const pid of born) yield* sys.kill(pid, 9);
      return [born, String.fromCharCode(...(text as Uint8Array))];
    }) as [number[], string];
    expect(list[1]).toBe(list[0].map((pid) => `${pid} `).join(""));
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
