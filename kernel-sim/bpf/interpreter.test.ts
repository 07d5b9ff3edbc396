import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Insn } from "../api.ts";
import { boot, bpf } from "../index.ts";

const MASK = (1n << 64n) - 1n;
const s64 = (n: bigint) => BigInt.asIntN(64, n);
const u32 = (n: bigint) => BigInt.asUintN(32, n);
const s32 = (n: bigint) => BigInt.asIntN(32, n);

/** 64-bit numbers, with those at the edges of signed and unsigned halves more often. */
const anyBits = fc.oneof(
  fc.bigInt({ min: 0n, max: MASK }),
  fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
  fc
    .tuple(
      fc.constantFrom(0n, 1n << 31n, 1n << 32n, 1n << 53n, 1n << 63n, MASK),
      fc.bigInt({ min: -3n, max: 3n }),
    )
    .map(([edge, step]) => BigInt.asUintN(64, edge + step)),
);

const machine = boot();
const cell = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 16, maxEntries: 1 });

/** R0 after `r0 = a; r1 = b` and then `body`. */
function evaluate(a: bigint, b: bigint, ...body: readonly (Insn | readonly Insn[])[]): bigint {
  const program = bpf.program(
    `r0 = ${a} ll`,
    `r1 = ${b} ll`,
    ...body,
    "r6 = map_value[cell]+0",
    "*(u64 *)(r6 +0) = r0",
    "r0 = 0",
    "exit",
  );
  machine.bpf.mustLoad({ type: "socket_filter", program, maps: { cell } }).run({
    dataIn: new Uint8Array(64),
  });
  return cell.lookupUint(0)! & MASK;
}

type Operation = (a: bigint, b: bigint) => bigint;

const OPERATIONS: Readonly<Record<string, { wide: Operation; narrow: Operation }>> = {
  "+": { wide: (a, b) => a + b, narrow: (a, b) => a + b },
  "-": { wide: (a, b) => a - b, narrow: (a, b) => a - b },
  "*": { wide: (a, b) => a * b, narrow: (a, b) => a * b },
  "/": {
    wide: (a, b) => (b === 0n ? 0n : a / b),
    narrow: (a, b) => (u32(b) === 0n ? 0n : u32(a) / u32(b)),
  },
  "%": {
    wide: (a, b) => (b === 0n ? a : a % b),
    narrow: (a, b) => (u32(b) === 0n ? a : u32(a) % u32(b)),
  },
  "s/": {
    wide: (a, b) => (b === 0n ? 0n : s64(a) / s64(b)),
    narrow: (a, b) => (u32(b) === 0n ? 0n : s32(a) / s32(b)),
  },
  "s%": {
    wide: (a, b) => (b === 0n ? a : s64(a) % s64(b)),
    narrow: (a, b) => (u32(b) === 0n ? a : s32(a) % s32(b)),
  },
  "|": { wide: (a, b) => a | b, narrow: (a, b) => a | b },
  "&": { wide: (a, b) => a & b, narrow: (a, b) => a & b },
  "^": { wide: (a, b) => a ^ b, narrow: (a, b) => a ^ b },
  "<<": { wide: (a, b) => a << (b & 63n), narrow: (a, b) => a << (b & 31n) },
  ">>": { wide: (a, b) => a >> (b & 63n), narrow: (a, b) => u32(a) >> (b & 31n) },
  "s>>": { wide: (a, b) => s64(a) >> (b & 63n), narrow: (a, b) => s32(a) >> (b & 31n) },
  "=": { wide: (_, b) => b, narrow: (_, b) => b },
};

describe("arithmetic on random numbers equals that of RFC 9669", () => {
  const builders = bpf.insn;

  test.each(Object.entries(OPERATIONS))("r0 %s= r1", (name, { wide, narrow }) => {
    fc.assert(
      fc.property(anyBits, anyBits, (a, b) => {
        expect(evaluate(a, b, builders.alu64Reg(name, 0, 1))).toBe(wide(a, b) & MASK);
        expect(evaluate(a, b, builders.alu32Reg(name, 0, 1))).toBe(u32(narrow(a, b)));
      }),
      { numRuns: 60 },
    );
  });

  test.each(Object.entries(OPERATIONS))("r0 %s= constant", (name, { wide, narrow }) => {
    const isShift = name.includes("<<") || name.includes(">>");
    // The verifier refuses shifts past the width and division by the constant 0.
    const constant = isShift ? fc.integer({ min: 0, max: 31 }) : fc.integer();
    fc.assert(
      fc.property(anyBits, constant, (a, imm) => {
        if (imm === 0 && /[/%]/.test(name)) return;
        const b = BigInt(imm);
        expect(evaluate(a, 0n, builders.alu64Imm(name, 0, imm))).toBe(
          wide(a, BigInt.asUintN(64, b)) & MASK,
        );
        expect(evaluate(a, 0n, builders.alu32Imm(name, 0, imm))).toBe(u32(narrow(a, b)));
      }),
      { numRuns: 60 },
    );
  });
});

describe("jumps on random numbers are taken as RFC 9669 says", () => {
  const builders = bpf.insn;
  const mov = bpf.insn.mov64Imm;

  type Condition = (a: bigint, b: bigint, signed: (n: bigint) => bigint) => boolean;
  const CONDITIONS: Readonly<Record<string, Condition>> = {
    "==": (a, b) => a === b,
    "!=": (a, b) => a !== b,
    ">": (a, b) => a > b,
    ">=": (a, b) => a >= b,
    "<": (a, b) => a < b,
    "<=": (a, b) => a <= b,
    "s>": (a, b, signed) => signed(a) > signed(b),
    "s>=": (a, b, signed) => signed(a) >= signed(b),
    "s<": (a, b, signed) => signed(a) < signed(b),
    "s<=": (a, b, signed) => signed(a) <= signed(b),
    "&": (a, b) => (a & b) !== 0n,
  };

  test.each(Object.entries(CONDITIONS))("if r0 %s r1", (name, holds) => {
    const near = fc
      .tuple(anyBits, fc.oneof(anyBits, fc.constantFrom("same", "next")))
      .map(([a, b]): [bigint, bigint] => {
        if (b === "same") return [a, a];
        return [a, b === "next" ? (a + 1n) & MASK : (b as bigint)];
      });
    fc.assert(
      fc.property(near, fc.integer(), ([a, b], imm) => {
        const taken = (jump: Insn) =>
          evaluate(a, b, mov(7, 1), jump, mov(7, 0), bpf.program("r0 = r7").insns) === 1n;
        const constant = BigInt.asUintN(64, BigInt(imm));
        expect(taken(builders.jmpReg(name, 0, 1, 1))).toBe(holds(a, b, s64));
        expect(taken(builders.jmp32Reg(name, 0, 1, 1))).toBe(holds(u32(a), u32(b), s32));
        expect(taken(builders.jmpImm(name, 0, imm, 1))).toBe(holds(a, constant, s64));
        expect(taken(builders.jmp32Imm(name, 0, imm, 1))).toBe(holds(u32(a), u32(constant), s32));
      }),
      { numRuns: 60 },
    );
  });
});

describe("moves and byte swaps", () => {
  const reversed = (n: bigint, bytes: number) => {
    let out = 0n;
    for (let i = 0; i < bytes; i++) out = (out << 8n) | ((n >> BigInt(8 * i)) & 0xffn);
    return out;
  };
  test.each<[string, Operation]>([
    ["r0 = (s8)r1", (_, b) => BigInt.asIntN(8, b)],
    ["r0 = (s16)r1", (_, b) => BigInt.asIntN(16, b)],
    ["r0 = (s32)r1", (_, b) => s32(b)],
    ["w0 = (s8)w1", (_, b) => u32(BigInt.asIntN(8, b))],
    ["w0 = (s16)w1", (_, b) => u32(BigInt.asIntN(16, b))],
    ["w0 = w1", (_, b) => u32(b)],
    ["r0 = -r0", (a) => -a],
    ["w0 = -w0", (a) => u32(-a)],
    ["r0 = be16 r0", (a) => reversed(a, 2)],
    ["r0 = be32 r0", (a) => reversed(a, 4)],
    ["r0 = be64 r0", (a) => reversed(a, 8)],
    ["r0 = le16 r0", (a) => a & 0xffffn],
    ["r0 = le32 r0", (a) => u32(a)],
    ["r0 = le64 r0", (a) => a],
    ["r0 = bswap16 r0", (a) => reversed(a, 2)],
    ["r0 = bswap32 r0", (a) => reversed(a, 4)],
    ["r0 = bswap64 r0", (a) => reversed(a, 8)],
  ])("%s", (text, expected) => {
    fc.assert(
      fc.property(anyBits, anyBits, (a, b) => {
        expect(evaluate(a, b, bpf.asm(text).insns)).toBe(BigInt.asUintN(64, expected(a, b)));
      }),
      { numRuns: 60 },
    );
  });
});

describe("atomic operations answer the old value and leave the new one", () => {
  const OLD = 8;
  test.each<[string, Operation]>([
    ["fetch_add", (m, v) => m + v],
    ["fetch_or", (m, v) => m | v],
    ["fetch_and", (m, v) => m & v],
    ["fetch_xor", (m, v) => m ^ v],
    ["xchg", (_, v) => v],
  ])("%s", (name, expected) => {
    fc.assert(
      fc.property(anyBits, anyBits, (memory, value) => {
        const wide = bpf.asm`
          r2 = map_value[cell]+${OLD}
          *(u64 *)(r2 +0) = r0
          r1 = atomic64_${name}((u64 *)(r2 +0), r1)
          r0 = *(u64 *)(r2 +0)
          *(u64 *)(r2 +0) = r1
        `;
        expect(evaluate(memory, value, wide.insns)).toBe(expected(memory, value) & MASK);
        const narrow = bpf.asm`
          r2 = map_value[cell]+${OLD}
          *(u64 *)(r2 +0) = r0
          w1 = atomic_${name}((u32 *)(r2 +0), w1)
          r0 = *(u64 *)(r2 +0)
        `;
        const upper = memory & ~0xffff_ffffn;
        expect(evaluate(memory, value, narrow.insns)).toBe(upper | u32(expected(memory, value)));
      }),
      { numRuns: 60 },
    );
  });

  test("cmpxchg changes memory when it holds what R0 holds", () => {
    fc.assert(
      fc.property(anyBits, anyBits, fc.boolean(), (memory, value, same) => {
        const program = bpf.asm`
          r2 = map_value[cell]+${OLD}
          r3 = ${memory} ll
          *(u64 *)(r2 +0) = r3
          r0 = ${same ? memory : memory ^ 1n} ll
          r0 = atomic64_cmpxchg((u64 *)(r2 +0), r0, r1)
          r4 = *(u64 *)(r2 +0)
          if r0 == r3 goto +1
          r4 = 0
          r0 = r4
        `;
        expect(evaluate(0n, value, program.insns)).toBe(same ? value : memory);
      }),
      { numRuns: 60 },
    );
  });
});

test("a called function keeps R6 to R10 and has a stack of its own", () => {
  const program = bpf.asm`
      r6 = 11
      *(u64 *)(r10 -8) = 22
      r1 = 33
      call sub
      r1 = *(u64 *)(r10 -8)
      r0 += r6
      r0 += r1
      exit
    sub:
      r6 = r1
      *(u64 *)(r10 -8) = 0
      r0 = r6
      exit
  `;
  const prog = machine.bpf.mustLoad({ type: "xdp", program });
  expect(prog.run({ dataIn: new Uint8Array(64) })).toMatchObject({ retval: 66, insnsExecuted: 12 });
});

test("may_goto ends a loop that nothing else ends", () => {
  const program = bpf.asm`
      r0 = 0
    again:
      may_goto out
      r0 += 1
      goto again
    out:
      exit
  `;
  const prog = machine.bpf.mustLoad({ type: "xdp", program });
  expect(prog.run({ dataIn: new Uint8Array(64) }).retval).toBe(8 * 1024 * 1024);
});

test("load_acquire and store_release see the same memory as plain loads and stores", () => {
  const program = bpf.asm`
    r2 = r10
    r1 = 0x1122334455667788 ll
    store_release((u64 *)(r2 -8), r1)
    r0 = load_acquire((u16 *)(r2 -8))
    exit
  `;
  const prog = machine.bpf.mustLoad({ type: "xdp", program });
  expect(prog.run({ dataIn: new Uint8Array(64) }).retval).toBe(0x7788);
});
