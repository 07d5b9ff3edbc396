import fc from "fast-check";
import { expect, test } from "vitest";
import { boot, i386 } from "../../../../index.ts";
import { readLibrary } from "../../asm/elf-dynamic.ts";
import { ESP } from "../../registers.ts";
import { runUntilTrap } from "../../run.ts";
import { CODE, DATA, userMachine } from "../../test-machine.ts";
import { assembleVdso32 } from "./assemble32.ts";
import { image32Bytes, offset32 } from "./image32.ts";
import { VDSO32_CODE, VDSO32_LABELS } from "./vdso-image-32.ts";

const image = image32Bytes(8192);

/** A program that does something with the image, whose address is in EBX, and leaves 16 words from `out` on in a file. */
function program(body: string): string {
  return `
    _start:
      mov (%esp), %eax
      lea 8(%esp,%eax,4), %esi
    env: lodsl
      test %eax, %eax
      jnz env
    aux: lodsl
      mov %eax, %edx
      lodsl
      cmp $33, %edx
      jne aux
      mov %eax, image
      mov %eax, %ebx
      ${body}
      mov $8, %eax; mov $path, %ebx; mov $0x1b6, %ecx; int $0x80
      mov %eax, %ebx; mov $4, %eax; mov $out, %ecx; mov $64, %edx; int $0x80
      mov $1, %eax; xor %ebx, %ebx; int $0x80
    .data
    path: .asciz "/tmp/words"
    .bss
    image: .skip 4
    out: .skip 64`;
}

/** Calls a function of the image with two arguments. */
function call(name: keyof typeof VDSO32_LABELS, first: string, second: string): string {
  const at = offset32(name);
  return `push ${second}; push ${first}; mov image, %eax; add $${at}, %eax; call *%eax; add $8, %esp`;
}

/** A call of the kernel with two arguments. */
function trap(number: number, first: string, second: string): string {
  return `mov $${number}, %eax; mov ${first}, %ebx; mov ${second}, %ecx; int $0x80`;
}

/** The words that a program leaves, and the calls that it makes. */
function run(body: string, options: { readonly timer?: boolean; readonly cpus?: number } = {}) {
  const machine = boot({ seed: 1, cpus: 1, ...options });
  const process = machine.spawn(i386.asm(program(body)));
  machine.runUntilIdle();
  const words = new Int32Array(16);
  machine.run(function* (sys) {
    const fd = yield* sys.open("/tmp/words");
    new Uint8Array(words.buffer).set((yield* sys.read(fd, 64)) as Uint8Array);
  });
  const calls = machine.trace
    .events({ name: "raw_syscalls:sys_enter" })
    .filter(({ pid }) => pid === process.pid)
    .map(({ fields }) => fields["id"]);
  return { words: [...words], calls, process };
}

test("the stored code is what its source says, and ends with the image's first page", () => {
  expect(assembleVdso32()).toEqual({ code: VDSO32_CODE, labels: VDSO32_LABELS });
  expect(image.slice(4096)).toEqual(new Uint8Array(4096));
});

test("the image is a library with the functions of Linux", () => {
  const facts = readLibrary(image);
  expect(facts?.soname).toBe("linux-gate.so.1");
  expect(facts?.symbols.map(({ name }) => name)).toEqual([
    ...["__vdso_clock_gettime", "__vdso_gettimeofday", "__vdso_time", "__vdso_clock_getres"],
    ...["__vdso_clock_gettime64", "__vdso_getcpu", "__kernel_vsyscall", "__kernel_sigreturn"],
    ...["__kernel_rt_sigreturn", "LINUX_2.6", "LINUX_2.5"],
  ]);
});

test.each([0, 1, 4, 7, 11])("clock %i is read between two calls that ask for it", (clock) => {
  const { words, calls } = run(
    `${trap(265, `$${clock}`, "$out")}
    ${call("__vdso_clock_gettime", `$${clock}`, "$out+8")}
    mov %eax, out+32
    ${call("__vdso_clock_gettime64", `$${clock}`, "$out+16")}
    ${trap(265, `$${clock}`, "$out+36")}`,
  );
  const [sec1, ns1, sec2, ns2, sec3, high3, ns3, high4, result, sec4, ns4] = words;
  expect([result, high3, high4]).toEqual([0, 0, 0]);
  expect([sec2, sec3, sec4]).toEqual([sec1, sec1, sec1]);
  expect(ns2).toBeGreaterThan(ns1!);
  // Thirty instructions are 10 ns and more.
  expect(ns3! - ns2!).toBeGreaterThan(9);
  expect(ns3! - ns2!).toBeLessThan(40);
  expect(ns4).toBeGreaterThan(ns3!);
  expect(calls.filter((id) => id === 265)).toHaveLength(2);
});

test.each([5, 6])("the coarse clock %i is what the last tick made it", (clock) => {
  const { words } = run(
    `movl $9000000, out+4; ${trap(162, "$out", "$0")}
    ${trap(265, `$${clock}`, "$out")}
    ${call("__vdso_clock_gettime", `$${clock}`, "$out+8")}`,
  );
  expect(words.slice(2, 4)).toEqual(words.slice(0, 2));
  expect(words[3]! % 4_000_000).toBe(0);
  expect(words[3]).toBeGreaterThan(0);
});

test("a machine without a timer has the right time all the same", () => {
  const machine = boot({ seed: 1, cpus: 1, timer: false });
  const times: number[] = [];
  machine.run(function* (sys) {
    yield* sys.compute(3e9);
    yield* sys.vdso_clock_gettime(1);
    times.push(yield* sys.vdso_clock_gettime(1), yield* sys.clock_gettime(1));
  });
  expect(times[1]! - times[0]!).toBe(22);
});

test("the code computes with 96 bits and takes the counter of another processor for none too early", () => {
  const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const run = fc.property(
    fc.record({
      last: u32,
      passed: fc.bigInt({ min: -5000n, max: 2n ** 44n }),
      mult: u32,
      ns: u32,
    }),
    ({ last, passed, mult, ns }) => {
      const machine = bareMachine();
      const cycleLast = 2n ** 50n + BigInt(last);
      machine.put(8, cycleLast);
      machine.put(32, BigInt(mult) | (24n << 32n));
      machine.put(40, 77n);
      machine.put(48, BigInt(ns) << 20n);
      machine.cpu.tsc = () => Number(cycleLast + passed);
      const delta = passed < 0n ? 0n : passed;
      const total = (delta * BigInt(mult) + (BigInt(ns) << 20n)) >> 24n;
      // Who has not looked for hours would go round in a loop for every second.
      fc.pre(total < 2000n * 10n ** 9n);
      expect(machine.call()).toEqual([77n + total / 10n ** 9n, total % 10n ** 9n]);
    },
  );
  fc.assert(run, { numRuns: 60 });
});

test("while the kernel writes, the code waits; what it had read before is read again", () => {
  const machine = bareMachine();
  machine.put(32, (1n << 24n) | (24n << 32n));
  machine.put(0, 7n | (1n << 32n));
  machine.cpu.tsc = () => 5;
  expect(machine.call()).toBe("budget");
  machine.put(0, 8n | (1n << 32n));
  machine.cpu.tsc = () => {
    // An update between the counter and the second look at the number.
    machine.put(0, 10n | (1n << 32n));
    machine.put(48, 100n << 24n);
    return 6;
  };
  expect(machine.goOn()).toEqual([0n, 106n]);
});

/** The image on a processor without a kernel, with pages of data and a stack. */
function bareMachine() {
  const { cpu, memory, tables, code, data } = userMachine();
  code.bytes.set(image.subarray(0, 4096));
  const page = memory.physFrame(4);
  tables.mapPage(CODE - 0x6000, 4, { user: true, write: false });
  const view = new DataView(page.bytes.buffer, page.bytes.byteOffset, 4096);
  const stack = new DataView(data.bytes.buffer, data.bytes.byteOffset, 4096);
  const put = (at: number, value: bigint) => view.setBigUint64(at, BigInt.asUintN(64, value), true);
  put(0, 8n | (1n << 32n));
  const goOn = () => {
    // It returns to where nothing is mapped.
    const trap = runUntilTrap(cpu, 100_000);
    if (trap.kind === "budget") return trap.kind;
    return [stack.getBigUint64(16, true), stack.getBigUint64(24, true)];
  };
  const call = () => {
    cpu.r[ESP] = DATA + 4080;
    stack.setUint32(4080, 0, true);
    stack.setUint32(4084, 0, true);
    stack.setUint32(4088, DATA + 16, true);
    cpu.eip = CODE + offset32("__vdso_clock_gettime64");
    return goOn();
  };
  return { cpu, put, call, goOn };
}

test.each([
  { name: "a clock of CPU time is the kernel's business", clock: 2, number: 265, answer: 0 },
  { name: "so is a clock that there is not", clock: 12, number: 265, answer: -22 },
  { name: "and one with a number below zero", clock: -1, number: 265, answer: -22 },
])("$name", ({ clock, number, answer }) => {
  const { words, calls } = run(
    `${call("__vdso_clock_gettime", `$${clock}`, "$out+8")}; mov %eax, out`,
  );
  expect(calls).toContain(number);
  expect(words[0]).toBe(answer);
});

test("gettimeofday, time, clock_getres and getcpu agree with the kernel and make no call", () => {
  const { words, calls } = run(
    `movl $-1, out+8; movl $-1, out+12
    ${call("__vdso_gettimeofday", "$out", "$out+8")}
    ${call("__vdso_time", "$0", "$0")}; mov %eax, out+16
    ${call("__vdso_clock_getres", "$1", "$out+20")}
    ${call("__vdso_clock_getres", "$5", "$out+28")}
    movl $-1, out+36; movl $-1, out+40
    ${call("__vdso_getcpu", "$out+36", "$out+40")}
    ${trap(78, "$out+44", "$0")}`,
  );
  const [sec, usec, west, dst, time, ...rest] = words;
  expect([west, dst]).toEqual([0, 0]);
  expect(time).toBe(sec);
  expect(rest.slice(0, 6)).toEqual([0, 1, 0, 4_000_000, 0, 0]);
  expect(rest[6]).toBe(sec);
  expect(rest[7]! - usec!).toBeLessThan(3);
  expect(calls.filter((id) => ![1, 4, 8, 59].includes(id as number))).toEqual([78]);
});

test("a program of TypeScript reads the same clock by the vDSO, faster and without a call", () => {
  const machine = boot({ seed: 1, cpus: 1 });
  const times: number[] = [];
  machine.run(function* (sys) {
    // The first look faults the page of data in.
    yield* sys.vdso_clock_gettime(1);
    for (let i = 0; i < 3; i++) times.push(yield* sys.vdso_clock_gettime(1));
    times.push(yield* sys.clock_gettime(1));
  });
  const [a, b, c, d] = times;
  expect([b! - a!, c! - b!, d! - c!]).toEqual([22, 22, 22]);
  const ids = machine.trace
    .events({ name: "raw_syscalls:sys_enter" })
    .filter(({ fields }) => fields["id"] === 228);
  expect(ids).toHaveLength(1);
});

test("a child of fork goes on from the same time of the vDSO", () => {
  const machine = boot({ seed: 1, cpus: 1 });
  const seen: number[] = [];
  machine.run(function* (sys) {
    const before = yield* sys.vdso_clock_gettime(1);
    const pid = yield* sys.fork();
    seen.push(before);
    if (pid > 0) yield* sys.wait4(pid);
  });
  expect(seen[0]).toBe(seen[1]);
  expect(seen).toHaveLength(2);
});

test("the counter of a processor goes on within a stretch of instructions", () => {
  const { words } = run("rdtsc; mov %eax, out; nop; nop; rdtsc; mov %eax, out+4");
  // Four instructions at one a cycle, and 8 ns for the first look.
  expect(words[1]! - words[0]!).toBe(4 + 24);
});
