import { expect, test } from "vitest";
import { boot, bpf } from "../../index.ts";

const machine = boot();

/** What is left of a program, with its distances in slots. */
function xlated(text: string): string {
  return machine.bpf
    .mustLoad({ type: "xdp", program: bpf.asm(text) })
    .xlated()
    .replaceAll("\n", "; ");
}

test.each([
  {
    name: "a branch that is always taken takes what it jumps over along",
    text: "r0 = 1; if r0 == 1 goto out; r0 = 2; r0 += 3; out: exit",
    left: "r0 = 1; exit",
  },
  {
    name: "a branch that is never taken goes with its target",
    text: "r0 = 1; if r0 == 2 goto far; exit; far: r0 = 5; exit",
    left: "r0 = 1; exit",
  },
  {
    name: "a branch that may go both ways stays, and reaches what it did",
    text: "r0 = *(u32 *)(r1 +12); if r0 > 9 goto out; r6 = 1; if r6 == 1 goto on; r6 = 2; r6 = 3; on: r0 = 7; out: exit",
    left: "r0 = *(u64 *)(r1 +32); r0 = *(u64 *)(r0 +0); r0 = *(u32 *)(r0 +224); if r0 > 0x9 goto pc+2; r6 = 1; r0 = 7; exit",
  },
  {
    name: "a jump backwards is shortened",
    text: "r0 = 0; again: r1 = 1; if r1 == 1 goto on; r0 = 9; on: r0 += 1; if r0 < 9 goto again; exit",
    left: "r0 = 0; r1 = 1; r0 += 1; if r0 < 0x9 goto pc-3; exit",
  },
  {
    name: "a wide load that nobody reaches goes as a whole",
    text: "r0 = 1; if r0 == 1 goto out; r2 = 0x1122334455667788 ll; out: exit",
    left: "r0 = 1; exit",
  },
  {
    name: "a wide load that is reached keeps both slots",
    text: "r0 = 0x1122334455667788 ll; if r0 != 0 goto out; r0 = 3; out: exit",
    left: "r0 = 0x1122334455667788 ll; exit",
  },
  {
    name: "a call reaches its function behind what was cut out",
    text: "r1 = 1; if r1 == 1 goto on; r1 = 2; on: call sub; exit; sub: r0 = 4; exit",
    left: "r1 = 1; call pc+1; exit; r0 = 4; exit",
  },
  {
    name: "guards that jump over nothing go together",
    text: "r0 = 0; may_goto +1; may_goto +0; exit",
    left: "r0 = 0; exit",
  },
])("$name", ({ text, left }) => {
  expect(xlated(text)).toBe(left);
});
