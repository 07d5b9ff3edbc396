import type { Tnum, TnumOps } from "../api.ts";
import { fromBigint, toBigU } from "./verifier/int64.ts";
import {
  TNUM_UNKNOWN,
  Tnum as Tristate,
  tnumAdd,
  tnumAnd,
  tnumArshift,
  tnumConst,
  tnumIn,
  tnumIntersect,
  tnumLshift,
  tnumMul,
  tnumOr,
  tnumRange,
  tnumRshift,
  tnumSub,
  tnumXor,
} from "./verifier/tnum.ts";

/** Takes what students write: the bits of `value` under the mask do not count. */
function read(given: Tnum): Tristate {
  return new Tristate(fromBigint(given.value & ~given.mask), fromBigint(given.mask));
}

function answer(tnum: Tristate): Tnum {
  return Object.freeze({ value: toBigU(tnum.value), mask: toBigU(tnum.mask) });
}

function binary(operation: (a: Tristate, b: Tristate) => Tristate) {
  return (a: Tnum, b: Tnum) => answer(operation(read(a), read(b)));
}

/**
 * The verifier's tristate numbers for lectures and exercises, on plain objects.
 *
 * @linux kernel/bpf/tnum.c (6.18)
 */
export const tnumOps: TnumOps = Object.freeze({
  constant: (value) => answer(tnumConst(fromBigint(value))),
  unknown: () => answer(TNUM_UNKNOWN),
  range: (min, max) => answer(tnumRange(fromBigint(min), fromBigint(max))),
  add: binary(tnumAdd),
  sub: binary(tnumSub),
  and: binary(tnumAnd),
  or: binary(tnumOr),
  xor: binary(tnumXor),
  mul: binary(tnumMul),
  lshift: (a, shift) => answer(tnumLshift(read(a), shift)),
  rshift: (a, shift) => answer(tnumRshift(read(a), shift)),
  arshift: (a, shift, bits) => answer(tnumArshift(read(a), shift & (bits - 1), bits)),
  intersect: binary(tnumIntersect),
  contains: (a, b) => tnumIn(read(a), read(b)),
  text(given) {
    const { value, mask } = answer(read(given));
    return `(0x${value.toString(16)}; 0x${mask.toString(16)})`;
  },
} satisfies TnumOps);
