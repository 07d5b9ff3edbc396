/** Two operands of sixteen bits and what is done to them. */

/** Sixteen bits from the highest: `0`, `1`, or `x` for unknown. */
export type Bits = string;

export const BIT_COUNT = 16;

export type Operation = "and" | "or" | "xor" | "add" | "sub" | "lshift" | "rshift";

export interface Dial {
  readonly a: Bits;
  readonly b: Bits;
  readonly operation: Operation;
  /** How far a shift goes; it takes the place of `b`. */
  readonly shift: number;
}

interface OperationFacts {
  readonly sign: string;
  readonly says: string;
  /** The operation on two known numbers. */
  readonly exact: (a: bigint, b: bigint) => bigint;
}

export const OPERATIONS: Readonly<Record<Operation, OperationFacts>> = {
  add: { sign: "+", says: "add", exact: (a, b) => a + b },
  sub: { sign: "-", says: "subtract", exact: (a, b) => a - b },
  and: { sign: "&", says: "and", exact: (a, b) => a & b },
  or: { sign: "|", says: "or", exact: (a, b) => a | b },
  xor: { sign: "^", says: "exclusive or", exact: (a, b) => a ^ b },
  lshift: { sign: "<<", says: "shift to the left", exact: (a, b) => a << b },
  rshift: { sign: ">>", says: "shift to the right", exact: (a, b) => a >> b },
};

export function isShift(operation: Operation): boolean {
  return operation === "lshift" || operation === "rshift";
}

const NEXT: Readonly<Record<string, string>> = { "0": "1", "1": "x", x: "0" };

/** Turns the bit at `place`, counted from the highest: 0, 1, unknown, 0 again. */
export function turnBit(bits: Bits, place: number): Bits {
  return setBit(bits, place, NEXT[bits[place] ?? "x"] ?? "0");
}

export function setBit(bits: Bits, place: number, to: string): Bits {
  return bits.slice(0, place) + to + bits.slice(place + 1);
}

/** The pair of words that the bits stand for. */
export function wordsOf(bits: Bits): { readonly value: bigint; readonly mask: bigint } {
  const only = (wanted: string) =>
    BigInt(`0b${Array.from(bits, (bit) => (bit === wanted ? "1" : "0")).join("")}`);
  return { value: only("1"), mask: only("x") };
}

export interface Occurring {
  readonly count: number;
  readonly smallest: bigint;
  readonly largest: bigint;
}

/** More unknown bits than these, and trying all numbers takes too long for a turn of a dial. */
const UNKNOWN_BITS_MAX = 14;

/** What can really come out, found by trying every pair of numbers; nothing when they are too many. */
export function occurring(dial: Dial): Occurring | undefined {
  const { exact } = OPERATIONS[dial.operation];
  const unknown = isShift(dial.operation) ? dial.a : dial.a + dial.b;
  if (unknown.replaceAll(/[01]/g, "").length > UNKNOWN_BITS_MAX) return undefined;
  const bs = isShift(dial.operation) ? [BigInt(dial.shift)] : numbersOf(dial.b);
  const results = new Set(
    numbersOf(dial.a).flatMap((a) => bs.map((b) => BigInt.asUintN(64, exact(a, b)))),
  );
  const [first = 0n] = results;
  let smallest = first;
  let largest = first;
  for (const number of results) {
    if (number < smallest) smallest = number;
    if (number > largest) largest = number;
  }
  return { count: results.size, smallest, largest };
}

/** All numbers that agree with the bits. */
function numbersOf(bits: Bits): bigint[] {
  let numbers = [0n];
  for (const bit of bits) {
    const digits = bit === "x" ? [0n, 1n] : [BigInt(bit)];
    numbers = numbers.flatMap((number) => digits.map((digit) => number * 2n + digit));
  }
  return numbers;
}
