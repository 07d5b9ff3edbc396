/** Known bits. Where `mask` has a 1 the bit is unknown, and `value` has a 0 there. */
export interface Tnum {
  readonly value: bigint;
  readonly mask: bigint;
}

/** Two ranges of one word, both ends included; `smin` and `smax` are read as signed. */
export interface Bounds {
  readonly umin: bigint;
  readonly umax: bigint;
  readonly smin: bigint;
  readonly smax: bigint;
}

/** What a submission exports. `width` is 4 to 64 bits, `shift` is 0 to width - 1. */
export interface Submission {
  readonly tnumAdd: (a: Tnum, b: Tnum, width: number) => Tnum;
  readonly tnumAnd: (a: Tnum, b: Tnum, width: number) => Tnum;
  readonly tnumShl: (a: Tnum, shift: number, width: number) => Tnum;
  readonly boundsAdd: (a: Bounds, b: Bounds, width: number) => Bounds;
  readonly boundsAnd: (a: Bounds, b: Bounds, width: number) => Bounds;
  readonly boundsShl: (a: Bounds, shift: number, width: number) => Bounds;
}
