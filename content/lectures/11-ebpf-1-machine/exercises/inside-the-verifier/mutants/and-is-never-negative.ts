// Wrong: takes x & y for positive, also where both can have the sign bit.
import type { Bounds, Tnum } from "./contract.ts";

/** Every word of `width` bits. */
function everything(width: number): Bounds {
  const half = 1n << BigInt(width - 1);
  return { umin: 0n, umax: 2n * half - 1n, smin: -half, smax: half - 1n };
}

export function tnumAdd(a: Tnum, b: Tnum, width: number): Tnum {
  const word = (1n << BigInt(width)) - 1n;
  const lowest = a.value + b.value;
  const highest = lowest + a.mask + b.mask;
  const mask = ((lowest ^ highest) | a.mask | b.mask) & word;
  return { value: lowest & ~mask & word, mask };
}

export function tnumAnd(a: Tnum, b: Tnum, _width: number): Tnum {
  const ones = a.value & b.value;
  const maybe = (a.value | a.mask) & (b.value | b.mask);
  return { value: ones, mask: maybe & ~ones };
}

export function tnumShl(a: Tnum, shift: number, width: number): Tnum {
  const word = (1n << BigInt(width)) - 1n;
  return { value: (a.value << BigInt(shift)) & word, mask: (a.mask << BigInt(shift)) & word };
}

export function boundsAdd(a: Bounds, b: Bounds, width: number): Bounds {
  const all = everything(width);
  const [umin, umax] = [a.umin + b.umin, a.umax + b.umax];
  const [smin, smax] = [a.smin + b.smin, a.smax + b.smax];
  const staysUnsigned = umax <= all.umax;
  const staysSigned = smin >= all.smin && smax <= all.smax;
  return {
    umin: staysUnsigned ? umin : all.umin,
    umax: staysUnsigned ? umax : all.umax,
    smin: staysSigned ? smin : all.smin,
    smax: staysSigned ? smax : all.smax,
  };
}

export function boundsAnd(a: Bounds, b: Bounds, width: number): Bounds {
  const all = everything(width);
  const umax = a.umax < b.umax ? a.umax : b.umax;
  return { umin: 0n, umax, smin: 0n, smax: umax < all.smax ? umax : all.smax };
}

export function boundsShl(a: Bounds, shift: number, width: number): Bounds {
  const all = everything(width);
  const by = BigInt(shift);
  const staysUnsigned = a.umax << by <= all.umax;
  const staysSigned = a.smin << by >= all.smin && a.smax << by <= all.smax;
  return {
    umin: staysUnsigned ? a.umin << by : all.umin,
    umax: staysUnsigned ? a.umax << by : all.umax,
    smin: staysSigned ? a.smin << by : all.smin,
    smax: staysSigned ? a.smax << by : all.smax,
  };
}
