import { expect, test } from "vitest";
import { type AbstractValue, bpf } from "#kernel-sim";
import { reachOf } from "./reach.ts";

const CONTEXT = { text: "ctx()", type: "ctx", umin: 0n, umax: 0n } as AbstractValue;
const VALUE = {
  text: "map_value(map=table,ks=4,vs=16,umax=12)",
  type: "map_value",
  umin: 0n,
  umax: 12n,
} as AbstractValue;

const insnOf = (text: string) => bpf.asm(text).insns[0];

test.each([
  { name: "a load through the pointer", text: "r0 = *(u32 *)(r1 +1)", from: 1, last: 16 },
  { name: "a store through the pointer", text: "*(u64 *)(r1 +0) = r0", from: 0, last: 19 },
])("$name touches what its size and offset say", ({ text, from, last }) => {
  expect(reachOf({ R1: VALUE }, insnOf(text))).toEqual({
    register: "R1",
    valueSize: 16,
    from,
    last,
    isAccess: true,
  });
});

test("elsewhere it is told where the pointer may point", () => {
  const reach = reachOf({ R1: VALUE, R6: CONTEXT }, insnOf("r0 = *(u32 *)(r6 +0)"));
  expect(reach).toMatchObject({ register: "R1", from: 0, last: 12, isAccess: false });
});

test("without a pointer into a value nothing is told", () => {
  expect(reachOf({ R1: CONTEXT }, insnOf("r0 = *(u32 *)(r1 +0)"))).toBeUndefined();
});
