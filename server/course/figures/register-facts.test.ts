import { expect, test } from "vitest";
import type { AbstractValue } from "#kernel-sim";
import { registerFacts } from "./register-facts.ts";

const UNKNOWN: AbstractValue = {
  text: "scalar()",
  type: "scalar",
  tnum: { value: 0n, mask: 2n ** 64n - 1n },
  umin: 0n,
  umax: 2n ** 64n - 1n,
  smin: -(2n ** 63n),
  smax: 2n ** 63n - 1n,
  u32min: 0,
  u32max: 2 ** 32 - 1,
  s32min: -(2 ** 31),
  s32max: 2 ** 31 - 1,
};
const FIFTEEN = { umin: 0n, umax: 15n, smin: 0n, smax: 15n, tnum: { value: 0n, mask: 15n } };

test.each([
  { name: "a number of which nothing is known", value: {}, range: "anything", bits: "xxxxxxxx" },
  {
    name: "a constant",
    value: { umin: 5n, umax: 5n, smin: 5n, smax: 5n, tnum: { value: 5n, mask: 0n } },
    range: "5",
    bits: "00000101",
  },
  { name: "a range", value: FIFTEEN, range: "0 … 15", bits: "0000xxxx" },
  { name: "a lower bound", value: { umin: 16n }, range: "16 … 2^64-1", bits: "xxxxxxxx" },
  {
    name: "bounds that only the sign knows",
    value: { smin: -5n, smax: 5n },
    range: "-5 … 5, signed",
    bits: "xxxxxxxx",
  },
  {
    name: "a pointer at a fixed place",
    value: {
      type: "map_value",
      text: "map_value(map=table,ks=4,vs=16)",
      tnum: { value: 0n, mask: 0n },
    },
    range: "map=table, ks=4, vs=16",
    bits: "",
  },
  {
    name: "a pointer with a variable offset",
    value: {
      ...FIFTEEN,
      type: "map_value",
      text: "map_value(map=table,ks=4,vs=16,smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))",
    },
    range: "map=table, ks=4, vs=16, + 0 … 15",
    bits: "0000xxxx",
  },
])("$name is one row", ({ value, range, bits }) => {
  expect(registerFacts({ ...UNKNOWN, ...value })).toMatchObject({ range, bits });
});
