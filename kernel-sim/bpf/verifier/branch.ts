import type { Insn } from "../../api.ts";
import { EACCES, EFAULT, EINVAL, ENOMEM } from "../../include/errno.ts";
import {
  BPF_JA,
  BPF_JCOND,
  BPF_JEQ,
  BPF_JMP,
  BPF_JMP32,
  BPF_JNE,
  BPF_X,
  bpfClass,
  bpfOp,
  bpfSrc,
  isMayGoto,
} from "../isa.ts";
import { markChainPrecision } from "./backtrack.ts";
import { regSetMinMax } from "./branch-refine.ts";
import { ALWAYS, branchTaken, isPktComparison, UNKNOWN } from "./branch-taken.ts";
import type { VerifierEnv } from "./env.ts";
import { pushHistory } from "./history.ts";
import { collectLinkedRegs, syncLinkedRegs } from "./linked-regs.ts";
import { BPF_LOG_LEVEL } from "./log.ts";
import { markPtrNotNull, markPtrOrNullRegs } from "./null-check.ts";
import { tryMatchPktPointers } from "./packet-range.ts";
import { pushStack } from "./paths.ts";
import { printInsnState } from "./print-state.ts";
import { checkRegArg, isPointer, isPointerValue, SRC_OP } from "./reg-arg.ts";
import { copyOfReg, knownImm, type Reg } from "./reg-state.ts";
import { baseType, PTR_TO_BTF_ID, PTR_TO_STACK, SCALAR_VALUE, typeMayBeNull } from "./reg-type.ts";
import { sanitizeSpeculativePath } from "./sanitize.ts";
import {
  INSN_F_DST_REG_STACK,
  INSN_F_SRC_REG_STACK,
  type LinkedReg,
  type VerifierState,
} from "./verifier-state.ts";
import { findPrevEntry, widenImpreciseScalars } from "./widen.ts";

/**
 * A conditional jump: where both ways are possible, one is followed now and one later.
 *
 * @linux kernel/bpf/verifier.c `check_cond_jmp_op` (6.18)
 */
export function checkCondJmpOp(env: VerifierEnv, insn: Insn): 0 | number {
  const { code, dstReg, off } = insn;
  const op = bpfOp(code);
  if (op === BPF_JA || op > BPF_JCOND) {
    env.verbose(`invalid BPF_JMP/JMP32 opcode ${op.toString(16)}\n`);
    return -EINVAL;
  }
  if (op === BPF_JCOND) return checkMayGoto(env, insn);
  const right = checkOperands(env, insn);
  if (typeof right === "number") return right;
  const taken = branchTaken(env.frame.reg(dstReg), right, op, bpfClass(code) === BPF_JMP32);
  if (taken === UNKNOWN) return followBoth(env, insn, right);
  const err = markOperandsPrecise(env, insn);
  if (err !== 0) return err;
  if (!env.bypassSpecV1) {
    // The CPU may guess that it goes the other way.
    const other = env.insnIdx + 1 + (taken === ALWAYS ? 0 : off);
    const specErr = sanitizeSpeculativePath(env, insn, other);
    if (specErr !== 0) return specErr;
  }
  printBranchState(env);
  if (taken === ALWAYS) env.insnIdx += off;
  return 0;
}

/** A loop that may end at every round: the way out is followed first. */
function checkMayGoto(env: VerifierEnv, insn: Insn): 0 | number {
  const { code, dstReg, imm, off } = insn;
  if (code !== (BPF_JMP | BPF_JCOND) || !isMayGoto(insn) || dstReg !== 0 || imm !== 0) {
    env.verbose(`invalid may_goto imm ${imm}\n`);
    return -EINVAL;
  }
  const idx = env.insnIdx;
  const previous = findPrevEntry(env, env.curState.parent, idx);
  const queued = pushStack(env, idx + 1, idx);
  if (queued === null) return -ENOMEM;
  queued.mayGotoDepth++;
  if (previous !== null) widenImpreciseScalars(env, previous, queued);
  env.insnIdx += off;
  return 0;
}

/** @returns the right side, which may be a number in the instruction */
function checkOperands(env: VerifierEnv, insn: Insn): Reg | number {
  const { code, dstReg, srcReg, imm } = insn;
  const err = checkRegArg(env, dstReg, SRC_OP);
  if (err !== 0) return err;
  const isReg = bpfSrc(code) === BPF_X;
  if (isReg ? imm !== 0 : srcReg !== 0) {
    env.verbose("BPF_JMP/JMP32 uses reserved fields\n");
    return -EINVAL;
  }
  const left = env.frame.reg(dstReg);
  let flags = left.type === PTR_TO_STACK ? INSN_F_DST_REG_STACK : 0;
  let right: Reg;
  if (isReg) {
    const srcErr = checkRegArg(env, srcReg, SRC_OP);
    if (srcErr !== 0) return srcErr;
    right = env.frame.reg(srcReg);
    if (!isPktComparison(left, right) && isPointerValue(env, srcReg)) {
      env.verbose(`R${srcReg} pointer comparison prohibited\n`);
      return -EACCES;
    }
    if (right.type === PTR_TO_STACK) flags |= INSN_F_SRC_REG_STACK;
  } else {
    right = knownImm(imm);
  }
  const noted = flags === 0 ? 0 : pushHistory(env, env.curState, flags);
  return noted === 0 ? right : noted;
}

/** A decision that numbers made rests on their exact values. */
function markOperandsPrecise(env: VerifierEnv, { code, dstReg, srcReg }: Insn): 0 | number {
  if (!isPointer(env.frame.reg(dstReg))) {
    const err = markChainPrecision(env, dstReg);
    if (err !== 0) return err;
  }
  if (bpfSrc(code) !== BPF_X || isPointer(env.frame.reg(srcReg))) return 0;
  return markChainPrecision(env, srcReg);
}

function followBoth(env: VerifierEnv, insn: Insn, right: Reg): 0 | number {
  const { code, dstReg, srcReg, off } = insn;
  const here = env.curState;
  const isReg = bpfSrc(code) === BPF_X;
  const linked: LinkedReg[] = [];
  if (isReg) collectLinkedOf(env, right, linked);
  collectLinkedOf(env, here.frame.reg(dstReg), linked);
  const noted = linked.length > 1 ? pushHistory(env, here, 0, linked) : 0;
  if (noted !== 0) return noted;
  const there = pushStack(env, env.insnIdx + off + 1, env.insnIdx);
  if (there === null) return -EFAULT;
  const sidesIn = (state: VerifierState) => ({
    left: state.frame.own(dstReg),
    right: isReg ? state.frame.own(srcReg) : copyOfReg(right),
  });
  const isJmp32 = bpfClass(code) === BPF_JMP32;
  const err = regSetMinMax(env, sidesIn(there), sidesIn(here), bpfOp(code), isJmp32);
  if (err !== 0) return err;
  if (linked.length > 0) {
    if (isReg) syncLinkedOf([here, there], srcReg, linked);
    syncLinkedOf([here, there], dstReg, linked);
  }
  return learnOfPointers(env, insn, here, there);
}

function collectLinkedOf(env: VerifierEnv, reg: Reg, linked: LinkedReg[]): void {
  if (reg.type !== SCALAR_VALUE || reg.id === 0) return;
  collectLinkedRegs(env, env.curState, reg.id, linked);
}

function syncLinkedOf(
  states: readonly VerifierState[],
  regno: number,
  linked: readonly LinkedReg[],
): void {
  for (const state of states) {
    const reg = state.frame.reg(regno);
    if (reg.type === SCALAR_VALUE && reg.id !== 0) syncLinkedRegs(state, reg, linked);
  }
}

function learnOfPointers(
  env: VerifierEnv,
  insn: Insn,
  here: VerifierState,
  there: VerifierState,
): 0 | number {
  const { code, dstReg, srcReg, imm } = insn;
  const op = bpfOp(code);
  const isEquality = op === BPF_JEQ || op === BPF_JNE;
  const isJmp32 = bpfClass(code) === BPF_JMP32;
  const isReg = bpfSrc(code) === BPF_X;
  if (isReg && isEquality && !isJmp32) {
    learnOfNotNull(op === BPF_JEQ ? there : here, dstReg, srcReg);
  }
  const left = here.frame.reg(dstReg);
  // A register that holds 0 does not count.
  const isNullCompared = !isReg && imm === 0;
  if (!isJmp32 && isEquality && typeMayBeNull(left.type) && isNullCompared) {
    markPtrOrNullRegs(here, dstReg, op === BPF_JNE);
    markPtrOrNullRegs(there, dstReg, op === BPF_JEQ);
  } else if (!tryMatchPktPointers(insn, here, there) && isPointerValue(env, dstReg)) {
    env.verbose(`R${dstReg} pointer comparison prohibited\n`);
    return -EACCES;
  }
  printBranchState(env);
  return 0;
}

/** What equals a pointer that is not null is not null either. */
function learnOfNotNull(equal: VerifierState, dstReg: number, srcReg: number): void {
  const left = equal.frame.reg(dstReg);
  const right = equal.frame.reg(srcReg);
  const arePointers = isPointer(left) && isPointer(right);
  if (!arePointers || typeMayBeNull(left.type) === typeMayBeNull(right.type)) return;
  // A pointer into the kernel may be null without saying so.
  if (baseType(left.type) === PTR_TO_BTF_ID || baseType(right.type) === PTR_TO_BTF_ID) return;
  markPtrNotNull(equal.frame.own(typeMayBeNull(right.type) ? srcReg : dstReg));
}

function printBranchState(env: VerifierEnv): void {
  if ((env.log.level & BPF_LOG_LEVEL) === 0) return;
  printInsnState(env, env.curState, env.curState.curframe);
}
