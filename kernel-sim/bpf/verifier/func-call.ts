/** Functions of the program: a static one is followed at every call, a global one is checked by itself. */
import type { Insn } from "../../api.ts";
import { E2BIG, EACCES, EFAULT, EINVAL } from "../../include/errno.ts";
import { markChainPrecision } from "./backtrack.ts";
import { isSubprogGlobal, subprogName } from "./btf-info.ts";
import type { SetCalleeState } from "./callbacks.ts";
import type { VerifierEnv } from "./env.ts";
import { clearAllPktPointers } from "./forget-regs.ts";
import { BPF_LOG_LEVEL } from "./log.ts";
import { printVerifierState } from "./print-state.ts";
import { clearCallerSavedRegs, markRegUnknown } from "./reg-arg.ts";
import { PTR_TO_STACK, SCALAR_VALUE } from "./reg-type.ts";
import { isWithinRange, verboseInvalidScalar } from "./return-code.ts";
import { FuncState, MAX_CALL_FRAMES } from "./states.ts";
import { checkSubprogCall } from "./subprog-call.ts";
import type { VerifierState } from "./verifier-state.ts";
import { findPrevEntry, widenImpreciseScalars } from "./widen.ts";

/**
 * Goes on in the function that is called, or behind the call of a global one.
 *
 * @linux kernel/bpf/verifier.c `check_func_call` (6.18)
 */
export function checkFuncCall(env: VerifierEnv, insn: Insn): 0 | number {
  const target = env.insnIdx + insn.imm + 1;
  const subprog = env.findSubprog(target);
  if (subprog < 0) {
    env.verifierBug(`target of func call at insn ${target} is not a program`);
    return -EFAULT;
  }
  const err = checkSubprogCall(env, subprog);
  if (err === -EFAULT) return err;
  if (isSubprogGlobal(env, subprog)) return checkGlobalCall(env, subprog, err);
  const state = env.curState;
  const caller = state.frame;
  const entryErr = setupFuncEntry(env, state, subprog, env.insnIdx, setCalleeState);
  if (entryErr !== 0) return entryErr;
  clearCallerSavedRegs(env, caller);
  env.insnIdx = env.subprogs[subprog]!.start - 1;
  env.liveness.resetCallchain();
  if ((env.log.level & BPF_LOG_LEVEL) !== 0) {
    env.verbose("caller:\n");
    printVerifierState(env, state, caller.frameno, true);
    env.verbose("callee:\n");
    printVerifierState(env, state, state.curframe, true);
  }
  return 0;
}

/** @param argErr what looking at its arguments answered */
function checkGlobalCall(env: VerifierEnv, subprog: number, argErr: 0 | number): 0 | number {
  const info = env.subprogs[subprog]!;
  const name = `func#${subprog} ('${subprogName(env, subprog)}')`;
  if (env.curState.activeLocks > 0) {
    env.verbose(
      "global function calls are not allowed while holding a lock,\nuse static function instead\n",
    );
    return -EINVAL;
  }
  if (info.mightSleep && !maySleep(env)) {
    env.verbose(
      "global functions that may sleep are not allowed in non-sleepable context,\n" +
        "i.e., in a RCU/IRQ/preempt-disabled section, or in\n" +
        "a non-sleepable BPF program context\n",
    );
    return -EINVAL;
  }
  if (argErr !== 0) {
    env.verbose(`Caller passes invalid args into ${name}\n`);
    return argErr;
  }
  env.verbose(`F${name.slice(1)} is global and assumed valid.\n`);
  if (info.changesPktData) clearAllPktPointers(env);
  info.isCalled = true;
  clearCallerSavedRegs(env);
  markRegUnknown(env, 0);
  return 0;
}

function maySleep({ inSleepable, curState: state }: VerifierEnv): boolean {
  const isAtomic =
    state.activeRcuLock !== 0 || state.activePreemptLocks > 0 || state.activeIrqId !== 0;
  return inSleepable && !isAtomic;
}

/**
 * Gives `state` a frame for the function.
 *
 * @linux kernel/bpf/verifier.c `setup_func_entry` (6.18)
 */
export function setupFuncEntry(
  env: VerifierEnv,
  state: VerifierState,
  subprog: number,
  callsite: number,
  setState: SetCalleeState,
): 0 | number {
  if (state.frames.length >= MAX_CALL_FRAMES) {
    env.verbose(`the call stack of ${state.frames.length + 1} frames is too deep\n`);
    return -E2BIG;
  }
  const callee = new FuncState(callsite, state.frames.length, subprog);
  env.markStateScratched();
  const err = setState(env, state.frame, callee);
  if (err !== 0) return err;
  state.frames.push(callee);
  return 0;
}

/** @linux kernel/bpf/verifier.c `set_callee_state` (6.18) */
function setCalleeState(_env: VerifierEnv, caller: FuncState, callee: FuncState): 0 {
  for (let regno = 1; regno <= 5; regno++) callee.own(regno).assign(caller.reg(regno));
  return 0;
}

/**
 * Goes on behind the call; from a callback at the call itself, which may have it followed again.
 *
 * @linux kernel/bpf/verifier.c `prepare_func_exit` (6.18)
 */
export function prepareFuncExit(env: VerifierEnv): 0 | number {
  const state = env.curState;
  const callee = state.frame;
  if (callee.reg(0).type === PTR_TO_STACK) {
    env.verbose("cannot return stack pointer to the caller\n");
    return -EINVAL;
  }
  const caller = state.frames[callee.frameno - 1]!;
  const { inCallbackFn } = callee;
  if (inCallbackFn) {
    const err = checkCallbackReturn(env, callee);
    if (err !== 0) return err;
  } else {
    caller.own(0).assign(callee.reg(0));
  }
  env.insnIdx = inCallbackFn ? callee.callsite : callee.callsite + 1;
  if ((env.log.level & BPF_LOG_LEVEL) !== 0) {
    env.verbose("returning from callee:\n");
    printVerifierState(env, state, callee.frameno, true);
    env.verbose(`to caller at ${env.insnIdx}:\n`);
    printVerifierState(env, state, caller.frameno, true);
  }
  state.frames.pop();
  // What a round of a loop changes and nobody needs exactly is forgotten, so that rounds get alike.
  const previous = inCallbackFn ? findPrevEntry(env, state, env.insnIdx) : null;
  if (previous !== null) widenImpreciseScalars(env, previous, state);
  return 0;
}

function checkCallbackReturn(env: VerifierEnv, callee: FuncState): 0 | number {
  if (callee.reg(0).type !== SCALAR_VALUE) {
    env.verbose("R0 not a scalar value\n");
    return -EACCES;
  }
  const err = markChainPrecision(env, 0);
  if (err !== 0) return err;
  const result = callee.reg(0);
  if (!isWithinRange(callee.callbackRetRange, result)) {
    verboseInvalidScalar(env, result, callee.callbackRetRange, "At callback return", "R0");
    return -EINVAL;
  }
  if (env.aux[callee.callsite]!.callsCallback) return 0;
  env.verifierBug(`in callback at ${env.insnIdx}, callsite ${callee.callsite} !calls_callback`);
  return -EFAULT;
}
