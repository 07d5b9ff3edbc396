/** Follows the program along all of its paths. */

import type { Insn } from "../../api.ts";
import { E2BIG, EACCES, EFAULT, EINVAL, EPERM } from "../../include/errno.ts";
import {
  BPF_ABS,
  BPF_ALU,
  BPF_ALU64,
  BPF_CALL,
  BPF_EXIT,
  BPF_IMM,
  BPF_IND,
  BPF_JA,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_REG_FP,
  BPF_ST,
  BPF_STX,
  BPF_X,
  bpfClass,
  bpfMode,
  bpfOp,
  bpfSrc,
} from "../isa.ts";
import { BPF_FUNC_NAMES } from "../uapi.ts";
import { checkAluOp } from "./alu.ts";
import { checkCondJmpOp } from "./branch.ts";
import { isSubprogGlobal, subprogName } from "./btf-info.ts";
import { checkHelperCall } from "./check-helper-call.ts";
import type { InsnAux, VerifierEnv } from "./env.ts";
import { checkFuncCall, prepareFuncExit } from "./func-call.ts";
import { ARG_PTR_TO_CTX } from "./func-proto.ts";
import { enterGlobal } from "./global-func.ts";
import { pushHistory } from "./history.ts";
import { isStateVisited, updateBranchCounts } from "./is-state-visited.ts";
import { kernelCalls } from "./kernel-calls.ts";
import { isThrow, kfuncSpinAllowed } from "./kfunc-call.ts";
import { checkLdAbs } from "./ld-abs.ts";
import { checkLdImm } from "./ld-imm.ts";
import { verboseLinfo } from "./line-info.ts";
import { checkLdx, checkSt, checkStx } from "./load-store.ts";
import { BPF_LOG_LEVEL, BPF_LOG_LEVEL2 } from "./log.ts";
import { popStack } from "./paths.ts";
import { printInsnState, printVerifierState } from "./print-state.ts";
import { acquireReference, checkResourceLeak } from "./references.ts";
import { PTR_TO_CTX } from "./reg-type.ts";
import { checkReturnCode } from "./return-code.ts";
import { BPF_MAIN_FUNC, FuncState } from "./states.ts";
import { prepareFuncArgs } from "./subprog-args.ts";
import { VerifierState } from "./verifier-state.ts";

const BPF_COMPLEXITY_LIMIT_INSNS = 1_000_000;

/** What an instruction answers that ends its path. */
const PROCESS_BPF_EXIT = 1;

/** Checks the program from its start, with the context in r1. @linux kernel/bpf/verifier.c `do_check_main` (6.18) */
export function doCheckMain(env: VerifierEnv): 0 | number {
  return doCheckCommon(env, 0);
}

/**
 * Checks global functions, each by itself and once: those that are called, and those that these
 * call.
 *
 * @linux kernel/bpf/verifier.c `do_check_subprogs` (6.18)
 */
export function doCheckSubprogs(env: VerifierEnv): 0 | number {
  if (env.funcInfo.length === 0) return 0;
  if (env.exceptionCallbackSubprog !== 0) {
    env.subprogs[env.exceptionCallbackSubprog]!.isCalled = true;
  }
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (let i = 1; i < env.subprogs.length; i++) {
      const info = env.subprogs[i]!;
      if (!isSubprogGlobal(env, i) || !info.isCalled || info.isVerified) continue;
      const err = doCheckCommon(env, i);
      if (err !== 0) return err;
      if ((env.log.level & BPF_LOG_LEVEL) !== 0) {
        env.verbose(
          `Func#${i} ('${subprogName(env, i)}') is safe for any args that match its prototype\n`,
        );
      }
      info.isVerified = true;
      isNew = true;
    }
  }
  return 0;
}

/** @linux kernel/bpf/verifier.c `do_check_common` (6.18) */
function doCheckCommon(env: VerifierEnv, subprog: number): 0 | number {
  const state = new VerifierState();
  state.inSleepable = env.isSleepable;
  state.firstInsnIdx = env.subprogs[subprog]!.start;
  state.frames.push(new FuncState(BPF_MAIN_FUNC, 0, subprog));
  // Without CAP_BPF every number counts, also one that takes the place of a pointer.
  if (!env.bpfCapable) for (let i = 0; i < BPF_REG_FP; i++) state.frame.own(i).markNotInit(true);
  env.curState = state;
  env.insnIdx = state.firstInsnIdx;
  env.prevInsnIdx = -1;
  env.prevLineInfo = undefined;
  env.markStateScratched();
  env.forgetStates();
  const isPlainMain = subprog === 0 && !env.isExtension;
  const err = isPlainMain ? enterMain(env, state.frame) : enterGlobal(env, subprog, state.frame);
  if (err !== 0) return err;
  if (subprog === 0) acquireRefArgs(env);
  env.observer?.pathStart(env, state);
  const checked = doCheck(env);
  if (checked === 0 && !isLogWhole(env)) env.log.reset(0);
  return checked;
}

function enterMain(env: VerifierEnv, frame: FuncState): 0 {
  if (env.funcInfo.length > 0) {
    const info = env.subprogs[0]!;
    const err = prepareFuncArgs(env, 0);
    const isOfContext = info.args?.length === 1 && info.args[0]!.argType === ARG_PTR_TO_CTX;
    if (err !== 0 || !isOfContext) info.isUnreliable = true;
  }
  const ctx = frame.own(1);
  ctx.markKnownZero();
  ctx.type = PTR_TO_CTX;
  return 0;
}

/** What is handed over with its arguments is the program's from the start. */
function acquireRefArgs(env: VerifierEnv): void {
  env.ctxArgInfo = env.ctxArgInfo.map((arg) =>
    arg.isRefcounted === true ? { ...arg, refObjId: acquireReference(env, 0) } : arg,
  );
}

/** Only on level 2 does the log keep paths that turned out to be safe. */
function isLogWhole(env: VerifierEnv): boolean {
  return (env.log.level & BPF_LOG_LEVEL2) !== 0;
}

/** @linux kernel/bpf/verifier.c `do_check` (6.18) */
function doCheck(env: VerifierEnv): 0 | number {
  const isLogged = (env.log.level & BPF_LOG_LEVEL) !== 0;
  let isPathNew = false;
  for (let prevInsnIdx = -1; ; ) {
    env.curHistEntry = null;
    env.prevInsnIdx = prevInsnIdx;
    if (++env.insnProcessed > BPF_COMPLEXITY_LIMIT_INSNS) {
      env.verbose(`BPF program is too large. Processed ${env.insnProcessed} insn\n`);
      return refused(env, -E2BIG);
    }
    const { curState, insnIdx } = env;
    if (insnIdx >= env.insns.length) {
      env.verbose(`invalid insn idx ${insnIdx} insn_cnt ${env.insns.length}\n`);
      return refused(env, -EFAULT);
    }
    const aux = env.aux[insnIdx]!;
    curState.lastInsnIdx = env.prevInsnIdx;
    curState.insnIdx = insnIdx;
    if (aux.isPrunePoint) {
      const cover = isStateVisited(env, insnIdx);
      if (typeof cover === "number") return refused(env, cover);
      if (cover !== null) {
        if (isLogged) {
          env.verbose(`${isPathNew ? `\n${pathText(env)}` : insnIdx}: safe\n`);
        }
        env.observer?.pathEnd(env, "pruned", cover);
        const err = endPath(env);
        if (err <= 0) return err;
        isPathNew = true;
        prevInsnIdx = env.prevInsnIdx;
        continue;
      }
    }
    const isNoted = aux.isJmpPoint ? pushHistory(env, curState, 0) : 0;
    if (isNoted !== 0) return refused(env, isNoted);
    if (isLogged && env.log.hasRoom) {
      if (isPathNew && isLogWhole(env)) {
        env.verbose(`\n${pathText(env)}:`);
        printVerifierState(env, curState, curState.curframe, true);
        isPathNew = false;
      }
      logInsn(env);
    }
    env.forgetTouched();
    env.observer?.beforeInsn(env);
    // What only a guess reaches stays dead code.
    if (!curState.isSpeculative) aux.isSeen = true;
    prevInsnIdx = insnIdx;
    const answer = isBarred(env, aux) ? BARRED : checkUnderMarks(env, aux);
    if (answer < 0) return refused(env, answer);
    env.observer?.afterInsn(env);
    if (answer === PROCESS_BPF_EXIT || answer === BARRED || isResultBarred(env, aux)) {
      env.observer?.pathEnd(env, "exit", null);
      const err = endPath(env);
      if (err <= 0) return err;
      isPathNew = true;
      prevInsnIdx = env.prevInsnIdx;
    } else if (answer === RETURNED) {
      isPathNew = true;
    }
  }
}

/** A function has returned: the log shows all of its caller. */
const RETURNED = 2;
/** A barrier keeps the CPU from going on here on a guess. */
const BARRED = 3;

function isBarred({ curState }: VerifierEnv, aux: InsnAux): boolean {
  return curState.isSpeculative && aux.nospec;
}

function isResultBarred({ curState }: VerifierEnv, aux: InsnAux): boolean {
  return curState.isSpeculative && aux.nospecResult;
}

/** What would be refused gets a barrier in front of it when only a guess leads there. */
function checkUnderMarks(env: VerifierEnv, aux: InsnAux): number {
  const { curState, insnIdx } = env;
  env.liveness.resetStackWriteMarks(insnIdx);
  const answer = checkInsn(env, env.insns[insnIdx]!);
  const isRecoverable = answer === -EPERM || answer === -EACCES || answer === -EINVAL;
  if (answer < 0 && !isRecoverable) return answer;
  env.liveness.commitStackWriteMarks();
  if (answer >= 0 || !curState.isSpeculative) return answer;
  aux.nospec = true;
  aux.aluState = 0;
  return BARRED;
}

function pathText({ prevInsnIdx, insnIdx, curState }: VerifierEnv): string {
  const how = curState.isSpeculative ? " (speculative execution)" : "";
  return `from ${prevInsnIdx} to ${insnIdx}${how}`;
}

function refused(env: VerifierEnv, errno: number): number {
  env.observer?.pathEnd(env, "refused", null);
  return errno;
}

/** @returns 1 when another path is left, 0 when none is, or a negative errno */
function endPath(env: VerifierEnv): number {
  env.markStateScratched();
  const err = updateBranchCounts(env, env.curState);
  if (err !== 0) return err;
  env.liveness.update();
  return popStack(env, !isLogWhole(env)) ? 1 : 0;
}

function logInsn(env: VerifierEnv): void {
  if (env.isStateScratched) printInsnState(env, env.curState, env.curState.curframe);
  verboseLinfo(env, env.insnIdx, "; ");
  const start = env.log.endPos;
  env.verbose(`${env.insnIdx}: ${env.insnText(env.insnIdx)}\n`);
  env.prevInsnPrintPos = env.log.endPos - start;
  env.prevLogPos = env.log.endPos;
}

/** @linux kernel/bpf/verifier.c `do_check_insn` (6.18) */
function checkInsn(env: VerifierEnv, insn: Insn): number {
  switch (bpfClass(insn.code)) {
    case BPF_ALU:
    case BPF_ALU64:
      return thenNext(env, checkAluOp(env, insn));
    case BPF_LDX:
      return thenNext(env, checkLdx(env, insn));
    case BPF_STX:
      return thenNext(env, checkStx(env, insn));
    case BPF_ST:
      return thenNext(env, checkSt(env, insn));
    case BPF_LD:
      return checkLd(env, insn);
    default:
      env.jmpsProcessed++;
      return checkJump(env, insn);
  }
}

function thenNext(env: VerifierEnv, err: 0 | number): 0 | number {
  if (err === 0) env.insnIdx++;
  return err;
}

function checkLd(env: VerifierEnv, insn: Insn): 0 | number {
  const mode = bpfMode(insn.code);
  if (mode === BPF_ABS || mode === BPF_IND) return thenNext(env, checkLdAbs(env, insn));
  if (mode !== BPF_IMM) {
    env.verbose("invalid BPF_LD mode\n");
    return -EINVAL;
  }
  const err = checkLdImm(env, insn);
  if (err !== 0) return err;
  env.insnIdx++;
  if (!env.curState.isSpeculative) env.aux[env.insnIdx]!.isSeen = true;
  return thenNext(env, 0);
}

function checkJump(env: VerifierEnv, insn: Insn): number {
  switch (bpfOp(insn.code)) {
    case BPF_CALL:
      return checkCallAndThrow(env, insn);
    case BPF_JA:
      return checkJa(env, insn);
    case BPF_EXIT:
      return checkExit(env, insn);
    default:
      return thenNext(env, checkCondJmpOp(env, insn));
  }
}

function reserved(env: VerifierEnv, name: string): number {
  env.verbose(`${name} uses reserved fields\n`);
  return -EINVAL;
}

function checkCallAndThrow(env: VerifierEnv, insn: Insn): number {
  const err = checkCall(env, insn);
  if (err !== 0 || !isThrow(insn)) return thenNext(env, err);
  return checkResourceLeak(env, true, true, "bpf_throw") || PROCESS_BPF_EXIT;
}

const SPIN_UNLOCK = BPF_FUNC_NAMES.indexOf("spin_unlock");

function checkCall(env: VerifierEnv, insn: Insn): 0 | number {
  const { code, dstReg, srcReg, off, imm } = insn;
  const isKfunc = srcReg === BPF_PSEUDO_KFUNC_CALL;
  const isCalleeKnown = srcReg === 0 || srcReg === BPF_PSEUDO_CALL || isKfunc;
  if (
    bpfSrc(code) === BPF_X ||
    (!isKfunc && off !== 0) ||
    !isCalleeKnown ||
    dstReg !== 0 ||
    bpfClass(code) === BPF_JMP32
  ) {
    return reserved(env, "BPF_CALL");
  }
  const isAllowed = isKfunc ? kfuncSpinAllowed(insn) : srcReg !== 0 || imm === SPIN_UNLOCK;
  if (env.curState.activeLocks > 0 && !isAllowed) {
    env.verbose("function calls are not allowed while holding a lock\n");
    return -EINVAL;
  }
  const err = checkCallee(env, insn);
  if (err === 0) env.markRegScratched(0);
  return err;
}

function checkCallee(env: VerifierEnv, insn: Insn): 0 | number {
  switch (insn.srcReg) {
    case BPF_PSEUDO_CALL:
      return checkFuncCall(env, insn);
    case BPF_PSEUDO_KFUNC_CALL:
      return kernelCalls().checkKfuncCall(env, insn, env.insnIdx);
    default:
      return checkHelperCall(env, insn, env.insnIdx);
  }
}

function checkJa(env: VerifierEnv, { code, dstReg, srcReg, off, imm }: Insn): 0 | number {
  const isLong = bpfClass(code) === BPF_JMP32;
  if (bpfSrc(code) === BPF_X || (srcReg | dstReg) !== 0 || (isLong ? off : imm) !== 0) {
    return reserved(env, "BPF_JA");
  }
  env.insnIdx += isLong ? imm : off;
  return thenNext(env, 0);
}

function checkExit(env: VerifierEnv, { code, dstReg, srcReg, imm }: Insn): number {
  const isPlain = code === (BPF_JMP | BPF_EXIT) && imm === 0 && srcReg === 0 && dstReg === 0;
  return isPlain ? processBpfExit(env) : reserved(env, "BPF_EXIT");
}

/** @linux kernel/bpf/verifier.c `process_bpf_exit_full` (6.18) */
function processBpfExit(env: VerifierEnv): number {
  const isNested = env.curState.curframe > 0;
  const err = checkResourceLeak(env, false, !isNested, "BPF_EXIT instruction in main prog");
  if (err !== 0) return err;
  if (!isNested) return checkReturnCode(env, 0, "R0") || PROCESS_BPF_EXIT;
  env.liveness.update();
  return prepareFuncExit(env) || RETURNED;
}
