import { describe, expect, test } from "vitest";
import type { SystemCalls } from "../api-kernel.ts";
import { boot, constants } from "../index.ts";

const { MAP_PRIVATE, MAP_ANONYMOUS, PROT_READ, PROT_WRITE, SIGSTOP } = constants as Record<
  string,
  number
>;
const PAGE = 4096;

/** Reads from an empty pipe, whose write end only the reader itself holds. */
function* forgetful(sys: SystemCalls) {
  const [read] = (yield* sys.pipe2()) as readonly [number, number];
  yield* sys.read(read, 1);
}

describe("what the kernel's state shows", () => {
  test("descriptors that fork has copied refer to the same open file, with one position", () => {
    const machine = boot({ cpus: 1 });
    machine.writeFile("/tmp/f", "abcdef");
    const parent = machine.spawn(function* parent(sys) {
      const fd = yield* sys.open("/tmp/f");
      if ((yield* sys.fork()) === 0) {
        yield* sys.read(fd, 4);
        yield* sys.pause();
      }
      yield* sys.pause();
    });
    machine.runUntilIdle();
    const rows = machine.kernel.descriptors().filter(({ path }) => path === "/tmp/f");
    expect(rows.map(({ fd, pos, sharedBy }) => [fd, pos, sharedBy])).toEqual([
      [3, 4, 2],
      [3, 4, 2],
    ]);
    expect(new Set(rows.map(({ openFile }) => openFile)).size).toBe(1);
    const [file] = machine.kernel.openFiles().filter(({ path }) => path === "/tmp/f");
    expect(file).toMatchObject({ type: "file", access: "r", count: 2, pos: 4 });
    expect(file?.descriptors).toEqual(rows.map(({ pid }) => `${pid}:3`));
    expect(String(machine.kernel.descriptors(parent.pid))).toMatch(/ 3 +-> +\d+ +4 +2 +\/tmp\/f$/m);
  });

  test("a child stands below its parent, and a thread below its process", () => {
    const machine = boot({ cpus: 1 });
    const { pid } = machine.spawn(function* parent(sys) {
      yield* sys.thread(function* thread(own) {
        yield* own.pause();
      });
      if ((yield* sys.fork()) === 0) yield* sys.pause();
      yield* sys.wait4();
    });
    machine.runUntilIdle();
    const tree = machine.kernel.processTree();
    const at = tree.findIndex((row) => row.pid === pid);
    expect(tree.slice(at).map(({ depth, call, state }) => [depth, call, state])).toEqual([
      [1, "wait4", "S"],
      [2, "pause", "S"],
      [2, "pause", "S"],
    ]);
    expect(String(tree).split("\n").at(-1)).toMatch(/^ {2}`-parent,\d+ S pause\(\)$/);
    expect(String(tree)).toMatch(/^`-parent,\d+ S wait4\(\)\n {2}\|-\{parent\},\d+ S pause\(\)$/m);
  });

  test("a page is present once it was touched, and its walk ends at the frame", () => {
    const machine = boot({ cpus: 1 });
    let address = 0;
    const { pid } = machine.spawn(function* maps(sys) {
      address = yield* sys.mmap(
        0,
        3 * PAGE,
        PROT_READ! | PROT_WRITE!,
        MAP_PRIVATE! | MAP_ANONYMOUS!,
      );
      yield* sys.store(address + PAGE, new Uint8Array([7]));
      yield* sys.pause();
    });
    machine.runUntilIdle();
    const mapping = machine.kernel.addressSpace(pid).find((row) => row.start === address);
    expect(mapping).toMatchObject({ perms: "rw-p", pages: 3, present: 1, name: "" });
    const pages = machine.kernel.pages(pid, address, address + 3 * PAGE);
    expect(pages).toMatchObject([{ address: address + PAGE, write: true, exec: false, mapped: 1 }]);
    const walk = machine.kernel.pageWalk(pid, address + PAGE);
    expect(walk.map(({ level }) => level)).toEqual(["pgd", "pud", "pmd", "pte"]);
    expect(walk[3]).toMatchObject({ present: true, pfn: pages[0]!.pfn, user: true, noExec: true });
    expect(machine.kernel.pageWalk(pid, address).at(-1)).toMatchObject({ present: false });
    expect([...machine.kernel.memory(pid, address + PAGE, 1)!]).toEqual([7]);
  });

  test("the arguments of a sleeping call stand in the saved registers", () => {
    const machine = boot({ cpus: 1 });
    const { pid } = machine.spawn(function* reads(sys) {
      const [read] = (yield* sys.pipe2()) as readonly [number, number];
      yield* sys.read(read, 9);
    });
    machine.runUntilIdle();
    const registers = Object.fromEntries(
      machine.kernel.registers(pid).map(({ register, value }) => [register, value]),
    );
    expect(registers).toMatchObject({ orig_rax: 0, rdi: 3, rdx: 9, cs: 0x33 });
    const stack = machine.kernel.stack(pid, 2);
    expect(stack[0]).toMatchObject({ address: registers["rsp"] });
    expect(machine.kernel.addressSpace(pid).find(({ name }) => name === "[stack]")).toBeDefined();
  });

  test("who runs stands on its CPU, who is ready behind it", () => {
    const machine = boot({ cpus: 1 });
    for (let i = 0; i < 3; i++) {
      machine.spawn(function* computes(sys) {
        yield* sys.compute(50e6);
      });
    }
    machine.runFor(10e6);
    const [queue] = machine.kernel.runQueues();
    expect(queue).toMatchObject({ cpu: 0, needResched: false });
    expect(queue!.ready.length).toBe(2);
    expect(machine.kernel.why(queue!.ready[0]!)).toMatchObject([{ state: "R", isStuck: false }]);
  });
});

describe("why a task does not run", () => {
  test("a reader that holds the write end itself waits for ever, and the view says so", () => {
    const machine = boot({ cpus: 1 });
    const { pid } = machine.spawn(forgetful);
    machine.runUntilIdle();
    const why = machine.kernel.why(pid);
    expect(why).toMatchObject([{ pid, wokenBy: [pid], isStuck: true, until: undefined }]);
    expect(String(why)).toMatch(
      /^forgetful \(\d+\): sleeps in read\(3, …\) and waits for data in pipe:\[\d+\]; hold its write end: it itself; a signal would wake it\. Nobody who could wake it will ever run: a deadlock\.$/,
    );
    expect(machine.kernel.waitQueues()).toMatchObject([
      { waiters: [pid], exclusive: [pid], wakers: [pid] },
    ]);
  });

  test("the chain goes from the waiting parent to the child that sleeps until its time is up", () => {
    const machine = boot({ cpus: 1 });
    const { pid } = machine.spawn(function* parent(sys) {
      if ((yield* sys.fork()) === 0) yield* sys.nanosleep(5e9);
      else yield* sys.wait4();
    });
    machine.runFor(1e9);
    const why = machine.kernel.why(pid);
    expect(why.map(({ wokenBy, isStuck }) => [wokenBy.length, isStuck])).toEqual([
      [1, false],
      [0, false],
    ]);
    expect(why[0]!.waitsFor).toMatch(/^a child of parent \(\d+\) to end or stop$/);
    expect(why[1]!.until).toBeGreaterThan(5e9);
    expect(why[1]!.until).toBeLessThan(5.1e9);
  });

  test("two processes with a lock each that want the other's are both stuck", () => {
    const machine = boot({ cpus: 1 });
    machine.writeFile("/tmp/a", "");
    machine.writeFile("/tmp/b", "");
    const takes = (first: string, second: string) =>
      function* takes(sys: SystemCalls) {
        const [one, two] = [yield* sys.open(first), yield* sys.open(second)];
        yield* sys.call("flock", one, 2);
        yield* sys.compute(20e6);
        yield* sys.call("flock", two, 2);
      };
    const a = machine.spawn(takes("/tmp/a", "/tmp/b"));
    const b = machine.spawn(takes("/tmp/b", "/tmp/a"));
    machine.runUntilIdle();
    const why = machine.kernel.why(a.pid);
    expect(why.map(({ pid, wokenBy, isStuck }) => [pid, [...wokenBy], isStuck])).toEqual([
      [a.pid, [b.pid], true],
      [b.pid, [a.pid], true],
    ]);
    expect(why[0]!.text).toContain("the lock on /tmp/b; holds the lock: takes");
  });

  test("a ready task says who has taken its CPU, or has woken it", () => {
    const machine = boot({ cpus: 1 });
    const one = machine.spawn(function* one(sys) {
      yield* sys.compute(50e6);
    });
    const two = machine.spawn(function* two(sys) {
      yield* sys.compute(50e6);
    });
    machine.runFor(10e6);
    const texts = [one.pid, two.pid].map((pid) => machine.kernel.why(pid)[0]!.text).sort();
    expect(texts[0]).toMatch(
      /is ready on CPU 0, where .* runs; 0 stand before it; it was preempted by/,
    );
    expect(texts[1]).toBe("runs on CPU 0");
  });

  test("who reads from a disk waits for the disk, and no signal wakes it", () => {
    const machine = boot({ cpus: 1, disk: "hdd" });
    const { pid } = machine.spawn(function* reader(sys) {
      const fd = (yield* sys.open("/dev/sda")) as number;
      yield* sys.read(fd, 4096);
    });
    machine.runFor(1e6);
    const [why] = machine.kernel.why(pid);
    expect(why!.text).toMatch(
      /sleeps in read\(3, …\) and waits for the disk sda, which has .* to serve/,
    );
    expect(why!.text).toContain("no signal wakes it");
    expect(why).toMatchObject({ state: "D", isStuck: false });
  });

  test("a task that has used up its deadline budget is throttled, not asleep", () => {
    const machine = boot({ cpus: 1 });
    const { pid } = machine.spawn(function* greedy(sys) {
      const attr = new Uint8Array(48);
      const view = new DataView(attr.buffer);
      view.setUint32(0, 48, true);
      view.setUint32(4, 6, true);
      view.setUint32(24, 2e6, true);
      view.setUint32(32, 20e6, true);
      view.setUint32(40, 20e6, true);
      yield* sys.call("sched_setattr", 0, attr, 0);
      yield* sys.compute(50e6);
    });
    machine.runFor(8e6);
    expect(machine.kernel.why(pid)[0]!.text).toMatch(
      /^has used up the 2000000 ns that SCHED_DEADLINE gives it in a period; it gets more in \d+ ns$/,
    );
  });

  test("a stopped and an ended process say what they wait for", () => {
    const machine = boot({ cpus: 1 });
    const parent = machine.spawn(function* parent(sys) {
      if ((yield* sys.fork()) === 0) yield* sys.exit(0);
      const child = yield* sys.fork();
      if (child === 0) yield* sys.pause();
      yield* sys.kill(child, SIGSTOP!);
      yield* sys.pause();
    });
    machine.runUntilIdle();
    const [zombie, stopped] = machine.kernel
      .processTree()
      .filter(({ ppid }) => ppid === parent.pid);
    expect(machine.kernel.why(zombie!.pid)[0]).toMatchObject({ state: "Z", isStuck: false });
    expect(machine.kernel.why(stopped!.pid)[0]!.text).toBe("is stopped; SIGCONT lets it go on");
    expect(machine.kernel.why(9999)).toEqual([]);
  });

  test("lines of devices tell where they go, CPUs what they serve", () => {
    const machine = boot({ cpus: 2, disk: "hdd" });
    machine.spawn(function* writes(sys) {
      const fd = yield* sys.open("/mnt/file", 0o102);
      yield* sys.write(fd, "text");
      yield* sys.call("fsync", fd);
    });
    machine.runUntilIdle();
    const { kernel, trace } = machine;
    const [line] = kernel.interruptLines();
    expect(line).toMatchObject({ irq: 27, trigger: "edge", cpu: 0, isMasked: false, depth: 0 });
    expect(line!.counts[0]).toBe(trace.count("irq:irq_handler_entry"));
    expect(String(kernel.interruptLines()).split("\n")[1]).toMatch(/^ 27 .* open +\d+ +ahci/);
    const at = trace.events().find(({ name }) => name === "irq:softirq_entry")!.seq;
    const [cpu] = machine.past.at(at).cpuInterrupts();
    expect(cpu).toMatchObject({ flag: true, requested: [], inService: [] });
    expect(cpu!.preemptCount & 0xff00).toBe(256);
    expect(String(kernel.cpuInterrupts()).split("\n")).toHaveLength(3);
  });
});
