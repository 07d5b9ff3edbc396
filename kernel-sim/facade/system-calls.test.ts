import { expect, test } from "vitest";
import type { KernelCode } from "../api/syscalls.ts";
import { boot, constants, type KernelQuestion, type Machine, SYSCALL_DEFINE } from "../index.ts";

const { EFAULT, EINVAL, ENOSYS, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } =
  constants as Record<string, number>;

/** Doubles a number of the user: the whole of a system call in four lines. */
const TWICE = SYSCALL_DEFINE("twice", function* (k, u) {
  const value = yield* k.get_user(u);
  if (value === undefined) return -EFAULT!;
  return yield* k.put_user(value * 2, u);
});

function call(machine: Machine, number: number, bytes: Uint8Array) {
  return machine.run(function* (sys) {
    return { answer: yield* sys.call(number, bytes), bytes };
  });
}

test("a system call that was added is found by its new number, and no kernel before has it", () => {
  const machine = boot();
  expect(call(machine, 470, Uint8Array.of(21, 0, 0, 0))).toMatchObject({ answer: -ENOSYS! });
  expect(machine.addSystemCall(TWICE)).toEqual({ number64: 470, number32: 470 });
  expect(call(machine, 470, Uint8Array.of(21, 0, 0, 0))).toEqual({
    answer: 0,
    bytes: Uint8Array.of(42, 0, 0, 0),
  });
  const row = machine.systemCalls().find(({ name }) => name === "twice");
  expect(row).toMatchObject({ number64: 470, number32: 470, isImplemented: true });
  expect(machine.trace.last("raw_syscalls:sys_exit")?.fields).toMatchObject({ ret: 0 });
  expect(() =>
    machine.addSystemCall(
      SYSCALL_DEFINE("two", function* (k) {
        return yield* k.load(0);
      }),
      { number64: 1 },
    ),
  ).toThrow("number 1 of the x86-64 table is write's");
});

/** Runs `body` as the code of a system call with the address of two pages of which the second is not mapped. */
function inKernel(
  body: (k: KernelCode, u: number) => Generator<object, number, unknown>,
  machine = boot({ cpus: 1 }),
) {
  const probe = SYSCALL_DEFINE("probe", function* (k, u) {
    return yield* body(k, u);
  });
  machine.addSystemCall(probe);
  const process = machine.spawn(function* (sys) {
    const u = yield* sys.mmap(0, 8192, PROT_READ! | PROT_WRITE!, MAP_PRIVATE! | MAP_ANONYMOUS!);
    yield* sys.munmap(u + 4096, 4096);
    return yield* sys.call("probe", u);
  });
  machine.runUntilIdle();
  return { machine, process };
}

test("copy_from_user answers what is missing, zeroes it, and its fault is repaired by the exception table", () => {
  const { machine, process } = inKernel(function* (k, u) {
    const buffer = yield* k.kmalloc(16);
    yield* k.memset(buffer, 0xff, 16);
    const left = yield* k.copy_from_user(buffer, u + 4090, 16);
    const behind = yield* k.load(buffer + 12);
    yield* k.kfree(buffer);
    return left * 1000 + behind;
  });
  expect(process.returned).toBe(10_000);
  const faults = machine.trace.events({ name: "exceptions:page_fault_kernel" });
  // The first page is brought in, the second is nobody's.
  expect(faults).toHaveLength(2);
  expect(machine.trace.last("exceptions:fixup_exception")?.fields).toMatchObject({
    ip: "_copy_from_user",
    type: "EX_TYPE_UACCESS",
    left: 10,
  });
  expect(machine.kernelAllocations()).toEqual([]);
});

test("a kernel address is refused like any other that is not the user's", () => {
  const { process } = inKernel(function* (k) {
    const buffer = yield* k.kmalloc(16);
    const left = yield* k.copy_from_user(buffer, buffer, 16);
    const there = (yield* k.get_user(buffer)) === undefined;
    return left + (there ? 100 : 0) + ((yield* k.access_ok(buffer, 1)) ? 1000 : 0);
  });
  expect(process.returned).toBe(116);
});

test.each([
  {
    name: "a pointer of the user is no pointer of the kernel",
    body: function* (k: KernelCode, u: number) {
      yield* k.put_user(7, u);
      return yield* k.load(u);
    },
    log: "#PF: error_code(0x0001) - permissions violation",
    signal: 9,
  },
  {
    name: "NULL is nobody's",
    body: function* (k: KernelCode) {
      yield* k.store(8, 1);
      return 0;
    },
    log: "BUG: kernel NULL pointer dereference, address: 0000000000000008",
    signal: 9,
  },
  {
    name: "a copy over the end of its object is stopped",
    body: function* (k: KernelCode, u: number) {
      const buffer = yield* k.kmalloc(16);
      yield* k.copy_from_user(buffer, u, 64);
      return 0;
    },
    log: "usercopy: Kernel memory overwrite attempt detected to SLUB object 'kmalloc-16' (offset 0, size 64)!",
    signal: 11,
  },
])("an oops ends the task and leaves the machine: $name", ({ body, log, signal }) => {
  const { machine, process } = inKernel(body);
  expect(machine.kernelLog).toContain(log);
  expect(process.signaled).toBe(signal);
  expect(
    machine.run(function* (sys) {
      return yield* sys.getpid();
    }),
  ).toBeGreaterThan(0);
});

test("overruns and leaks of kernel memory are found by the watchmen", () => {
  const { machine, process } = inKernel(function* (k, u) {
    const a = yield* k.kmalloc(10);
    const b = yield* k.kmalloc(10);
    yield* k.memset(b, 0, 10);
    yield* k.store(a + 16, 0xdead);
    const harmed = yield* k.load(b);
    yield* k.copy_to_user(u, a, 10);
    yield* k.kfree(b);
    yield* k.load(b);
    return harmed;
  });
  expect(process.returned).toBe(0xdead);
  expect(machine.kernelLog.filter((line) => line.startsWith("BUG"))).toEqual([
    "BUG: KMSAN: kernel-infoleak in _copy_to_user",
    "BUG: KASAN: slab-use-after-free in __do_sys_probe",
  ]);
});

test("between two reads of user memory another CPU can change it", () => {
  const machine = boot({ cpus: 2, seed: 3 });
  const fetch = SYSCALL_DEFINE("fetch", function* (k, u) {
    const first = yield* k.get_user(u);
    const second = yield* k.get_user(u);
    return first === second ? 0 : -EINVAL!;
  });
  machine.addSystemCall(fetch);
  const races = machine.run(function* (sys) {
    const u = yield* sys.mmap(0, 4096, PROT_READ! | PROT_WRITE!, MAP_PRIVATE! | MAP_ANONYMOUS!);
    yield* sys.thread(function* (other) {
      for (let i = 0; i < 2000; i++) {
        yield* other.store(u, Uint8Array.of(i));
        yield* other.compute(40);
      }
    });
    let lost = 0;
    for (let i = 0; i < 400; i++) if ((yield* sys.call("fetch", u)) < 0) lost++;
    return lost;
  });
  expect(races).toBeGreaterThan(0);
  expect(races).toBeLessThan(200);
});

test("what the code throws reaches who runs the machine", () => {
  const machine = boot();
  machine.addSystemCall(
    SYSCALL_DEFINE("broken", function* (k) {
      yield* k.printk("on my way");
      throw new RangeError("mine");
    }),
  );
  expect(() =>
    machine.run(function* (sys) {
      return yield* sys.call("broken");
    }),
  ).toThrow(RangeError);
});

test("code that runs elsewhere is asked step by step, and memory can change in between", async () => {
  const machine = boot({ cpus: 1 });
  const hosted = machine.hostSystemCall("twice", 1);
  const process = machine.spawn(function* (sys) {
    const bytes = Uint8Array.of(3, 0, 0, 0);
    return [yield* sys.call(470, bytes), bytes[0]];
  });
  const seen: string[] = [];
  const ask = async (question: KernelQuestion) => TWICE(structuredClone(question));
  await hosted.serve(ask, {
    before({ name, args }) {
      seen.push(name);
      if (name === "put_user") expect(args[0]).toBe(6);
    },
    after({ name, args }) {
      if (name === "put_user") process.store(Number(args[1]), Uint8Array.of(9));
    },
  });
  expect(seen).toEqual(["get_user", "put_user"]);
  expect(process.returned).toEqual([0, 9]);
});

test("code that runs elsewhere is not asked about what has but one answer", async () => {
  const machine = boot({ cpus: 1 });
  const hosted = machine.hostSystemCall("writes", 0);
  const writes = SYSCALL_DEFINE("writes", function* (k) {
    const at = yield* k.kmalloc(16);
    yield* k.store(at, 7, 1);
    const length = yield* k.strscpy(at + 1, "four", 8);
    const seven = yield* k.load(at, 1);
    yield* k.kfree(at);
    return length * 10 + seven;
  });
  const process = machine.spawn(function* (sys) {
    return yield* sys.call("writes");
  });
  const called: string[] = [];
  let questions = 0;
  await hosted.serve(
    async (question) => {
      questions++;
      return structuredClone(writes(question));
    },
    { before: ({ name }) => void called.push(name) },
  );
  expect(process.returned).toBe(47);
  expect(called).toEqual(["kmalloc", "store", "strscpy", "load", "kfree"]);
  // kmalloc; what follows up to load; the rest.
  expect(questions).toBe(3);
});

test.each([
  ["an oops in what runs ahead ends it", { name: "store", args: [8, 1, 4] }, 9],
  ["a name that no function of the kernel has is a bug", { name: "rm_rf", args: [] }, 11],
  ["what is no list of steps is nothing", "ahead" as never, undefined],
])("a hostile reply: %s", async (_, step, signaled) => {
  const machine = boot({ cpus: 1 });
  const hosted = machine.hostSystemCall("hostile", 0);
  const process = machine.spawn(function* (sys) {
    return yield* sys.call("hostile");
  });
  let asked = 0;
  await hosted.serve(async () => {
    if (asked++ > 0) return { kind: "return", value: 5 };
    const ahead = typeof step === "string" ? step : [{ kind: "call", ...step }];
    return { kind: "call", name: "kmalloc", args: [16], ahead };
  });
  expect(process.signaled).toBe(signaled);
  expect(asked).toBe(signaled === undefined ? 2 : 1);
  // Nothing of it is left for the next call.
  const next = machine.spawn(function* (sys) {
    return yield* sys.call("hostile");
  });
  await hosted.serve(async () => ({ kind: "return", value: 7 }));
  expect(next.returned).toBe(7);
});

test.each([
  // 0.01: setup to setsid. 5.6: up to 438, without twelve numbers; 6.18: up to 469, without eleven.
  { release: "0.01", rows: 67 },
  { release: "5.6", rows: 439 - 12 },
  { release: "6.18", rows: 470 - 11 },
])("the i386 table of $release has $rows rows", ({ release, rows }) => {
  const machine = boot();
  const order = (name: string) => {
    const [major = 0, minor = 0, patch = 0] = name.split(".").map(Number);
    return (major * 1000 + minor) * 1000 + patch;
  };
  const taken = machine.systemCalls().flatMap(({ taken32 }) => taken32 ?? []);
  expect(taken.filter((one) => order(one) <= order(release))).toHaveLength(rows);
});
