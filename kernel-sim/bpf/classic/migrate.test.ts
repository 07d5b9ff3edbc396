import { expect, test } from "vitest";
import { EINVAL } from "../../include/errno.ts";
import { bpfPrepareFilter } from "./migrate.ts";
import { SKF_AD_OFF, type SockFilter } from "./sock-filter.ts";

const insn = (code: number, k: number, jt = 0, jf = 0): SockFilter => ({ code, jt, jf, k });
const RETURN_A = insn(0x16, 0);

/** A jump over copies of an instruction. */
function over(copies: number, each: SockFilter): SockFilter[] {
  return [insn(0x05, copies), ...new Array<SockFilter>(copies).fill(each), RETURN_A];
}

test("a program with 4 096 packet loads is more than twelve times as long for eBPF", () => {
  const loads = new Array<SockFilter>(4095).fill(insn(0x30, 1));
  expect(bpfPrepareFilter([...loads, RETURN_A])).toBe(7 + 4095 * 13 + 1);
});

// Over how many of them SO_ATTACH_FILTER let a program jump on Linux 6.18.
test.each([
  { name: "ld [0]", each: insn(0x20, 0), most: 2520 },
  { name: "ld [4]", each: insn(0x20, 4), most: 2340 },
  { name: "ldb [0]", each: insn(0x30, 0), most: 2730 },
  { name: "ldb [32767]", each: insn(0x30, 32_767), most: 2520 },
  { name: "ldb [32768]", each: insn(0x30, 32_768), most: 2184 },
  { name: "ld [40000]", each: insn(0x20, 40_000), most: 2047 },
  { name: "ldb [x + 3]", each: insn(0x50, 3), most: 3640 },
  { name: "ldxb 4*([0]&0xf)", each: insn(0xb1, 0), most: 1820 },
  { name: "ldxb 4*([3]&0xf)", each: insn(0xb1, 3), most: 1724 },
  { name: "ldb [x]", each: insn(0x50, 0), most: 4094 },
  { name: "ldb [-0x200000]", each: insn(0x30, 0xffe0_0000), most: 4094 },
  { name: "ld #proto", each: insn(0x20, SKF_AD_OFF), most: 4094 },
])("a jump leads over $most of $name and no more", ({ each, most }) => {
  expect(bpfPrepareFilter(over(most, each))).toBeGreaterThan(0);
  expect(bpfPrepareFilter(over(most + 1, each))).toBe(-EINVAL);
});
