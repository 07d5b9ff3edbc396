import type { Insn } from "../../api.ts";

/** Which registers of eBPF stand for those of a classic program, and the instructions that conversions use. */
export const R_A = 0;
export const R_X = 7;
export const R_CTX = 6;
export const R_TMP = 2;
export const R_FP = 10;
export const R_ARG1 = 1;

export function insn(code: number, dstReg: number, srcReg = 0, off = 0, imm = 0): Insn {
  return { code, dstReg, srcReg, off, imm: imm | 0 };
}

/** eBPF codes that appear more than once. */
export const MOV32_IMM = 0xb4;
export const MOV32_REG = 0xbc;
export const MOV64_REG = 0xbf;
export const XOR32_REG = 0xac;
export const LDX_W = 0x61;
export const JNE_IMM = 0x55;
export const EXIT: Insn = Object.freeze(insn(0x95, 0));
export const STX_W = 0x63;
export const JMP_JA = 0x05;
export const JMP_JNE = 0x55;
export const JMP_JLT = 0xa5;
export const JMP_JLE = 0xb5;
