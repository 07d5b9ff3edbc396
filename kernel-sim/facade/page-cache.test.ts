import { expect, test } from "vitest";
import type { Machine } from "../api.ts";
import type { SystemCalls } from "../api-kernel.ts";
import { boot } from "../index.ts";

const KIB = 1024;
const O_RDWR_CREAT = 0o102;
const O_DIRECT = 0o40000;
const EINVAL = -22;
const TASK_UNINTERRUPTIBLE = 2;
const POSIX_FADV_RANDOM = 1;
const POSIX_FADV_WILLNEED = 3;

function machineWith(size: number): Machine {
  return boot({ seed: 1, cpus: 1, disk: { model: "ssd", files: { "/f": "x".repeat(size) } } });
}

function shell(machine: Machine, commands: string): string {
  const process = machine.spawn("/bin/sh", { argv: ["sh", "-c", commands] });
  machine.runUntilIdle();
  return process.output;
}

function queued(machine: Machine): number[] {
  return machine.trace
    .events({ name: "block:block_bio_queue" })
    .filter(({ fields }) => fields["rwbs"] === "R")
    .map(({ fields }) => Number(fields["sector"]));
}

test("who reads from front to back is read ahead for, and sleeps less often than there are pages", () => {
  const machine = machineWith(512 * KIB);
  const switches = machine.run(function* (sys: SystemCalls) {
    const fd = (yield* sys.open("/mnt/f")) as number;
    for (let n = 0; n < 128; n++) yield* sys.read(fd, 4096);
    return yield* sys.read((yield* sys.open("/proc/self/status")) as number, 4096);
  });
  const text = new TextDecoder().decode(switches as Uint8Array);
  const slept = Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]);
  expect(slept).toBeLessThan(40);
});

test("after POSIX_FADV_RANDOM a read brings what it needs; WILLNEED brings a range that nobody waits for", () => {
  const machine = machineWith(512 * KIB);
  const resident = machine.run(function* (sys: SystemCalls) {
    const fd = (yield* sys.open("/mnt/f")) as number;
    const address = (yield* sys.call("mmap", 0, 512 * KIB, 1, 2, fd, 0)) as number;
    const vec = new Uint8Array(128);
    const count = function* () {
      yield* sys.call("mincore", address, 512 * KIB, vec);
      return vec.reduce((sum, bit) => sum + (bit & 1), 0);
    };
    yield* sys.call("fadvise64", fd, 0, 0, POSIX_FADV_RANDOM);
    yield* sys.call("pread64", fd, new Uint8Array(4096), 4096, 64 * KIB);
    const one = (yield* count()) as number;
    const before = (yield* sys.clock_gettime()) as number;
    yield* sys.call("fadvise64", fd, 256 * KIB, 64 * KIB, POSIX_FADV_WILLNEED);
    const took = ((yield* sys.clock_gettime()) as number) - before;
    yield* sys.nanosleep(50_000_000);
    return [one, (yield* count()) as number, took < 50_000];
  });
  expect(resident).toEqual([1, 17, true]);
});

test("a page fault on a file of a disk sleeps, counts as major, and costs no time of the CPU", () => {
  const machine = machineWith(64 * KIB);
  const usage = machine.run(function* (sys: SystemCalls) {
    const fd = (yield* sys.open("/mnt/f")) as number;
    const address = (yield* sys.call("mmap", 0, 64 * KIB, 1, 2, fd, 0)) as number;
    const before = (yield* sys.clock_gettime()) as number;
    yield* sys.load(address + 5000, 1);
    const wall = ((yield* sys.clock_gettime()) as number) - before;
    const rusage = new Uint8Array(144);
    yield* sys.call("getrusage", 0, rusage);
    const view = new DataView(rusage.buffer);
    const systemNs =
      Number(view.getBigInt64(16, true)) * 1e9 + Number(view.getBigInt64(24, true)) * 1e3;
    return { wall, systemNs, major: Number(view.getBigInt64(72, true)) };
  }) as { wall: number; systemNs: number; major: number };
  expect(usage.major).toBe(1);
  expect(usage.wall).toBeGreaterThan(80_000);
  expect(usage.systemNs).toBeLessThan(usage.wall);
});

test("execve of a file that only the disk has sleeps until it is there", () => {
  const machine = boot({ seed: 1, cpus: 1, disk: { model: "hdd", mount: "/" } });
  expect(shell(machine, "uname; cat /proc/self/stat | cut -d' ' -f1 > /dev/null; echo $?")).toBe(
    "Linux\n0\n",
  );
  const names = machine.trace.events({ name: "sched:sched_switch" }).map(({ fields }) => fields);
  expect(
    names.some(
      (fields) =>
        fields["prev_comm"] === "sh" && Number(fields["prev_state"]) === TASK_UNINTERRUPTIBLE,
    ),
  ).toBe(true);
});

test("fsync writes contents and inode of its file; the names wait for the flusher, thirty seconds", () => {
  const machine = machineWith(100);
  const calls = machine.run(function* (sys: SystemCalls) {
    const fd = (yield* sys.open("/mnt/new", O_RDWR_CREAT, 0o644)) as number;
    yield* sys.write(fd, "hello");
    return yield* sys.call("fsync", fd);
  });
  expect(calls).toBe(0);
  const afterFsync = machine.disk!.sectorsWritten;
  // A block of 1024 bytes each.
  expect(afterFsync).toBe(4);
  machine.runFor(20e9);
  expect(machine.disk!.sectorsWritten).toBe(afterFsync);
  machine.runFor(16e9);
  expect(machine.disk!.sectorsWritten).toBeGreaterThan(afterFsync);
});

test("/proc/meminfo and /proc/vmstat tell what is dirty, and sync makes it clean", () => {
  const machine = machineWith(100);
  const output = shell(
    machine,
    "dd if=/dev/zero of=/mnt/z bs=4096 count=10 2> /dev/null; grep Dirty: /proc/meminfo; grep nr_dirty /proc/vmstat | head -n 1;" +
      " sync; grep Dirty: /proc/meminfo; grep nr_written /proc/vmstat",
  );
  expect(output).toBe(
    "Dirty:                40 kB\nnr_dirty 10\nDirty:                 0 kB\nnr_written 10\n",
  );
});

test("a writer stops at the limit until the disk has taken some of it", () => {
  const machine = boot({
    ...{ seed: 1, cpus: 1, disk: "hdd", memoryMiB: 16 },
    sysctl: { "vm.dirty_bytes": 64 * KIB, "vm.dirty_background_bytes": 32 * KIB },
  });
  const ns = machine.run(function* (sys: SystemCalls) {
    const fd = (yield* sys.open("/mnt/big", O_RDWR_CREAT, 0o644)) as number;
    const before = (yield* sys.clock_gettime()) as number;
    for (let n = 0; n < 64; n++) yield* sys.write(fd, new Uint8Array(4096));
    return ((yield* sys.clock_gettime()) as number) - before;
  });
  expect(ns).toBeGreaterThan(10_000_000);
});

test("O_DIRECT goes past memory, by whole sectors only", () => {
  const machine = machineWith(64 * KIB);
  const answers = machine.run(function* (sys: SystemCalls) {
    const fd = (yield* sys.open("/mnt/f", O_DIRECT)) as number;
    const odd = yield* sys.call("read", fd, new Uint8Array(100), 100);
    const first = yield* sys.call("read", fd, new Uint8Array(4096), 4096);
    return [odd, first];
  });
  expect(answers).toEqual([EINVAL, 4096]);
  const once = queued(machine).length;
  shell(machine, "head -c 4096 /mnt/f > /dev/null");
  expect(queued(machine).length).toBeGreaterThan(once);
});

test("clean pages of a disk make room when memory ends, so a file larger than memory can be read", () => {
  const machine = boot({
    ...{ seed: 1, cpus: 1, memoryMiB: 4 },
    disk: { model: "ssd", sizeMiB: 16, files: { "/f": "y".repeat(6 * KIB * KIB) } },
  });
  expect(shell(machine, "wc -c < /mnt/f")).toBe("6291456\n");
});
