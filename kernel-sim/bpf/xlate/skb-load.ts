import type { Insn } from "../../api.ts";
import * as i from "./insns.ts";
import { kernelFunction } from "./kernel-functions.ts";

const FUNCTIONS = {
  16: "bpf_skb_load_helper_8_no_cache",
  8: "bpf_skb_load_helper_16_no_cache",
  0: "bpf_skb_load_helper_32_no_cache",
} as const;

/** LD_ABS and LD_IND. @linux net/core/filter.c `bpf_gen_ld_abs` (6.18) */
export function loadFromPacket({ code, srcReg, imm }: Insn): readonly Insn[] {
  const isIndirect = (code & 0xe0) === 0x40;
  const offset = isIndirect
    ? [i.aluReg(i.MOV, 2, srcReg), ...(imm === 0 ? [] : [i.aluImm(i.ADD, 2, imm)])]
    : [i.aluImm(i.MOV, 2, imm)];
  return [
    ...offset,
    i.aluReg(i.MOV, 1, 6),
    i.call(kernelFunction(FUNCTIONS[(code & 0x18) as 0 | 8 | 16])),
    i.jumpImm(i.JSGE, 0, 0, 2),
    i.aluReg(i.XOR, 0, 0, false),
    i.EXIT,
  ];
}
