import type { Tnum } from "#kernel-sim";
import type { TnumFacts } from "./figure.ts";

/** What a reader wants to know of a tnum; `text` is Linux's notation of it. */
export function tnumFacts({ value, mask }: Tnum, text: string): TnumFacts {
  return {
    bits: bitsOf({ value, mask }),
    text,
    smallest: value.toString(),
    largest: (value | mask).toString(),
    count: (1n << BigInt(mask.toString(2).replaceAll("0", "").length)).toString(),
  };
}

/** All sixty-four bits from the highest: `0`, `1`, or `x` where it is unknown. */
export function bitsOf({ value, mask }: Tnum): string {
  return Array.from({ length: 64 }, (_, place) => {
    const bit = BigInt(63 - place);
    if ((mask >> bit) & 1n) return "x";
    return (value >> bit) & 1n ? "1" : "0";
  }).join("");
}
