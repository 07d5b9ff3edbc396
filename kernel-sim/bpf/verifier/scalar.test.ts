/** What the verifier holds for possible includes what a machine computes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Insn } from "../../api.ts";
import {
  BPF_ADD,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ARSH,
  BPF_END,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_JSLT,
  BPF_LSH,
  BPF_MUL,
  BPF_NEG,
  BPF_OR,
  BPF_RSH,
  BPF_SUB,
  BPF_X,
  BPF_XOR,
} from "../isa.ts";
import { regBoundsSync } from "./bounds.ts";
import { refine } from "./branch-refine.ts";
import { ALWAYS, branchTaken, NEVER } from "./branch-taken.ts";
import { fromBigint, maxS, maxU, minS, minU, toBigS, toBigU } from "./int64.ts";
import { coerceRegToSize, coerceRegToSizeSx } from "./reg-size.ts";
import { copyOfReg, knownScalar, type RegState, UNBOUND_REG } from "./reg-state.ts";
import { adjustScalarMinMaxVals } from "./scalar-arithmetic.ts";
import { Tnum, tnumIntersect } from "./tnum.ts";

const u64 = (n: bigint) => BigInt.asUintN(64, n);
const s64 = (n: bigint) => BigInt.asIntN(64, n);
const u32 = (n: bigint) => Number(BigInt.asUintN(32, n));
const s32 = (n: bigint) => Number(BigInt.asIntN(32, n));

function mayBe(reg: RegState, n: bigint): boolean {
  return (
    toBigU(reg.umin) <= u64(n) &&
    u64(n) <= toBigU(reg.umax) &&
    toBigS(reg.smin) <= s64(n) &&
    s64(n) <= toBigS(reg.smax) &&
    reg.u32Min <= u32(n) &&
    u32(n) <= reg.u32Max &&
    reg.s32Min <= s32(n) &&
    s32(n) <= reg.s32Max &&
    (u64(n) & ~toBigU(reg.varOff.mask)) === toBigU(reg.varOff.value)
  );
}

const interesting = [0n, 1n, 7n, 8n, 0x7fn, 0x80n, 0xffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn];
const anyNumber = fc.oneof(
  fc.constantFrom(...interesting, ...interesting.map((n) => u64(-n)), 1n << 63n, (1n << 63n) - 1n),
  fc.bigInt({ min: 0n, max: 255n }),
  fc.bigInt({ min: -256n, max: 0n }).map(u64),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);

/** What may be known of a number: other numbers span a range with it, or bits are hidden. */
const knowledge = fc.oneof(
  fc.record({ unsigned: anyNumber }),
  fc.record({ signed: anyNumber }),
  fc.record({ unsigned32: anyNumber }),
  fc.record({ signed32: anyNumber }),
  fc.record({ mask: anyNumber }),
);

/** A number, and a register of which some of that is known. */
const scalar = fc
  .record({ n: anyNumber, isKnown: fc.boolean(), facts: fc.array(knowledge, { maxLength: 3 }) })
  .map(({ n, isKnown, facts }) => {
    if (isKnown) return { n, reg: knownScalar(fromBigint(n)) };
    const reg = copyOfReg(UNBOUND_REG);
    for (const fact of facts) {
      if ("unsigned" in fact) {
        const [min, max] = n < fact.unsigned ? [n, fact.unsigned] : [fact.unsigned, n];
        reg.umin = maxU(reg.umin, fromBigint(min));
        reg.umax = minU(reg.umax, fromBigint(max));
      } else if ("signed" in fact) {
        const other = s64(fact.signed);
        const [min, max] = s64(n) < other ? [s64(n), other] : [other, s64(n)];
        reg.smin = maxS(reg.smin, fromBigint(min));
        reg.smax = minS(reg.smax, fromBigint(max));
      } else if ("unsigned32" in fact) {
        const ends = [u32(n), u32(fact.unsigned32)];
        reg.intersectU32(Math.min(...ends), Math.max(...ends));
      } else if ("signed32" in fact) {
        const ends = [s32(n), s32(fact.signed32)];
        reg.intersectS32(Math.min(...ends), Math.max(...ends));
      } else {
        const bits = new Tnum(fromBigint(n & ~fact.mask), fromBigint(fact.mask));
        reg.varOff = tnumIntersect(reg.varOff, bits);
      }
    }
    regBoundsSync(reg);
    return { n, reg };
  });

const RUNS = { numRuns: 2000 };

test("what the ranges teach each other leaves the number in", () => {
  fc.assert(
    fc.property(scalar, ({ n, reg }) => mayBe(reg, n)),
    RUNS,
  );
});

function insn(code: number, imm = 0): Insn {
  return { code, dstReg: 0, srcReg: 0, off: 0, imm };
}

const OPERATIONS = [
  { name: "+", op: BPF_ADD, compute: (a: bigint, b: bigint) => a + b },
  { name: "-", op: BPF_SUB, compute: (a: bigint, b: bigint) => a - b },
  { name: "*", op: BPF_MUL, compute: (a: bigint, b: bigint) => a * b },
  { name: "&", op: BPF_AND, compute: (a: bigint, b: bigint) => a & b },
  { name: "|", op: BPF_OR, compute: (a: bigint, b: bigint) => a | b },
  { name: "^", op: BPF_XOR, compute: (a: bigint, b: bigint) => a ^ b },
  { name: "negation", op: BPF_NEG, compute: (a: bigint) => -a },
];

describe("the result that a machine computes is possible", () => {
  test.each(OPERATIONS)("of $name, with 64 and 32 bits", ({ op, compute }) => {
    const property = fc.property(scalar, scalar, (a, b) => {
      const dst64 = copyOfReg(a.reg);
      adjustScalarMinMaxVals(insn(BPF_ALU64 | op), dst64, b.reg, false);
      expect(mayBe(dst64, compute(a.n, b.n))).toBe(true);
      const dst32 = copyOfReg(a.reg);
      adjustScalarMinMaxVals(insn(BPF_ALU | op), dst32, b.reg, false);
      expect(mayBe(dst32, BigInt.asUintN(32, compute(a.n, b.n)))).toBe(true);
    });
    fc.assert(property, RUNS);
  });

  test.each([
    { name: "<<", op: BPF_LSH },
    { name: ">>", op: BPF_RSH },
    { name: "s>>", op: BPF_ARSH },
  ])("of $name, with 64 and 32 bits", ({ op }) => {
    const shift = (n: bigint, by: bigint, bits: number) => {
      if (op === BPF_LSH) return BigInt.asUintN(bits, n << by);
      const source = op === BPF_RSH ? BigInt.asUintN(bits, n) : BigInt.asIntN(bits, n);
      return BigInt.asUintN(bits, source >> by);
    };
    const property = fc.property(scalar, fc.bigInt({ min: 0n, max: 63n }), ({ n, reg }, by) => {
      const dst64 = copyOfReg(reg);
      adjustScalarMinMaxVals(insn(BPF_ALU64 | op), dst64, knownScalar(fromBigint(by)), false);
      expect(mayBe(dst64, shift(n, by, 64))).toBe(true);
      const by32 = by & 31n;
      const dst32 = copyOfReg(reg);
      adjustScalarMinMaxVals(insn(BPF_ALU | op), dst32, knownScalar(fromBigint(by32)), false);
      expect(mayBe(dst32, shift(n, by32, 32))).toBe(true);
    });
    fc.assert(property, RUNS);
  });

  test.each([16, 32, 64])("of a swap of %i bits", (bits) => {
    const property = fc.property(scalar, ({ n, reg }) => {
      const dst = copyOfReg(reg);
      adjustScalarMinMaxVals(insn(BPF_ALU64 | BPF_END, bits), dst, dst, false);
      const hex = BigInt.asUintN(bits, n)
        .toString(16)
        .padStart(bits / 4, "0");
      expect(mayBe(dst, BigInt(`0x${hex.match(/../g)!.reverse().join("")}`))).toBe(true);
    });
    fc.assert(property, RUNS);
  });

  test.each([1, 2, 4])("of a cut to %i bytes, with zeros and with the sign", (size) => {
    const property = fc.property(scalar, ({ n, reg }) => {
      const cut = copyOfReg(reg);
      coerceRegToSize(cut, size);
      expect(mayBe(cut, BigInt.asUintN(size * 8, n))).toBe(true);
      const extended = copyOfReg(reg);
      coerceRegToSizeSx(extended, size);
      expect(mayBe(extended, BigInt.asIntN(size * 8, n))).toBe(true);
    });
    fc.assert(property, RUNS);
  });
});

const CONDITIONS = [
  { name: "==", op: BPF_JEQ, opposite: BPF_JNE, holds: (a: bigint, b: bigint) => a === b },
  {
    name: "&",
    op: BPF_JSET,
    opposite: BPF_JSET | BPF_X,
    holds: (a: bigint, b: bigint) => (a & b) !== 0n,
  },
  { name: ">", op: BPF_JGT, opposite: BPF_JLE, holds: (a: bigint, b: bigint) => a > b },
  { name: ">=", op: BPF_JGE, opposite: BPF_JLT, holds: (a: bigint, b: bigint) => a >= b },
];
const SIGNED_CONDITIONS = [
  { name: "s>", op: BPF_JSGT, opposite: BPF_JSLE, holds: (a: bigint, b: bigint) => a > b },
  { name: "s>=", op: BPF_JSGE, opposite: BPF_JSLT, holds: (a: bigint, b: bigint) => a >= b },
];

describe("both numbers stay possible in the branch that a machine takes", () => {
  test.each([
    ...CONDITIONS.map((each) => ({
      ...each,
      as: (n: bigint, bits: number) => BigInt.asUintN(bits, n),
    })),
    ...SIGNED_CONDITIONS.map((each) => ({
      ...each,
      as: (n: bigint, bits: number) => BigInt.asIntN(bits, n),
    })),
  ])("of a jump by $name, and it is not excluded", ({ op, opposite, holds, as }) => {
    const property = fc.property(scalar, scalar, fc.boolean(), (a, b, isJmp32) => {
      const bits = isJmp32 ? 32 : 64;
      const isTaken = holds(as(a.n, bits), as(b.n, bits));
      if (op !== (BPF_JSET | BPF_X)) {
        expect(branchTaken(a.reg, b.reg, op, isJmp32)).not.toBe(isTaken ? NEVER : ALWAYS);
      }
      const left = copyOfReg(a.reg);
      const right = copyOfReg(b.reg);
      refine(left, right, isTaken ? op : opposite, isJmp32);
      regBoundsSync(left);
      regBoundsSync(right);
      expect(mayBe(left, a.n)).toBe(true);
      expect(mayBe(right, b.n)).toBe(true);
    });
    fc.assert(property, RUNS);
  });
});
