import type { Bounds, Tnum } from "./contract.ts";

/** All bits unknown: sound, and useless. */
function unknown(width: number): Tnum {
  return { value: 0n, mask: (1n << BigInt(width)) - 1n };
}

/** Every word of `width` bits. */
function everything(width: number): Bounds {
  const half = 1n << BigInt(width - 1);
  return { umin: 0n, umax: 2n * half - 1n, smin: -half, smax: half - 1n };
}

export function tnumAdd(a: Tnum, b: Tnum, width: number): Tnum {
  return unknown(width);
}

export function tnumAnd(a: Tnum, b: Tnum, width: number): Tnum {
  return unknown(width);
}

export function tnumShl(a: Tnum, shift: number, width: number): Tnum {
  return unknown(width);
}

export function boundsAdd(a: Bounds, b: Bounds, width: number): Bounds {
  return everything(width);
}

export function boundsAnd(a: Bounds, b: Bounds, width: number): Bounds {
  return everything(width);
}

export function boundsShl(a: Bounds, shift: number, width: number): Bounds {
  return everything(width);
}
