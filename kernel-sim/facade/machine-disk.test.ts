import { expect, test } from "vitest";
import type { Machine } from "../api.ts";
import type { SystemCalls } from "../api-kernel.ts";
import type { DiskModel } from "../api-machine.ts";
import { Clock } from "../hw/clock.ts";
import { boot } from "../index.ts";
import { watchKernel } from "../kernel/check-kernel.ts";
import { TraceRing } from "../trace/ring.ts";
import { programFile } from "../user/program-file.ts";
import { LivingKernel } from "./living-kernel.ts";

const TEXT = "All work and no play.\n".repeat(800);

function machineWith(model: DiskModel): Machine {
  return boot({ seed: 1, disk: { model, files: { "docs/text": TEXT } } });
}

/** The bytes of a file of the disk and the time it took. */
function* readAll(sys: SystemCalls): Generator<object, { bytes: number; ns: number }, never> {
  const begin = (yield* sys.clock_gettime(1)) as number;
  const fd = (yield* sys.open("/mnt/docs/text")) as number;
  let bytes = 0;
  for (;;) {
    const got = yield* sys.read(fd, 4096);
    if (typeof got === "number" || got.length === 0) break;
    bytes += got.length;
  }
  yield* sys.close(fd);
  return { bytes, ns: ((yield* sys.clock_gettime(1)) as number) - begin };
}

test("one program reads the same bytes from every disk, and only the time differs", () => {
  const models = ["ssd", "hdd", "hdd-1991", "floppy"] as const;
  const runs = models.map(
    (model) => machineWith(model).run(readAll) as { bytes: number; ns: number },
  );
  for (const { bytes } of runs) expect(bytes).toBe(TEXT.length);
  const times = runs.map(({ ns }) => ns);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times[3]! / times[0]!).toBeGreaterThan(500);
});

test("what is read a second time comes from memory", () => {
  const machine = machineWith("hdd");
  const cold = machine.run(readAll) as { ns: number };
  const { sectorsRead } = machine.disk!;
  const warm = machine.run(readAll) as { ns: number };
  expect(machine.disk!.sectorsRead).toBe(sectorsRead);
  expect(warm.ns * 100).toBeLessThan(cold.ns);
});

test("the disk, the trace, /proc/diskstats and the process agree on what was moved", () => {
  const machine = machineWith("ssd");
  const process = machine.spawn("/bin/cat", { argv: ["cat", "/mnt/docs/text", "/proc/self/io"] });
  machine.runUntilIdle();
  const issued = machine.trace
    .events({ name: "block:block_rq_issue" })
    .filter(({ fields }) => fields["rwbs"] === "R")
    .reduce((sum, event) => sum + Number(event.fields["nr_sector"]), 0);
  const { disk } = machine;
  expect(disk!.sectorsRead).toBe(issued);
  expect(process.output).toContain(`read_bytes: ${issued * 512}\n`);
  const numbers = machine.readFile("/proc/diskstats")!.trim().split(/\s+/);
  expect(numbers.slice(0, 6)).toEqual(
    ["259", "0", "nvme0n1", disk!.reads, disk!.merges, issued].map(String),
  );
  // The time of the last access is written back some seconds later.
  expect(disk!.writes).toBeGreaterThan(0);
  const requests = disk!.reads + disk!.writes;
  expect(machine.trace.count("irq:irq_handler_entry")).toBe(requests);
  expect(machine.trace.count("irq:irq_handler_exit")).toBe(requests);
});

test("what a program writes is on the medium after fsync, and before that it is not", () => {
  const machine = boot({ seed: 1, disk: "hdd" });
  const find = () => {
    const { sectors, sector } = machine.disk!;
    const first = (n: number) => String.fromCharCode(...sector(n).subarray(0, 6));
    for (let n = 0; n < sectors; n++) if (first(n) === "needle") return true;
    return false;
  };
  machine.run(function* (sys) {
    const fd = yield* sys.open("/mnt/f", 0o101, 0o644);
    yield* sys.write(fd, "needle");
  });
  expect(find()).toBe(false);
  machine.run(function* (sys) {
    const fd = yield* sys.open("/mnt/f");
    return yield* sys.call("fsync", fd);
  });
  expect(find()).toBe(true);
});

test("the raw disk can be read through its device file", () => {
  const machine = machineWith("floppy");
  const magic = machine.run(function* (sys) {
    const fd = yield* sys.open("/dev/fd0");
    yield* sys.lseek(fd, 1024 + 56);
    return yield* sys.read(fd, 2);
  });
  expect(magic).toEqual(Uint8Array.of(0x53, 0xef));
});

test("a machine of 1991 is slower in everything, and settings come from boot()", () => {
  const program = function* (sys: SystemCalls) {
    yield* sys.getpid();
    return yield* sys.clock_gettime(1);
  };
  const machine = boot({ seed: 1, profile: "pc-1991", sysctl: { "kernel.pid_max": 400 } });
  expect(machine.cpus).toBe(1);
  expect(machine.disk!.path).toBe("/dev/hda");
  expect(machine.readFile("/proc/sys/kernel/pid_max")).toBe("400\n");
  const now = boot({ seed: 1 }).run(program) as number;
  expect(machine.run(program) as number).toBeGreaterThan(20 * now);
  expect(() => boot({ sysctl: { "kernel.pid_max": -1 } }).now()).not.toThrow();
  expect(() => boot({ sysctl: { "kernel.pid_max": -1 } }).processes()).toThrow(/pid_max.*EINVAL/);
});

test("a machine whose programs use the disk at the same time is in order after each step", () => {
  const living = new LivingKernel({ seed: 1, disk: "hdd" }, 2, new Clock(), new TraceRing());
  const wrong: string[] = [];
  watchKernel(living.kernel, (found) => wrong.push(...found));
  for (let i = 0; i < 4; i++) {
    living.spawn(function* user(sys) {
      const fd = yield* sys.open(`/mnt/file${i}`, 0o102, 0o644);
      for (let n = 0; n < 6; n++) {
        yield* sys.write(fd, "x".repeat(700 * (i + 1)));
        if (n % 3 === i % 3) yield* sys.call("fsync", fd);
      }
      yield* sys.unlink(`/mnt/file${(i + 1) % 4}`);
      const bytes = yield* sys.call("pread64", fd, new Uint8Array(100), 100, 0);
      return bytes === 100 ? 0 : 1;
    }, {});
  }
  living.guarded(() => living.kernel.run());
  expect(wrong).toEqual([]);
  expect(living.disk!.inFlight).toBe(0);
  expect(living.disk!.writes).toBeGreaterThan(10);
});

test("programs on the disk are found and run, though nothing of them is in memory", () => {
  const files = { "bin/show": programFile("/bin/echo"), "run.sh": "#!/mnt/bin/show a\n" };
  const machine = boot({ seed: 1, disk: { model: "hdd", files } });
  machine.run(function* (sys) {
    yield* sys.chmod("/mnt/bin/show", 0o755);
    yield* sys.chmod("/mnt/run.sh", 0o755);
  });
  const process = machine.spawn("/bin/sh", { argv: ["sh", "-c", "/mnt/run.sh b"] });
  machine.runUntilIdle();
  expect(process.output).toBe("a /mnt/run.sh b\n");
  const cold = boot({ seed: 1, disk: { model: "hdd", files } });
  expect(
    cold.run(function* (sys) {
      return yield* sys.execve("/mnt/bin/show");
    }),
  ).toBe(-13);
});

test("a mapping of a large file reaches through indirect blocks that are not in memory", () => {
  const data = new Uint8Array(300_000).map((_, i) => (i >> 10) & 0xff);
  const machine = boot({ seed: 1, disk: { model: "ssd", files: { data } } });
  const bytes = machine.run(function* (sys) {
    const fd = yield* sys.open("/mnt/data");
    const at = yield* sys.mmap(0, 300_000, 1, 2, fd, 0);
    const first = (yield* sys.load(at + 299_000, 1))[0];
    const second = (yield* sys.load(at + 20_480, 1))[0];
    return [first, second];
  });
  expect(bytes).toEqual([(299_000 >> 10) & 0xff, 20]);
});
