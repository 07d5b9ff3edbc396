import type { AbstractValue } from "#kernel-sim";
import { bitsOf, type RegisterFacts } from "#notebook/document";

const U64_MAX = 2n ** 64n - 1n;
const S64_MIN = -(2n ** 63n);
const S64_MAX = 2n ** 63n - 1n;

/** The numbers that are read more easily as powers. */
const POWERS = new Map<bigint, string>([
  [U64_MAX, "2^64-1"],
  [S64_MAX, "2^63-1"],
  [S64_MIN, "-2^63"],
  [2n ** 32n - 1n, "2^32-1"],
  [2n ** 31n - 1n, "2^31-1"],
]);

/** One row of the table of registers: type, range and low byte of what the verifier knows. */
export function registerFacts(value: AbstractValue): RegisterFacts {
  const isScalar = value.type === "scalar";
  const isFixed = value.tnum.mask === 0n;
  return {
    type: value.type,
    range: isScalar ? rangeOf(value) : placeOf(value, isFixed),
    bits: isScalar || !isFixed ? bitsOf(value.tnum).slice(-8) : "",
  };
}

function rangeOf({ umin, umax, smin, smax }: AbstractValue): string {
  if (umin === umax) return number(umin);
  if (umin > 0n || umax < U64_MAX) return between(umin, umax);
  if (smin > S64_MIN || smax < S64_MAX) return `${between(smin, smax)}, signed`;
  return "anything";
}

/** What stands in the brackets of a pointer, its range in our own short form. */
function placeOf(value: AbstractValue, isFixed: boolean): string {
  const inside = /\((.*)\)$/.exec(value.text)?.[1] ?? "";
  const facts = inside
    .replace(/,?var_off=\([^)]*\)/, "")
    .split(",")
    .filter((fact) => fact !== "" && !/^(?:[us](?:min|max)(?:32)?=)+/.test(fact));
  return [...facts, ...(isFixed ? [] : [`+ ${rangeOf(value)}`])].join(", ");
}

function between(from: bigint, to: bigint): string {
  return `${number(from)} … ${number(to)}`;
}

function number(n: bigint): string {
  return POWERS.get(n) ?? n.toString();
}
