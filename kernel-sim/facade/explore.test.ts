import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ProgramEnd, SharedWords } from "../api-explore.ts";
import type { SystemCalls } from "../api-kernel.ts";
import { constants, explore, i386 } from "../index.ts";

const { FUTEX_WAIT, FUTEX_WAKE } = constants as Record<string, number>;

function* increments(_sys: SystemCalls, { counter }: SharedWords) {
  const value = yield* counter!.load();
  yield* counter!.store(value + 1);
}

const COUNTER = {
  shared: { counter: 0 },
  threads: { A: increments, B: increments },
  invariant: ({ shared }: { shared: Readonly<Record<string, number>> }) =>
    shared["counter"] === 2 || `counter is ${shared["counter"]}`,
};

describe("a counter that two threads increment", () => {
  test("ends as 1 or 2, and a failing schedule is shown by thread", () => {
    const found = explore(COUNTER);
    expect(found.isComplete).toBe(true);
    expect(found.ends.map(({ shared }) => shared).sort()).toEqual(["counter 1", "counter 2"]);
    const [failure] = found.failures;
    expect(failure).toMatchObject({ because: "counter is 1" });
    const accesses = failure!.steps.filter(({ what }) => what.includes("counter"));
    expect(accesses.map(({ what }) => what)).toEqual([
      "load counter: 0",
      "load counter: 0",
      "store counter: 1",
      "store counter: 1",
    ]);
    expect(String(failure!.steps)).toMatch(/^step +A +B +shared$/m);
    expect(found.text).toMatch(/^\d+ schedules run, \d+ of them fail; 2 ways to end$/m);
  });

  test("is right with an atomic addition", () => {
    const atomic = function* (_sys: SystemCalls, { counter }: SharedWords) {
      yield* counter!.add(1);
    };
    const found = explore({
      ...COUNTER,
      threads: { A: atomic, B: atomic, C: atomic },
      invariant: ({ shared }) => shared["counter"] === 3,
    });
    expect(found).toMatchObject({ isComplete: true, failures: [] });
    // The order of three steps, and nothing else.
    expect(found.schedules).toBe(6);
  });

  test("finds the same in processes, and without the reduction, which takes more schedules", () => {
    const { threads, ...rest } = COUNTER;
    const reduced = explore(COUNTER);
    const processes = explore({ ...rest, processes: threads });
    const all = explore(COUNTER, { reduction: false });
    expect(all.isComplete && processes.isComplete).toBe(true);
    expect(all.schedules).toBeGreaterThan(reduced.schedules);
    for (const other of [processes, all]) {
      expect(other.ends.map(({ shared }) => shared).sort()).toEqual(["counter 1", "counter 2"]);
    }
  });

  test("its failing schedule runs on a machine whose past can be walked", () => {
    const [failure] = explore(COUNTER).failures;
    const machine = failure!.machine();
    const { past } = machine;
    expect(machine.trace.count("sched:sched_switch")).toBeGreaterThan(2);
    const base = machine.kernel.processes().find(({ comm }) => comm === "main")!;
    const mapping = machine.kernel.addressSpace(base.pid).find(({ perms }) => perms === "rw-s")!;
    const watched = { memory: { pid: base.pid, address: mapping.start } };
    const stops = past.findAll(watched);
    expect(stops.at(-1)?.after).toBe("01 00 00 00");
    expect(past.at(past.last).memory(base.pid, mapping.start, 1)).toEqual(new Uint8Array([1]));
  });

  test("every run of the search gives the same", () => {
    expect(explore(COUNTER).text).toBe(explore(COUNTER).text);
  });
});

describe("waiting", () => {
  test("two locks in two orders deadlock under some schedule", () => {
    const takes = (first: string, second: string) =>
      function* (sys: SystemCalls, shared: SharedWords) {
        for (const name of [first, second]) {
          const lock = shared[name]!;
          while ((yield* lock.compareExchange(0, 1)) !== 0) {
            yield* sys.call("futex", lock.address, FUTEX_WAIT, 1, 0);
          }
        }
        for (const name of [second, first]) {
          yield* shared[name]!.store(0);
          yield* sys.call("futex", shared[name]!.address, FUTEX_WAKE, 1);
        }
      };
    const both = { shared: { a: 0, b: 0 }, threads: { A: takes("a", "b"), B: takes("b", "a") } };
    const found = explore(both);
    expect(found.isComplete).toBe(true);
    expect(found.failures.map(({ because }) => because)).toEqual(["A and B wait for ever"]);
    const ordered = explore({ ...both, threads: { A: takes("a", "b"), B: takes("a", "b") } });
    expect(ordered).toMatchObject({ isComplete: true, failures: [] });
  });

  test("a pipe hands over what was written, whoever comes first", () => {
    const found = explore({
      *setup(sys) {
        return yield* sys.pipe2();
      },
      threads: {
        *reads(sys, _shared, [read]) {
          return ((yield* sys.read(read, 8)) as Uint8Array).length;
        },
        *writes(sys, _shared, [, write]) {
          yield* sys.write(write, "abc");
        },
      },
      invariant: ({ returned }) => returned["reads"] === 3,
    });
    expect(found).toMatchObject({ isComplete: true, failures: [] });
    expect(found.ends).toMatchObject([{ returned: "reads 3" }]);
    expect(found.schedules).toBeGreaterThan(1);
  });

  test("check and use of a file are two steps: the file may be another one between them", () => {
    const found = explore({
      *setup(sys) {
        yield* sys.close(yield* sys.open("/tmp/safe", 0o101, 0o644));
      },
      processes: {
        *victim(sys) {
          if (typeof (yield* sys.stat("/tmp/safe")) === "number") return "refused";
          const fd = yield* sys.open("/tmp/safe");
          return fd < 0 ? "surprised" : "opened";
        },
        *attacker(sys) {
          yield* sys.unlink("/tmp/safe");
        },
      },
      invariant: ({ returned }) => returned["victim"] !== "surprised",
    });
    expect(found.failures.length).toBe(1);
    expect(new Set(found.ends.map(({ returned }) => returned))).toEqual(
      new Set(['victim "refused"', 'victim "surprised"', 'victim "opened"']),
    );
  });
});

describe("a program that does nothing but load and store words", () => {
  const access = fc.record({
    kind: fc.constantFrom("load", "store", "add", "exchange", "compareExchange"),
    word: fc.constantFrom("x", "y"),
    value: fc.integer({ min: -2, max: 2 }),
  });
  const thread = fc.array(access, { minLength: 1, maxLength: 3 });

  test("runs without a kernel, and finds what it finds on machines", () => {
    fc.assert(
      fc.property(fc.array(thread, { minLength: 2, maxLength: 3 }), (bodies) => {
        const threads = Object.fromEntries(
          bodies.map((body, i) => {
            const run = function* (_sys: SystemCalls, words: SharedWords) {
              const seen: unknown[] = [];
              for (const { kind, word, value } of body) {
                const of = words[word]!;
                if (kind === "load") seen.push(yield* of.load());
                else if (kind === "store") seen.push(yield* of.store(value));
                else if (kind === "add") seen.push(yield* of.add(value));
                else if (kind === "exchange") seen.push(yield* of.exchange(value));
                else seen.push(yield* of.compareExchange(seen.length, value));
              }
              return String(seen);
            };
            return [`T${i}`, run];
          }),
        );
        const program = { shared: { x: 0, y: 1 }, threads };
        const plain = explore(program, { schedules: 60 });
        const setup = function* () {};
        const onMachines = explore({ ...program, setup }, { schedules: 60 });
        expect(plain.text).toBe(onMachines.text);
      }),
      { numRuns: 12 },
    );
  });

  test("finds the same where threads wait for each other at the words", () => {
    const part = fc.record({
      kind: fc.constantFrom("wait", "wake", "wakeAll", "store", "load", "yield", "private"),
      word: fc.constantFrom("x", "y"),
      value: fc.integer({ min: 0, max: 1 }),
    });
    const bodies = fc.array(fc.array(part, { minLength: 1, maxLength: 3 }), {
      minLength: 2,
      maxLength: 3,
    });
    const FUTEX_PRIVATE_FLAG = 128;
    fc.assert(
      fc.property(bodies, (all) => {
        const threads = Object.fromEntries(
          all.map((body, i) => {
            const run = function* (sys: SystemCalls, words: SharedWords) {
              const seen: unknown[] = [];
              for (const { kind, word, value } of body) {
                const of = words[word]!;
                const at = of.address;
                if (kind === "load") seen.push(yield* of.load());
                else if (kind === "store") seen.push(yield* of.store(value));
                else if (kind === "yield") seen.push(yield* sys.sched_yield());
                else if (kind === "wait")
                  seen.push(yield* sys.call("futex", at, FUTEX_WAIT, value, 0));
                else if (kind === "private")
                  seen.push(
                    yield* sys.call("futex", at, FUTEX_WAIT! | FUTEX_PRIVATE_FLAG, value, 0),
                  );
                else {
                  const most = kind === "wake" ? 1 : 10;
                  const op = value === 0 ? FUTEX_WAKE! : FUTEX_WAKE! | FUTEX_PRIVATE_FLAG;
                  seen.push(yield* sys.call("futex", at, op, most));
                }
              }
              return String(seen);
            };
            return [`T${i}`, run];
          }),
        );
        const program = { shared: { x: 0, y: 1 }, threads };
        const plain = explore(program, { schedules: 60 });
        const onMachines = explore({ ...program, setup: function* () {} }, { schedules: 60 });
        expect(plain.text).toBe(onMachines.text);
      }),
      { numRuns: 20 },
    );
  });

  test("is run on machines as soon as a thread asks the kernel for anything, under whatever schedule", () => {
    const found = explore({
      shared: { x: 0 },
      threads: {
        *A(_sys, { x }) {
          yield* x!.store(1);
        },
        *B(sys, { x }) {
          return (yield* x!.load()) === 1 ? yield* sys.gettid() : "late";
        },
      },
      invariant: ({ kernel, returned }) => kernel.processes().length > 0 && returned !== undefined,
    });
    expect(found).toMatchObject({ isComplete: true, failures: [] });
    expect(found.ends.map(({ returned }) => returned).sort()).toEqual(['B "late"', "B 3"]);
  });

  test("has a kernel to look at all the same, and tells how far the search is", () => {
    const told: number[] = [];
    const found = explore(
      {
        shared: { x: 0 },
        threads: Object.fromEntries(
          ["A", "B", "C", "D"].map((name) => [
            name,
            function* (_sys: SystemCalls, { x }: SharedWords) {
              for (let i = 0; i < 3; i++) yield* x!.add(1);
            },
          ]),
        ),
        invariant: ({ shared }) => shared["x"] === 12,
      },
      {
        schedules: 100_000,
        progress: ({ schedules, failing }) => {
          told.push(schedules, failing);
          return schedules < 1000;
        },
      },
    );
    expect(told).toEqual([500, 0, 1000, 0]);
    expect(found).toMatchObject({ schedules: 1000, isComplete: false });
    const one = explore({
      ...COUNTER,
      invariant: ({ kernel }) => kernel.processes().some(({ comm }) => comm === "init"),
    });
    expect(one.failures).toEqual([]);
  });
});

describe("machine code", () => {
  const twoThreads = (bump: string) => i386.asm`
      .text
      .globl _start
    _start:
      mov $120, %eax            # clone
      mov $0x10f00, %ebx        # its memory, files and handlers are shared: a thread
      mov $top, %ecx
      xor %edx, %edx
      xor %esi, %esi
      xor %edi, %edi
      int $0x80
      test %eax, %eax
      jz child
      ${bump}
      mov $240, %eax            # futex(done, FUTEX_WAIT, 0)
      mov $done, %ebx
      xor %ecx, %ecx
      xor %edx, %edx
      xor %esi, %esi
      int $0x80
      mov counter, %ebx
      mov $252, %eax            # exit_group(counter)
      int $0x80
    child:
      ${bump}
      movl $1, done
      mov $240, %eax            # futex(done, FUTEX_WAKE, 1)
      mov $done, %ebx
      mov $1, %ecx
      mov $1, %edx
      int $0x80
      mov $1, %eax              # exit(0)
      xor %ebx, %ebx
      int $0x80
      .data
    counter: .long 0
    done: .long 0
    stack: .space 256
    top:
  `;
  const two = { invariant: ({ returned }: ProgramEnd) => returned["A"] === 2 };

  test("is interrupted between any two instructions: three of them lose an increment", () => {
    const three = twoThreads("mov counter, %eax\n inc %eax\n mov %eax, counter");
    const found = explore({ ...two, processes: { A: three } }, { steps: 30 });
    expect(found.isComplete).toBe(true);
    expect(found.ends.map(({ returned }) => returned).sort()).toEqual(["A 1", "A 2"]);
    const [failure] = found.failures;
    const accesses = failure!.steps.filter(({ what }) => /mov .*0x[0-9a-f]+/.test(what));
    expect(accesses.length).toBeGreaterThan(3);
    // It happens in the same way on a whole machine, and again in its past.
    const machine = failure!.machine();
    const { past } = machine;
    const ended = machine.kernel.processes().find(({ comm }) => comm === "A");
    expect(ended).toMatchObject({ state: "Z" });
    expect(String(past.at(past.last).processes())).toBe(String(machine.kernel.processes()));
  });

  test("one instruction is never torn apart on one CPU", () => {
    const found = explore({ ...two, processes: { A: twoThreads("incl counter") } }, { steps: 30 });
    expect(found).toMatchObject({ isComplete: true, failures: [] });
  });
});

test("a run that is cut off at the limit of steps is neither a deadlock nor judged", () => {
  const found = explore(
    {
      shared: { flag: 0 },
      threads: {
        *spins(_sys, { flag }) {
          while ((yield* flag!.load()) === 0);
        },
      },
      invariant: () => false,
    },
    { steps: 5 },
  );
  expect(found).toMatchObject({ isComplete: false, failures: [] });
  expect(found.ends).toMatchObject([{ returned: "cut off: spins", stuck: "" }]);
});

test("what is no program is refused in words", () => {
  expect(() => explore({})).toThrow(/explore\(\) takes/);
  expect(() => explore({ threads: { A: 1 as never } })).toThrow("A is no generator function");
  expect(() => explore(COUNTER, { schedules: 1e6 })).toThrow(/schedules is a whole number/);
  expect(explore(COUNTER, { schedules: 2 }).isComplete).toBe(false);
});
