/** Instructions that the kernel puts into programs. @linux include/linux/filter.h (6.18) */
import type { Insn } from "../../api.ts";

/** A register that only the kernel uses. */
export const BPF_REG_AX = 11;
/** In `off` of a move: the address becomes that of the CPU's own copy. */
const BPF_ADDR_PERCPU = -1;

export const B = 0x71;
export const H = 0x69;
export const W = 0x61;
export const DW = 0x79;
export const ADD = 0x00;
export const SUB = 0x10;
export const MUL = 0x20;
export const OR = 0x40;
export const AND = 0x50;
export const LSH = 0x60;
export const RSH = 0x70;
export const NEG = 0x80;
export const XOR = 0xa0;
export const MOV = 0xb0;
export const ARSH = 0xc0;
export const JEQ = 0x10;
export const JGT = 0x20;
export const JGE = 0x30;
export const JSET = 0x40;
export const JNE = 0x50;
export const JSGE = 0x70;
export const JLE = 0xb0;
const ALU = 0x04;
const ALU64 = 0x07;
const JMP = 0x05;
const JMP32 = 0x06;
const X = 0x08;

export function raw(code: number, dstReg: number, srcReg = 0, off = 0, imm = 0): Insn {
  return { code, dstReg, srcReg, off, imm };
}

/** @param size one of B, H, W, DW */
export function load(size: number, dst: number, src: number, off: number): Insn {
  return raw(size, dst, src, off);
}

export function aluImm(op: number, dst: number, imm: number, is64 = true): Insn {
  return raw((is64 ? ALU64 : ALU) | op, dst, 0, 0, imm);
}

export function aluReg(op: number, dst: number, src: number, is64 = true): Insn {
  return raw((is64 ? ALU64 : ALU) | op | X, dst, src);
}

/** @param off how many of the instructions behind it are left out */
export function jumpImm(op: number, dst: number, imm: number, off: number, is64 = true): Insn {
  return raw((is64 ? JMP : JMP32) | op, dst, 0, off, imm);
}

export function jump(off: number): Insn {
  return raw(JMP, 0, 0, off);
}

export function call(func: number): Insn {
  return raw(JMP | 0x80, 0, 0, 0, func);
}

export function percpuAddress(dst: number, src: number): Insn {
  return raw(ALU64 | MOV | X, dst, src, BPF_ADDR_PERCPU);
}

export const EXIT: Insn = Object.freeze(raw(JMP | 0x90, 0));
/** The CPU does not go past it on a guess. */
export const NOSPEC: Insn = Object.freeze(raw(0xc2, 0));

/** A wide load of an address of the kernel's own, which is shown as 0. */
export function kernelAddress(dst: number): readonly Insn[] {
  return [raw(0x18, dst), raw(0, 0)];
}

/** An index that is too large stays within a power of two. @linux kernel/bpf/arraymap.c `array_map_alloc` (6.18) */
export function indexMask(maxEntries: number): number {
  return maxEntries <= 1 ? 0 : (2 ** (32 - Math.clz32(maxEntries - 1)) - 1) | 0;
}
