/** Bigints as text: hexadecimal, with a bound on their digits. */

import { NotPlain } from "./not-plain.ts";

const LENGTH_MAX = 16_384;
/** The first one whose text is too long; below zero the sign takes one digit. */
const TOO_LARGE = 1n << BigInt(4 * (LENGTH_MAX - 2));
const TOO_SMALL = -(1n << BigInt(4 * (LENGTH_MAX - 3)));

export function checkBigint(value: bigint): void {
  if (value >= TOO_LARGE || value <= TOO_SMALL) tooLarge();
}

export function bigintText(value: bigint): string {
  checkBigint(value);
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

export function bigintFrom(text: string): bigint {
  if (!/^-?0x[0-9a-f]+$/.test(text)) throw new NotPlain("it has an unknown form");
  if (text.length > LENGTH_MAX) tooLarge();
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}

function tooLarge(): never {
  throw new NotPlain("a bigint in it is too large");
}
