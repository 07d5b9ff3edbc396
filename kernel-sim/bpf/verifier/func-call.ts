/** Functions of the program: each call is followed into the function, with a frame of its own. */
import type { Insn } from "../../api.ts";
import { E2BIG, EACCES, EFAULT, EINVAL } from "../../include/errno.ts";
import { isPseudoCall, isPseudoFunc, MAX_BPF_STACK } from "../isa.ts";
import {
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_TRACEPOINT,
} from "../uapi.ts";
import type { VerifierEnv } from "./env.ts";
import { BPF_LOG_LEVEL } from "./log.ts";
import { printVerifierState } from "./print-state.ts";
import { clearCallerSavedRegs } from "./reg-arg.ts";
import { PTR_TO_STACK } from "./reg-type.ts";
import { FuncState, MAX_CALL_FRAMES } from "./states.ts";

/**
 * Goes on in the function that is called.
 *
 * @linux kernel/bpf/verifier.c `check_func_call` (6.18)
 * @simplified without BTF every function is a static one
 */
export function checkFuncCall(env: VerifierEnv, insn: Insn): 0 | number {
  const subprog = env.findSubprog(env.insnIdx + insn.imm + 1);
  if (subprog < 0) {
    env.verifierBug("cannot find subprog");
    return -EFAULT;
  }
  const state = env.curState;
  const caller = state.frame;
  if (state.frames.length >= MAX_CALL_FRAMES) {
    env.verbose(`the call stack of ${state.frames.length + 1} frames is too deep\n`);
    return -E2BIG;
  }
  const callee = new FuncState(env.insnIdx, state.frames.length, subprog);
  env.markStateScratched();
  for (let regno = 1; regno <= 5; regno++) callee.own(regno).assign(caller.reg(regno));
  clearCallerSavedRegs(env);
  state.frames.push(callee);
  env.insnIdx = env.subprogs[subprog]!.start - 1;
  env.liveness.resetCallchain();
  if ((env.log.level & BPF_LOG_LEVEL) !== 0) {
    env.verbose("caller:\n");
    printVerifierState(env, state, caller.frameno, true);
    env.verbose("callee:\n");
    printVerifierState(env, state, callee.frameno, true);
  }
  return 0;
}

/** Goes on behind the call. @linux kernel/bpf/verifier.c `prepare_func_exit` (6.18) */
export function prepareFuncExit(env: VerifierEnv): 0 | number {
  const state = env.curState;
  const callee = state.frame;
  const result = callee.reg(0);
  if (result.type === PTR_TO_STACK) {
    env.verbose("cannot return stack pointer to the caller\n");
    return -EINVAL;
  }
  const caller = state.frames[callee.frameno - 1]!;
  caller.own(0).assign(result);
  env.insnIdx = callee.callsite + 1;
  if ((env.log.level & BPF_LOG_LEVEL) !== 0) {
    env.verbose("returning from callee:\n");
    printVerifierState(env, state, callee.frameno, true);
    env.verbose(`to caller at ${env.insnIdx}:\n`);
    printVerifierState(env, state, caller.frameno, true);
  }
  state.frames.pop();
  return 0;
}

/** These get a stack of their own for every function that needs much of it. */
const PRIVATE_STACK_PROG_TYPES: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
]);
const BPF_PRIV_STACK_MIN_SIZE = 64;
/** What the JIT rounds frames up to. */
const FRAME_ALIGNMENT = 16;
/** The program before may be replaced, and keeps its part of the stack. */
const TAIL_CALL_DEPTH = 256;

/**
 * Whether the frames of all functions that may be active at a time fit into the stack.
 *
 * @linux kernel/bpf/verifier.c `check_max_stack_depth` (6.18)
 */
export function checkMaxStackDepth(env: VerifierEnv): 0 | number {
  const hasTailCall = env.subprogs.some((subprog) => subprog.hasTailCall);
  const isPrivate = !hasTailCall && PRIVATE_STACK_PROG_TYPES.has(env.progType);
  return depthOf(env, 0, 0, 0, isPrivate);
}

/** @param frame how many functions are active below this one */
function depthOf(
  env: VerifierEnv,
  index: number,
  frame: number,
  depthBefore: number,
  isPrivate: boolean,
): 0 | number {
  const subprog = env.subprogs[index]!;
  if (index > 0 && subprog.hasTailCall && depthBefore >= TAIL_CALL_DEPTH) {
    env.verbose(
      `tail_calls are not allowed when call stack of previous frames is ${depthBefore} bytes. Too large\n`,
    );
    return -EACCES;
  }
  const own = Math.ceil(subprog.stackDepth / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
  const isOwnStack = isPrivate && own >= BPF_PRIV_STACK_MIN_SIZE;
  if (isOwnStack && own > MAX_BPF_STACK) {
    env.verbose(`stack size of subprog ${index} is ${own}. Too large\n`);
    return -EACCES;
  }
  const depth = depthBefore + (isOwnStack ? 0 : own);
  if (depth > MAX_BPF_STACK) {
    env.verbose(`combined stack size of ${frame + 1} calls is ${depth}. Too large\n`);
    return -EACCES;
  }
  const end = env.subprogEnd(index);
  for (let i = subprog.start; i < end; i++) {
    const insn = env.insns[i]!;
    if (!isPseudoCall(insn) && !isPseudoFunc(insn)) continue;
    if (frame + 1 >= MAX_CALL_FRAMES) {
      env.verbose(`the call stack of ${frame + 1} frames is too deep !\n`);
      return -E2BIG;
    }
    const err = depthOf(env, env.findSubprog(i + insn.imm + 1), frame + 1, depth, isPrivate);
    if (err !== 0) return err;
  }
  return 0;
}
