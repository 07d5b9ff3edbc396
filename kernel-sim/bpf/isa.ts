/**
 * The fields of an opcode.
 *
 * @linux include/uapi/linux/bpf.h, include/uapi/linux/bpf_common.h (6.18)
 * @spec RFC 9669
 */
import type { Insn } from "../api.ts";

export const BPF_LD = 0;
export const BPF_LDX = 1;
export const BPF_ST = 2;
export const BPF_STX = 3;
export const BPF_ALU = 4;
export const BPF_JMP = 5;
export const BPF_JMP32 = 6;
export const BPF_ALU64 = 7;

export const BPF_K = 0x00;
export const BPF_X = 0x08;

export const BPF_ADD = 0x00;
export const BPF_SUB = 0x10;
export const BPF_MUL = 0x20;
export const BPF_DIV = 0x30;
export const BPF_OR = 0x40;
export const BPF_AND = 0x50;
export const BPF_LSH = 0x60;
export const BPF_RSH = 0x70;
export const BPF_NEG = 0x80;
export const BPF_MOD = 0x90;
export const BPF_XOR = 0xa0;
export const BPF_MOV = 0xb0;
/** `off` of a move between the address spaces of programs and of user space. */
export const BPF_ADDR_SPACE_CAST = 1;
/** `imm` of it. */
export const CAST_TO_KERNEL = 1;
export const CAST_TO_USER = 1 << 16;
export const BPF_ARSH = 0xc0;
export const BPF_END = 0xd0;

export const BPF_JA = 0x00;
export const BPF_JEQ = 0x10;
export const BPF_JGT = 0x20;
export const BPF_JGE = 0x30;
export const BPF_JSET = 0x40;
export const BPF_JNE = 0x50;
export const BPF_JSGT = 0x60;
export const BPF_JSGE = 0x70;
export const BPF_CALL = 0x80;
export const BPF_EXIT = 0x90;
export const BPF_JLT = 0xa0;
export const BPF_JLE = 0xb0;
export const BPF_JSLT = 0xc0;
export const BPF_JSLE = 0xd0;
export const BPF_JCOND = 0xe0;

export const BPF_W = 0x00;
export const BPF_H = 0x08;
export const BPF_B = 0x10;
export const BPF_DW = 0x18;

export const BPF_IMM = 0x00;
export const BPF_ABS = 0x20;
export const BPF_IND = 0x40;
export const BPF_MEM = 0x60;
export const BPF_MEMSX = 0x80;
export const BPF_ATOMIC = 0xc0;

export const BPF_FETCH = 0x01;
export const BPF_XCHG = 0xe1;
export const BPF_CMPXCHG = 0xf1;
export const BPF_LOAD_ACQ = 0x100;
export const BPF_STORE_REL = 0x110;

export const BPF_PSEUDO_MAP_FD = 1;
export const BPF_PSEUDO_MAP_VALUE = 2;
export const BPF_PSEUDO_BTF_ID = 3;
export const BPF_PSEUDO_FUNC = 4;
export const BPF_PSEUDO_MAP_IDX = 5;
export const BPF_PSEUDO_MAP_IDX_VALUE = 6;
export const BPF_PSEUDO_CALL = 1;
export const BPF_PSEUDO_KFUNC_CALL = 2;

export const BPF_REG_FP = 10;
export const MAX_BPF_REG = 11;
export const BPF_REG_SIZE = 8;
export const MAX_BPF_STACK = 512;

export const LD_IMM64 = BPF_LD | BPF_IMM | BPF_DW;

export function bpfClass(code: number): number {
  return code & 0x07;
}

export function bpfOp(code: number): number {
  return code & 0xf0;
}

export function bpfSrc(code: number): number {
  return code & 0x08;
}

export function bpfSize(code: number): number {
  return code & 0x18;
}

export function bpfMode(code: number): number {
  return code & 0xe0;
}

const SIZES = [4, 2, 1, 8];

export function sizeInBytes(bpfSize: number): number {
  return SIZES[bpfSize >> 3]!;
}

export function isJump(code: number): boolean {
  return bpfClass(code) === BPF_JMP || bpfClass(code) === BPF_JMP32;
}

export function isLdImm64({ code }: Insn): boolean {
  return code === LD_IMM64;
}

export function isPseudoFunc({ code, srcReg }: Insn): boolean {
  return code === LD_IMM64 && srcReg === BPF_PSEUDO_FUNC;
}

const CALL = BPF_JMP | BPF_CALL;

export function isHelperCall({ code, srcReg }: Insn): boolean {
  return code === CALL && srcReg === 0;
}

export function isAddrSpaceCast({ code, off }: Insn): boolean {
  return code === (BPF_ALU64 | BPF_MOV | BPF_X) && off === BPF_ADDR_SPACE_CAST;
}

export function isPseudoCall({ code, srcReg }: Insn): boolean {
  return code === CALL && srcReg === BPF_PSEUDO_CALL;
}

export function isKfuncCall({ code, srcReg }: Insn): boolean {
  return code === CALL && srcReg === BPF_PSEUDO_KFUNC_CALL;
}

export function isMayGoto({ code, srcReg }: Insn): boolean {
  return code === (BPF_JMP | BPF_JCOND) && srcReg === 0;
}

export function isAtomicLoad({ code, imm }: Insn): boolean {
  return bpfClass(code) === BPF_STX && bpfMode(code) === BPF_ATOMIC && imm === BPF_LOAD_ACQ;
}

/** How far a jump goes, in slots behind the next instruction. */
export function jumpOffset({ code, off, imm }: Insn): number {
  return code === (BPF_JMP32 | BPF_JA) ? imm : off;
}

/** Which instructions may follow: the next one first, then the target of a jump. */
export function successors(insns: readonly Insn[], idx: number): readonly number[] {
  const insn = insns[idx]!;
  const { code } = insn;
  const next = idx + (code === LD_IMM64 ? 2 : 1);
  if (!isJump(code)) return [next];
  const op = bpfOp(code);
  if (op === BPF_EXIT) return [];
  if (op === BPF_CALL) return [next];
  const target = idx + 1 + jumpOffset(insn);
  return op === BPF_JA ? [target] : [next, target];
}

const ALU_STRINGS: Readonly<Record<number, string>> = {
  [BPF_ADD]: "+=",
  [BPF_SUB]: "-=",
  [BPF_MUL]: "*=",
  [BPF_DIV]: "/=",
  [BPF_OR]: "|=",
  [BPF_AND]: "&=",
  [BPF_LSH]: "<<=",
  [BPF_RSH]: ">>=",
  [BPF_NEG]: "neg",
  [BPF_MOD]: "%=",
  [BPF_XOR]: "^=",
  [BPF_MOV]: "=",
  [BPF_ARSH]: "s>>=",
  [BPF_END]: "endian",
};

export function aluString(op: number): string {
  return ALU_STRINGS[op] ?? "(null)";
}
