import fc from "fast-check";
import { expect, test } from "vitest";
import { run, runUntilTrap } from "./run.ts";
import { CODE, codeOf, DATA, kernelMachine, userMachine } from "./test-machine.ts";

/** Opcodes that programs are made of come more often than chance would have them. */
const FREQUENT = Buffer.from(
  "89 8b 01 83 0f eb 74 75 50 58 40 c1 66 f3 a4 31 88 8a e2 64".replace(/ /g, ""),
  "hex",
);

const programs = fc.record({
  code: fc.array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...FREQUENT)), {
    minLength: 256,
    maxLength: 512,
  }),
  registers: fc.array(
    fc.oneof(
      fc.integer({ min: DATA, max: DATA + 4095 }),
      fc.integer({ min: CODE, max: CODE + 511 }),
      fc.integer(),
    ),
    { minLength: 8, maxLength: 8 },
  ),
});

test("whatever bytes are run, the fast cases and the long way do the same, and nothing throws", () => {
  const same = fc.property(programs, ({ code, registers }) => {
    const states = [false, true].map((isPlain) => {
      const { cpu, code: text, data } = userMachine({ isPlain });
      cpu.tsc = () => 5;
      text.bytes.set(code);
      data.bytes.set(code, 100);
      cpu.r.set(registers);
      const traps = [1, 2, 3, 4].map(() => {
        const trap = runUntilTrap(cpu, 50);
        if (trap.kind === "exception") cpu.eip += 1;
        return trap;
      });
      return { traps, r: [...cpu.r], eip: cpu.eip, eflags: cpu.eflags, data: [...data.bytes] };
    });
    expect(states[0]).toEqual(states[1]);
  });
  fc.assert(same, { numRuns: 300 });
});

test("a budget cuts a run anywhere without a trace", () => {
  const source =
    "mov $200, %ecx\nmov $0x20000000, %edi\n1: add %ecx, (%edi)\nadc $3, %eax\nloop 1b\nint $0x80";
  const cut = fc.property(
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
    (budgets) => {
      const machines = [userMachine(), userMachine()];
      const states = machines.map(({ cpu, code, data }, i) => {
        code.bytes.set(codeOf(source));
        for (let round = 0; ; round++) {
          const budget = i === 0 ? 10_000 : budgets[round % budgets.length]!;
          if (runUntilTrap(cpu, budget).kind === "int") break;
        }
        return [cpu.retired, cpu.eflags, ...cpu.r, ...data.words.slice(0, 4)];
      });
      expect(states[0]).toEqual(states[1]);
    },
  );
  fc.assert(cut, { numRuns: 50 });
});

test("the operands of all forms may lie behind a segment that is not flat", () => {
  const forms = ["add %eax, %gs:8", "addb $5, %gs:8", "incl %gs:8", "cmpxchg %ecx, %gs:8"];
  for (const source of forms) {
    const { cpu, code, data } = userMachine();
    code.bytes.set(codeOf(`mov %bx, %gs\nmov $7, %eax\n${source}\nint $0x80`));
    cpu.r[3] = cpu.setTls(6, DATA + 0x100);
    data.words[0x108 >> 2] = 7;
    expect([source, runUntilTrap(cpu, 100).kind]).toEqual([source, "int"]);
    expect([source, data.words[2], data.words[0x108 >> 2]]).not.toEqual([source, 0, 7]);
  }
});

test("the TLB counts what instructions look up", () => {
  const { cpu, code } = userMachine();
  code.bytes.set(codeOf("1: mov 0x20000000, %eax\nmov %eax, 0x20000004\njmp 1b"));
  runUntilTrap(cpu, 30);
  const { tlb } = cpu.mmu;
  // One look-up for the code's page, and 20 for data, of which the first misses.
  expect([tlb.misses, tlb.hits]).toEqual([2, 19]);
  cpu.loadCr3(0x1000);
  runUntilTrap(cpu, 30);
  expect(tlb.misses).toBe(4);
});

test("STAC lets the kernel reach a user's page that SMAP keeps from it", () => {
  const source = `
    .text
    kernel: mov 0xbfffe000, %eax
      hlt
    careful: stac
      mov 0xbfffe000, %eax
      clac
      hlt
    fault: mov $77, %ebx
      hlt
    .section .user, "awx"
    .align 4096
    user: nop`;
  const { cpu, at } = kernelMachine(source, [[14, "fault", 0]]);
  cpu.mmu.cr4 |= 1 << 21;
  cpu.setFlatSegments(0);
  cpu.r[4] = 0xc0004000;
  cpu.eip = at("careful");
  expect(run(cpu, 100).kind).toBe("halt");
  expect(cpu.eip).toBe(at("fault"));
  cpu.isHalted = false;
  cpu.eip = at("kernel");
  run(cpu, 100);
  expect(cpu.r[3]).toBe(77);
});
