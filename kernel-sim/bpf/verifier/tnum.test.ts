import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBigint, fromU32, toBigU } from "./int64.ts";
import {
  Tnum,
  tnumAdd,
  tnumAnd,
  tnumArshift,
  tnumBswap,
  tnumCast,
  tnumIn,
  tnumIntersect,
  tnumLshift,
  tnumMul,
  tnumNeg,
  tnumOr,
  tnumOverlap,
  tnumRange,
  tnumRshift,
  tnumStep,
  tnumSub,
  tnumText,
  tnumUnion,
  tnumXor,
} from "./tnum.ts";

/** All tristate numbers of a few bits, with the numbers that they stand for. */
function allOf(bits: number): { tnum: Tnum; numbers: bigint[] }[] {
  const count = 1 << bits;
  const all: { tnum: Tnum; numbers: bigint[] }[] = [];
  for (let mask = 0; mask < count; mask++) {
    for (let value = 0; value < count; value++) {
      if ((value & mask) !== 0) continue;
      const numbers = [];
      for (let n = 0; n < count; n++) if ((n & ~mask) === value) numbers.push(BigInt(n));
      all.push({ tnum: new Tnum(fromU32(value), fromU32(mask)), numbers });
    }
  }
  return all;
}

const ALL = allOf(4);

function contains(t: Tnum, n: bigint): boolean {
  return (BigInt.asUintN(64, n) & ~toBigU(t.mask)) === toBigU(t.value);
}

function widen(t: Tnum) {
  return { value: toBigU(t.value), mask: toBigU(t.mask) };
}

describe("of four bits, every result of two possible numbers is a possible result", () => {
  test.each([
    { name: "+", abstract: tnumAdd, concrete: (a: bigint, b: bigint) => a + b },
    { name: "-", abstract: tnumSub, concrete: (a: bigint, b: bigint) => a - b },
    { name: "*", abstract: tnumMul, concrete: (a: bigint, b: bigint) => a * b },
    { name: "&", abstract: tnumAnd, concrete: (a: bigint, b: bigint) => a & b },
    { name: "|", abstract: tnumOr, concrete: (a: bigint, b: bigint) => a | b },
    { name: "^", abstract: tnumXor, concrete: (a: bigint, b: bigint) => a ^ b },
  ])("$name", ({ abstract, concrete }) => {
    for (const a of ALL) {
      for (const b of ALL) {
        const result = widen(abstract(a.tnum, b.tnum));
        expect(result.value & result.mask).toBe(0n);
        for (const x of a.numbers) {
          for (const y of b.numbers) {
            const n = BigInt.asUintN(64, concrete(x, y));
            if ((n & ~result.mask) !== result.value) throw new Error(`${x}, ${y} gives ${n}`);
          }
        }
      }
    }
  });

  test("a single bit operation loses nothing: &, | and ^ know each bit that is certain", () => {
    const operations = [
      { abstract: tnumAnd, concrete: (a: bigint, b: bigint) => a & b },
      { abstract: tnumOr, concrete: (a: bigint, b: bigint) => a | b },
      { abstract: tnumXor, concrete: (a: bigint, b: bigint) => a ^ b },
    ];
    for (const { abstract, concrete } of operations) {
      for (const a of ALL) {
        for (const b of ALL) {
          let ones = 15n;
          let zeros = 15n;
          for (const x of a.numbers) {
            for (const y of b.numbers) {
              ones &= concrete(x, y);
              zeros &= ~concrete(x, y);
            }
          }
          expect(widen(abstract(a.tnum, b.tnum))).toEqual({
            value: ones,
            mask: 15n & ~(ones | zeros),
          });
        }
      }
    }
  });

  test("what both may be is found, and what either may be is covered", () => {
    for (const a of ALL) {
      for (const b of ALL) {
        const common = a.numbers.filter((n) => b.numbers.includes(n));
        expect(tnumOverlap(a.tnum, b.tnum)).toBe(common.length > 0);
        expect(tnumIn(a.tnum, b.tnum)).toBe(b.numbers.every((n) => a.numbers.includes(n)));
        const both = tnumIntersect(a.tnum, b.tnum);
        expect(common.every((n) => contains(both, n))).toBe(true);
        const either = tnumUnion(a.tnum, b.tnum);
        expect([...a.numbers, ...b.numbers].every((n) => contains(either, n))).toBe(true);
      }
    }
  });

  test("the next number above another one is the smallest that is possible", () => {
    for (const { tnum, numbers } of ALL) {
      const largest = numbers.at(-1)!;
      for (let n = 0n; n < 16n; n++) {
        const next = numbers.find((each) => each > n) ?? largest;
        expect(toBigU(tnumStep(tnum, fromBigint(n)))).toBe(next);
      }
    }
  });

  test("a range is covered", () => {
    for (let min = 0; min < 16; min++) {
      for (let max = min; max < 16; max++) {
        const range = tnumRange(fromU32(min), fromU32(max));
        for (let n = min; n <= max; n++) expect(contains(range, BigInt(n))).toBe(true);
      }
    }
  });
});

/** A number of 64 bits and a tristate number that it is one of. */
const known = fc
  .record({
    n: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    mask: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  })
  .map(({ n, mask }) => ({ n, tnum: new Tnum(fromBigint(n & ~mask), fromBigint(mask)) }));

function holds(property: (a: bigint, t: Tnum, b: bigint, u: Tnum) => boolean): void {
  fc.assert(fc.property(known, known, (a, b) => property(a.n, a.tnum, b.n, b.tnum)));
}

describe("of 64 bits, a possible result is covered", () => {
  test("of +, - and *", () => {
    holds((a, t, b, u) => contains(tnumAdd(t, u), a + b));
    holds((a, t, b, u) => contains(tnumSub(t, u), a - b));
    holds((a, t, b, u) => contains(tnumMul(t, u), a * b));
    holds((a, t) => contains(tnumNeg(t), -a));
  });

  test("of shifts", () => {
    const shift = fc.integer({ min: 0, max: 63 });
    const property = fc.property(known, shift, ({ n, tnum }, by) => {
      const steps = BigInt(by);
      expect(contains(tnumLshift(tnum, by), n << steps)).toBe(true);
      expect(contains(tnumRshift(tnum, by), n >> steps)).toBe(true);
      expect(contains(tnumArshift(tnum, by, 64), BigInt.asIntN(64, n) >> steps)).toBe(true);
    });
    fc.assert(property);
  });

  test.each([1, 2, 4, 8])("of the lower %i bytes", (size) => {
    holds((a, t) => contains(tnumCast(t, size), BigInt.asUintN(size * 8, a)));
  });

  test.each([2, 4, 8])("of %i bytes in reverse order", (size) => {
    const reverse = (n: bigint) => {
      const hex = BigInt.asUintN(size * 8, n)
        .toString(16)
        .padStart(size * 2, "0");
      return BigInt(`0x${hex.match(/../g)!.reverse().join("")}`);
    };
    holds((a, t) => contains(tnumBswap(t, size), reverse(a)));
  });
});

test("a known number is shown as a number, others by their bits", () => {
  expect(tnumText(new Tnum(fromU32(7), fromU32(0)))).toBe("7");
  expect(tnumText(new Tnum(fromBigint(-8n), fromU32(0)))).toBe("0xfffffffffffffff8");
  expect(tnumText(new Tnum(fromU32(0), fromU32(0xf8)))).toBe("(0x0; 0xf8)");
});
