/** Which encodings are instructions at all: a program that nobody has verified may hold anything. */
import type { Insn } from "../../api.ts";
import {
  BPF_ALU64,
  BPF_END,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_LOAD_ACQ,
  BPF_MOV,
  BPF_NEG,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_MAP_VALUE,
  BPF_REG_FP,
  BPF_STORE_REL,
  bpfClass,
  bpfOp,
  bpfSrc,
  isAddrSpaceCast,
  LD_IMM64,
} from "../isa.ts";

/** "" when a CPU that knows RFC 9669 would run it, else what is wrong. @spec RFC 9669 */
export function encodingProblem(insns: readonly Insn[], slot: number): string {
  const insn = insns[slot]!;
  if (insn.dstReg > BPF_REG_FP || insn.srcReg > BPF_REG_FP)
    return "there are no registers above R10";
  switch (bpfClass(insn.code)) {
    case 0:
      return loadProblem(insn, insns[slot + 1]);
    case 1:
      return LOADS.has(insn.code) ? writes(insn.dstReg) : UNKNOWN;
    case 2:
      return STORES.has(insn.code) ? "" : UNKNOWN;
    case 3:
      return REGISTER_STORES.has(insn.code) ? "" : atomicProblem(insn);
    case 4:
    case 7:
      if (isAddrSpaceCast(insn)) return castProblem(insn);
      return isAluKnown(insn) ? writes(insn.dstReg) : UNKNOWN;
    default:
      return isJumpKnown(insn) ? "" : UNKNOWN;
  }
}

const UNKNOWN = "there is no such instruction";
/** The address spaces that a cast goes between: into the upper half the one it makes, into the lower the one it takes. */
export const CAST_TO_KERNEL = 1;
export const CAST_TO_USER = 1 << 16;

function castProblem({ imm, dstReg }: Insn): string {
  if (imm === CAST_TO_KERNEL || imm === CAST_TO_USER) return writes(dstReg);
  return "only between the address spaces 0 and 1 can be converted";
}

function writes(reg: number): string {
  return reg === BPF_REG_FP ? "R10, the frame pointer, is read only" : "";
}

const LOADS: ReadonlySet<number> = new Set([0x61, 0x69, 0x71, 0x79, 0x81, 0x89, 0x91]);
const STORES: ReadonlySet<number> = new Set([0x62, 0x6a, 0x72, 0x7a]);
const REGISTER_STORES: ReadonlySet<number> = new Set([0x63, 0x6b, 0x73, 0x7b]);
const PACKET_LOADS: ReadonlySet<number> = new Set([0x20, 0x28, 0x30, 0x40, 0x48, 0x50]);

function loadProblem({ code, dstReg, srcReg }: Insn, second: Insn | undefined): string {
  if (code !== LD_IMM64) return PACKET_LOADS.has(code) ? "" : UNKNOWN;
  if (second === undefined) return "the second half of the wide load is missing";
  const isPlain = second.code === 0 && second.dstReg === 0 && second.srcReg === 0;
  if (!isPlain || second.off !== 0)
    return "the second half of the wide load is another instruction";
  if (srcReg > BPF_PSEUDO_MAP_VALUE && srcReg !== BPF_PSEUDO_FUNC) {
    return "only the verifier knows what this wide load stands for";
  }
  return writes(dstReg);
}

const ATOMICS: ReadonlySet<number> = new Set([
  ...[0x00, 0x40, 0x50, 0xa0],
  ...[0x01, 0x41, 0x51, 0xa1],
  ...[0xe1, 0xf1],
]);

function atomicProblem({ code, dstReg, srcReg, imm }: Insn): string {
  if ((code & 0xe0) !== 0xc0) return UNKNOWN;
  if (imm === BPF_LOAD_ACQ) return writes(dstReg);
  if (imm === BPF_STORE_REL) return "";
  const isWordOrDouble = code === 0xc3 || code === 0xdb;
  if (!isWordOrDouble || !ATOMICS.has(imm)) return UNKNOWN;
  const isFetch = (imm & 1) !== 0 && imm !== 0xf1;
  return isFetch ? writes(srcReg) : "";
}

function isAluKnown({ code, off, imm }: Insn): boolean {
  const isWide = bpfClass(code) === BPF_ALU64;
  const op = bpfOp(code);
  if (op > BPF_END) return false;
  if (op === BPF_NEG) return bpfSrc(code) === 0;
  if (op === BPF_END) {
    if (isWide && bpfSrc(code) !== 0) return false;
    return imm === 16 || imm === 32 || imm === 64;
  }
  if (op === 0x30 || op === 0x90) return off === 0 || off === 1;
  if (op !== BPF_MOV) return true;
  if (bpfSrc(code) === 0) return off === 0;
  return off === 0 || off === 8 || off === 16 || (isWide && off === 32);
}

function isJumpKnown({ code, srcReg }: Insn): boolean {
  const op = bpfOp(code);
  const isWide = bpfClass(code) === BPF_JMP;
  if (op === BPF_JA) return bpfSrc(code) === 0;
  if (code === 0x85) return srcReg <= 2;
  if (code === 0x95) return true;
  if (op === BPF_JCOND) return isWide && bpfSrc(code) === 0 && srcReg === 0;
  return op !== 0x80 && op !== 0x90 && op < BPF_JCOND;
}
