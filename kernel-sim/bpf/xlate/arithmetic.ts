/** Divisions that cannot trap, and distances that stay within bounds on a wrong guess. */
import type { Insn } from "../../api.ts";
import type { InsnAux } from "../verifier/env.ts";
import {
  BPF_ALU_IMMEDIATE,
  BPF_ALU_NEG_VALUE,
  BPF_ALU_NON_POINTER,
  BPF_ALU_SANITIZE_DST,
} from "../verifier/sanitize.ts";
import * as i from "./insns.ts";
import { BPF_REG_AX as AX } from "./insns.ts";

const BPF_DIV = 0x30;
const BPF_MOD = 0x90;
const ADD_X = 0x0f;
const SUB_X = 0x1f;

/** Undefined: the instruction stays as it is. @linux kernel/bpf/verifier.c `do_misc_fixups` (6.18) */
export function fixDivision(insn: Insn): readonly Insn[] | undefined {
  const { code, dstReg: dst, srcReg: src, off, imm } = insn;
  const op = code & 0xf0;
  const isAlu = (code & 7) === 4 || (code & 7) === 7;
  if (!isAlu || (op !== BPF_DIV && op !== BPF_MOD)) return undefined;
  const is64 = (code & 7) === 7;
  const isDiv = op === BPF_DIV;
  if ((code & 8) === 0) {
    if (off !== 1 || imm !== -1) return undefined;
    return [isDiv ? i.aluImm(i.NEG, dst, 0, is64) : i.aluImm(i.MOV, dst, 0, false)];
  }
  if (off === 1) return isDiv ? signedDivision(insn, is64) : signedRemainder(insn, is64);
  if (isDiv) {
    return [i.jumpImm(i.JNE, src, 0, 2, is64), i.aluReg(i.XOR, dst, dst, false), i.jump(1), insn];
  }
  if (is64) return [i.jumpImm(i.JEQ, src, 0, 1), insn];
  return [i.jumpImm(i.JEQ, src, 0, 2, false), insn, i.jump(1), i.aluReg(i.MOV, dst, dst, false)];
}

/** By 0 the result is 0; by -1 it is the opposite. */
function signedDivision(insn: Insn, is64: boolean): readonly Insn[] {
  const { dstReg: dst, srcReg: src } = insn;
  return [
    i.aluReg(i.MOV, AX, src),
    i.aluImm(i.ADD, AX, 1, is64),
    i.jumpImm(i.JGT, AX, 1, 4, is64),
    i.jumpImm(i.JEQ, AX, 0, 1, is64),
    i.aluImm(i.MOV, dst, 0, is64),
    i.aluImm(i.NEG, dst, 0, is64),
    i.jump(1),
    insn,
  ];
}

function signedRemainder(insn: Insn, is64: boolean): readonly Insn[] {
  const { dstReg: dst, srcReg: src } = insn;
  const guarded = [
    i.aluReg(i.MOV, AX, src),
    i.aluImm(i.ADD, AX, 1, is64),
    i.jumpImm(i.JGT, AX, 1, 3, is64),
    i.jumpImm(i.JEQ, AX, 1, is64 ? 3 : 4, is64),
    i.aluImm(i.MOV, dst, 0, false),
    i.jump(1),
    insn,
  ];
  return is64 ? guarded : [...guarded, i.jump(1), i.aluReg(i.MOV, dst, dst, false)];
}

/** A pointer moves by a masked distance. Undefined: it needs no mask. */
export function fixPointerMove(
  insn: Insn,
  { aluState, aluLimit }: InsnAux,
): readonly Insn[] | undefined {
  const { code, dstReg, srcReg } = insn;
  if (code !== ADD_X && code !== SUB_X) return undefined;
  if (aluState === 0 || aluState === BPF_ALU_NON_POINTER) return undefined;
  const isNegative = (aluState & BPF_ALU_NEG_VALUE) !== 0;
  const isSource = (aluState & BPF_ALU_SANITIZE_DST) === 0;
  const isImm = (aluState & BPF_ALU_IMMEDIATE) !== 0;
  const off = isSource ? srcReg : dstReg;
  const patch: Insn[] = [];
  if (isImm) {
    patch.push(i.aluImm(i.MOV, AX, aluLimit, false));
  } else {
    if (isNegative) patch.push(i.aluImm(i.MUL, off, -1));
    patch.push(
      i.aluImm(i.MOV, AX, aluLimit, false),
      i.aluReg(i.SUB, AX, off),
      i.aluReg(i.OR, AX, off),
      i.aluImm(i.NEG, AX, 0),
      i.aluImm(i.ARSH, AX, 63),
      i.aluReg(i.AND, AX, off),
    );
  }
  if (!isSource) patch.push(i.aluReg(i.MOV, dstReg, srcReg));
  const opposite = code === ADD_X ? SUB_X : ADD_X;
  patch.push({ ...insn, code: isNegative ? opposite : code, srcReg: AX });
  if (isSource && isNegative && !isImm) patch.push(i.aluImm(i.MUL, off, -1));
  return patch;
}
