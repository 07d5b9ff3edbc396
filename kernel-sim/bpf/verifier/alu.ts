import type { Insn } from "../../api.ts";
import { EACCES, EFAULT, EINVAL } from "../../include/errno.ts";
import {
  aluString,
  BPF_ADD,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ARSH,
  BPF_DIV,
  BPF_END,
  BPF_LSH,
  BPF_MOD,
  BPF_MOV,
  BPF_NEG,
  BPF_OR,
  BPF_RSH,
  BPF_SUB,
  BPF_X,
  bpfClass,
  bpfOp,
  bpfSrc,
  CAST_TO_KERNEL,
  CAST_TO_USER,
  isAddrSpaceCast,
} from "../isa.ts";
import { BPF_MAP_TYPE_ARENA } from "../uapi.ts";
import { markChainPrecision } from "./backtrack.ts";
import { regBoundsSanityCheck, regBoundsSync } from "./bounds.ts";
import type { VerifierEnv } from "./env.ts";
import { ALL_ONES, eq, fromS32, fromU32, isZero, ltU, ONE, shl, ZERO } from "./int64.ts";
import { pushStack } from "./paths.ts";
import { adjustPtrMinMaxVals } from "./pointer-arithmetic.ts";
import {
  checkRegArg,
  DST_OP,
  DST_OP_NO_MARK,
  isPointerValue,
  markRegUnknown,
  SRC_OP,
} from "./reg-arg.ts";
import { coerceRegToSizeSx, coerceSubregToSizeSx, zext32To64 } from "./reg-size.ts";
import {
  BPF_ADD_CONST,
  BPF_ADD_CONST32,
  BPF_ADD_CONST64,
  copyOfReg,
  isConstReg,
  knownImm,
  type Reg,
  type RegState,
  S32_MIN,
} from "./reg-state.ts";
import { PTR_TO_ARENA, SCALAR_VALUE } from "./reg-type.ts";
import { sanitizeValAlu } from "./sanitize.ts";
import { adjustScalarMinMaxVals } from "./scalar-arithmetic.ts";
import { assignScalarId, regWidth } from "./stack-access.ts";
import { tnumIsConst } from "./tnum.ts";

/** Arithmetic and moves. @linux kernel/bpf/verifier.c `check_alu_op` (6.18) */
export function checkAluOp(env: VerifierEnv, insn: Insn): 0 | number {
  const err = checkOperation(env, insn);
  if (err !== 0) return err;
  return regBoundsSanityCheck(env, env.frame.own(insn.dstReg), "alu");
}

function checkOperation(env: VerifierEnv, insn: Insn): 0 | number {
  const op = bpfOp(insn.code);
  if (op === BPF_END || op === BPF_NEG) return checkUnary(env, insn);
  if (op === BPF_MOV)
    return bpfSrc(insn.code) === BPF_X ? checkMove(env, insn) : checkMoveImm(env, insn);
  if (op > BPF_END) {
    env.verbose(`invalid BPF_ALU opcode ${op.toString(16)}\n`);
    return -EINVAL;
  }
  return checkBinary(env, insn);
}

function reserved(env: VerifierEnv, name: string): number {
  env.verbose(`${name} uses reserved fields\n`);
  return -EINVAL;
}

function checkUnary(env: VerifierEnv, insn: Insn): 0 | number {
  const { code, dstReg, srcReg, off, imm } = insn;
  const isNeg = bpfOp(code) === BPF_NEG;
  if (isNeg) {
    if (bpfSrc(code) === BPF_X || srcReg !== 0 || off !== 0 || imm !== 0) {
      return reserved(env, "BPF_NEG");
    }
  } else {
    const isWidthOk = imm === 16 || imm === 32 || imm === 64;
    const isSwapToBe = bpfClass(code) === BPF_ALU64 && bpfSrc(code) === BPF_X;
    if (srcReg !== 0 || off !== 0 || !isWidthOk || isSwapToBe) return reserved(env, "BPF_END");
  }
  const err = checkRegArg(env, dstReg, SRC_OP);
  if (err !== 0) return err;
  if (isPointerValue(env, dstReg)) {
    env.verbose(`R${dstReg} pointer arithmetic prohibited\n`);
    return -EACCES;
  }
  if (env.frame.reg(dstReg).type !== SCALAR_VALUE) {
    return checkRegArg(env, dstReg, DST_OP);
  }
  const dstErr = checkRegArg(env, dstReg, DST_OP_NO_MARK);
  if (dstErr !== 0) return dstErr;
  const dst = env.frame.own(dstReg);
  adjustScalarMinMaxVals(insn, dst, dst, !env.bpfCapable);
  return 0;
}

function checkMoveImm(env: VerifierEnv, { code, dstReg, srcReg, off, imm }: Insn): 0 | number {
  if (srcReg !== 0 || off !== 0) return reserved(env, "BPF_MOV");
  const err = checkRegArg(env, dstReg, DST_OP);
  if (err !== 0) return err;
  env.frame.own(dstReg).markKnown(bpfClass(code) === BPF_ALU64 ? fromS32(imm) : fromU32(imm));
  return 0;
}

function checkMove(env: VerifierEnv, insn: Insn): 0 | number {
  const { code, dstReg, srcReg, off } = insn;
  const fieldErr = checkMoveFields(env, insn);
  if (fieldErr !== 0) return fieldErr;
  const err = checkRegArg(env, srcReg, SRC_OP) || checkRegArg(env, dstReg, DST_OP_NO_MARK);
  if (err !== 0) return err;
  if (isAddrSpaceCast(insn)) {
    markRegUnknown(env, dstReg);
    if (insn.imm === CAST_TO_KERNEL) env.frame.own(dstReg).type = PTR_TO_ARENA;
    return 0;
  }
  if (bpfClass(code) === BPF_ALU64 && off === 0) {
    assignScalarId(env, srcReg);
    copyReg(env, dstReg, env.frame.reg(srcReg));
    return 0;
  }
  if (isPointerValue(env, srcReg)) {
    env.verbose(
      bpfClass(code) === BPF_ALU64
        ? `R${srcReg} sign-extension part of pointer\n`
        : `R${srcReg} partial copy of pointer\n`,
    );
    return -EACCES;
  }
  if (env.frame.reg(srcReg).type === SCALAR_VALUE) moveScalar(env, insn);
  else markRegUnknown(env, dstReg);
  if (bpfClass(code) === BPF_ALU) {
    const dst = env.frame.own(dstReg);
    zext32To64(dst);
    regBoundsSync(dst);
  }
  return 0;
}

function checkMoveFields(env: VerifierEnv, insn: Insn): 0 | number {
  const { code, off, imm } = insn;
  const is64 = bpfClass(code) === BPF_ALU64;
  if (isAddrSpaceCast(insn)) return checkCast(env, imm);
  const isOffOk = off === 0 || off === 8 || off === 16 || (is64 && off === 32);
  return isOffOk && imm === 0 ? 0 : reserved(env, "BPF_MOV");
}

function checkCast(env: VerifierEnv, imm: number): 0 | number {
  if (imm !== CAST_TO_KERNEL && imm !== CAST_TO_USER) {
    env.verbose("addr_space_cast insn can only convert between address space 1 and 0\n");
    return -EINVAL;
  }
  if (env.usedMaps.some(({ type }) => type === BPF_MAP_TYPE_ARENA)) return 0;
  env.verbose("addr_space_cast insn can only be used in a program that has an associated arena\n");
  return -EINVAL;
}

/** Moves that cut or extend. A value that they leave as it is shares its id with its source. */
function moveScalar(env: VerifierEnv, { code, dstReg, srcReg, off }: Insn): void {
  const src = env.frame.reg(srcReg);
  const isUnchanged = off === 0 ? regWidth(src) <= 32 : ltU(src.umax, shl(ONE, off - 1));
  if (isUnchanged) assignScalarId(env, srcReg);
  copyReg(env, dstReg, env.frame.reg(srcReg));
  const dst = env.frame.own(dstReg);
  if (!isUnchanged) dst.clearScalarId();
  if (off === 0) return;
  if (bpfClass(code) === BPF_ALU64) coerceRegToSizeSx(dst, off >> 3);
  else coerceSubregToSizeSx(dst, off >> 3);
}

function copyReg(env: VerifierEnv, regno: number, from: Reg): void {
  env.frame.own(regno).assign(from);
}

function checkBinary(env: VerifierEnv, insn: Insn): 0 | number {
  const { code, dstReg, srcReg, off, imm } = insn;
  const op = bpfOp(code);
  const isSignedOff = off === 1 && (op === BPF_MOD || op === BPF_DIV);
  const isReg = bpfSrc(code) === BPF_X;
  if ((isReg ? imm !== 0 : srcReg !== 0) || (off !== 0 && !isSignedOff)) {
    return reserved(env, "BPF_ALU");
  }
  const err = (isReg ? checkRegArg(env, srcReg, SRC_OP) : 0) || checkRegArg(env, dstReg, SRC_OP);
  if (err !== 0) return err;
  if (!isReg && (op === BPF_MOD || op === BPF_DIV) && imm === 0) {
    env.verbose("div by zero\n");
    return -EINVAL;
  }
  if (!isReg && (op === BPF_LSH || op === BPF_RSH || op === BPF_ARSH)) {
    if (imm < 0 || imm >= (bpfClass(code) === BPF_ALU64 ? 64 : 32)) {
      env.verbose(`invalid shift ${imm}\n`);
      return -EINVAL;
    }
  }
  return checkRegArg(env, dstReg, DST_OP_NO_MARK) || adjustRegMinMaxVals(env, insn);
}

/** @linux kernel/bpf/verifier.c `adjust_reg_min_max_vals` (6.18) */
function adjustRegMinMaxVals(env: VerifierEnv, insn: Insn): 0 | number {
  const { code, dstReg, srcReg, imm } = insn;
  const dst = env.frame.reg(dstReg);
  const isArenaSource = bpfSrc(code) === BPF_X && env.frame.reg(srcReg).type === PTR_TO_ARENA;
  if (dst.type === PTR_TO_ARENA || isArenaSource) {
    // Anything may be computed, in 32 bits: the result is an address of the arena again.
    if (bpfClass(code) === BPF_ALU64) env.aux[env.insnIdx]!.needsZext = true;
    if (isArenaSource) copyReg(env, dstReg, env.frame.reg(srcReg));
    return 0;
  }
  const isPointer = dst.type !== SCALAR_VALUE;
  if (bpfSrc(code) !== BPF_X) {
    const operand = knownImm(imm);
    if (isPointer) return adjustPtrMinMaxVals(env, insn, dst, operand);
    return adjustScalar(env, insn, operand);
  }
  const src = env.frame.reg(srcReg);
  if (src.type !== SCALAR_VALUE) {
    if (!isPointer) {
      const err = markChainPrecision(env, dstReg);
      return err !== 0 ? err : adjustPtrMinMaxVals(env, insn, src, env.frame.reg(dstReg));
    }
    // The distance of two pointers is a number.
    if (bpfOp(code) === BPF_SUB && env.allowPtrLeaks) {
      markRegUnknown(env, dstReg);
      return 0;
    }
    env.verbose(`R${dstReg} pointer ${aluString(bpfOp(code))} pointer prohibited\n`);
    return -EACCES;
  }
  if (isPointer || dst.precise) {
    const err = markChainPrecision(env, srcReg);
    if (err !== 0) return err;
  }
  if (isPointer)
    return adjustPtrMinMaxVals(env, insn, env.frame.reg(dstReg), env.frame.reg(srcReg));
  return adjustScalar(env, insn, env.frame.reg(srcReg));
}

function adjustScalar(env: VerifierEnv, insn: Insn, src: Reg): 0 | number {
  const { code, dstReg, srcReg } = insn;
  let dst = env.frame.own(dstReg);
  // The destination may be the source as well, and its change must not show in the middle.
  const isSame = bpfSrc(code) === BPF_X && srcReg === dstReg;
  const operand = isSame ? copyOfReg(dst) : src;
  const isWide = regWidth(dst) > 32;
  const isSum = bpfOp(code) === BPF_ADD || bpfOp(code) === BPF_SUB;
  const err = isSum ? sanitizeValAlu(env, insn) : maybeForkScalars(env, insn, dst, operand);
  if (err !== 0) return err;
  dst = env.frame.own(dstReg);
  adjustScalarMinMaxVals(insn, dst, operand, !env.bpfCapable);
  const isAlu32 = bpfClass(code) === BPF_ALU;
  if (!env.bpfCapable || !isSum || dst.id === 0 || isSame || !isConstReg(operand, isAlu32)) {
    dst.clearScalarId();
    return 0;
  }
  // After `r1 = r2; r1 += 8`, what a comparison says of r2 still says something of r1.
  const { hi, lo } = operand.varOff.value;
  const isTooLarge = isAlu32 ? isWide : hi !== lo >> 31;
  const isNegatable = bpfOp(code) === BPF_ADD || lo !== S32_MIN;
  if ((dst.id & BPF_ADD_CONST) !== 0 || isTooLarge || !isNegatable) {
    dst.clearScalarId();
  } else {
    dst.id |= isAlu32 ? BPF_ADD_CONST32 : BPF_ADD_CONST64;
    dst.off = bpfOp(code) === BPF_ADD ? lo : -lo;
  }
  return 0;
}

/**
 * A mask of which all bits are equal, as compilers make it with `s>>= 63` instead of a jump, is
 * followed once as -1 and once as 0.
 *
 * @linux kernel/bpf/verifier.c `maybe_fork_scalars` (6.18)
 */
function maybeForkScalars(
  env: VerifierEnv,
  { code, dstReg }: Insn,
  dst: RegState,
  src: Reg,
): 0 | number {
  const isMasking = bpfOp(code) === BPF_AND || bpfOp(code) === BPF_OR;
  if (!isMasking || !tnumIsConst(src.varOff)) return 0;
  const is64 = eq(dst.smin, ALL_ONES) && isZero(dst.smax);
  if (!is64 && !(dst.s32Min === -1 && dst.s32Max === 0)) return 0;
  const branch = pushStack(env, env.insnIdx, env.insnIdx);
  if (branch === null) return -EFAULT;
  const other = branch.frame.own(dstReg);
  const mask = env.frame.own(dstReg);
  if (is64) {
    other.markKnown(ZERO);
    mask.markKnown(ALL_ONES);
  } else {
    other.mark32Known(0);
    mask.mark32Known(-1);
  }
  return 0;
}
