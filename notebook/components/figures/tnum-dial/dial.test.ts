import fc from "fast-check";
import { expect, test } from "vitest";
import { combine } from "./combine.ts";
import {
  type Dial,
  isShift,
  OPERATIONS,
  type Operation,
  occurring,
  turnBit,
  wordsOf,
} from "./dial.ts";
import { describeResult } from "./dial-view.tsx";

const A = "00000000xxxxx000";
const EIGHT = "0000000000001000";

test("a bit turns from 0 over 1 and unknown to 0 again", () => {
  const turned = ["0000", "0100", "0x00"].map((bits) => turnBit(bits, 1));
  expect(turned).toEqual(["0100", "0x00", "0000"]);
});

test("bits are value and mask", () => {
  expect(wordsOf(A)).toEqual({ value: 0n, mask: 0xf8n });
  expect(wordsOf(EIGHT)).toEqual({ value: 8n, mask: 0n });
});

test("x & 0xf8, plus 8, stands for twice as many numbers as can occur", () => {
  const dial: Dial = { a: A, b: EIGHT, operation: "add", shift: 0 };
  const combined = combine(dial);
  expect(combined.result.text).toBe("(0x0; 0x1f8)");
  expect(describeResult(dial, combined)).toBe(
    "64 numbers, from 0 to 504. Only 32, from 8 to 256, can really occur.",
  );
});

test("bits above the sixteenth are named", () => {
  const dial: Dial = { a: "1".repeat(16), b: "000000000000000x", operation: "add", shift: 0 };
  expect(describeResult(dial, combine(dial))).toContain("Above: bit 16 unknown.");
});

test("too many numbers are not tried", () => {
  const dial: Dial = { a: "x".repeat(16), b: EIGHT, operation: "and", shift: 0 };
  expect(occurring(dial)).toBeUndefined();
});

test("what can really occur is never outside of what the result stands for", () => {
  const bits = fc
    .array(fc.constantFrom("0", "0", "1", "x"), { minLength: 16, maxLength: 16 })
    .map((all) => all.join(""));
  const dials: fc.Arbitrary<Dial> = fc.record({
    a: bits,
    b: bits,
    operation: fc.constantFrom(...(Object.keys(OPERATIONS) as Operation[])),
    shift: fc.integer({ min: 0, max: 15 }),
  });
  const isSound = fc.property(dials, (dial) => {
    const real = occurring(dial);
    fc.pre(real !== undefined);
    const { result } = combine(dial);
    expect(BigInt(result.smallest)).toBeLessThanOrEqual(real.smallest);
    expect(BigInt(result.largest)).toBeGreaterThanOrEqual(real.largest);
    expect(BigInt(result.count)).toBeGreaterThanOrEqual(BigInt(real.count));
    if (isShift(dial.operation)) expect(result.count).toBe(String(real.count));
  });
  fc.assert(isSound, { numRuns: 40 });
});
