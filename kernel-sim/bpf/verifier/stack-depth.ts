/** Whether the frames of all functions that may be active at a time fit into the stack. */
import { E2BIG, EACCES, EFAULT, EINVAL } from "../../include/errno.ts";
import { isPseudoCall, isPseudoFunc, MAX_BPF_STACK } from "../isa.ts";
import {
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_TRACING,
  BPF_TRACE_ITER,
} from "../uapi.ts";
import type { SubprogInfo, VerifierEnv } from "./env.ts";
import { isThrow } from "./kfunc-call.ts";
import { MAX_CALL_FRAMES } from "./states.ts";

/** These get a stack of their own for every function that needs much of it. */
const PRIVATE_STACK_PROG_TYPES: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
]);

/** @linux kernel/bpf/verifier.c `bpf_enable_priv_stack`, include/linux/bpf_verifier.h `bpf_prog_check_recur` (6.18) */
function mayHavePrivateStack({ input }: VerifierEnv): boolean {
  const { progType, expectedAttachType } = input;
  // An iterator may run inside of another one.
  if (progType === BPF_PROG_TYPE_TRACING) return expectedAttachType !== BPF_TRACE_ITER;
  return PRIVATE_STACK_PROG_TYPES.has(progType);
}

const BPF_PRIV_STACK_MIN_SIZE = 64;
/** What the JIT rounds frames up to. */
const FRAME_ALIGNMENT = 16;
/** The program before may be replaced, and keeps its part of the stack. */
const TAIL_CALL_DEPTH = 256;

/**
 * An asynchronous callback starts on an empty stack, the kernel's own. They come first, so that
 * what they call stays there when the program itself is looked at.
 *
 * @linux kernel/bpf/verifier.c `check_max_stack_depth` (6.18)
 */
export function checkMaxStackDepth(env: VerifierEnv): 0 | number {
  const hasTailCall = env.subprogs.some((subprog) => subprog.hasTailCall);
  const isPrivate = !hasTailCall && mayHavePrivateStack(env);
  for (let index = env.subprogs.length - 1; index >= 0; index--) {
    if (index !== 0 && !env.subprogs[index]!.isAsyncCb) continue;
    const err = new DepthWalk(env, index === 0 && isPrivate).from(index);
    if (err !== 0) return err;
  }
  return 0;
}

/** @linux kernel/bpf/verifier.c `check_max_stack_depth_subprog` (6.18) */
class DepthWalk {
  readonly #env: VerifierEnv;
  readonly #isPrivate: boolean;
  /** The functions that are active, the first one outermost. */
  readonly #chain: SubprogInfo[] = [];
  #reachesTailCall = false;

  constructor(env: VerifierEnv, isPrivate: boolean) {
    this.#env = env;
    this.#isPrivate = isPrivate;
  }

  from(index: number): 0 | number {
    return this.#enter(index, 0);
  }

  #enter(index: number, depthBefore: number): 0 | number {
    const env = this.#env;
    const subprog = env.subprogs[index]!;
    if (!this.#isPrivate) subprog.privStack = "none";
    if (index > 0 && subprog.hasTailCall && depthBefore >= TAIL_CALL_DEPTH) {
      env.verbose(
        `tail_calls are not allowed when call stack of previous frames is ${depthBefore} bytes. Too large\n`,
      );
      return -EACCES;
    }
    const own = Math.ceil(subprog.stackDepth / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
    const isLarge = own >= BPF_PRIV_STACK_MIN_SIZE;
    if (this.#isPrivate && subprog.privStack === "unknown" && isLarge) subprog.privStack = "own";
    const isOwnStack = subprog.privStack === "own";
    if (isOwnStack && own > MAX_BPF_STACK) {
      env.verbose(`stack size of subprog ${index} is ${own}. Too large\n`);
      return -EACCES;
    }
    const depth = depthBefore + (isOwnStack ? 0 : own);
    if (depth > MAX_BPF_STACK) {
      env.verbose(
        `combined stack size of ${this.#chain.length + 1} calls is ${depth}. Too large\n`,
      );
      return -EACCES;
    }
    this.#chain.push(subprog);
    const err = this.#visitCalls(index, depth);
    this.#chain.pop();
    return err || this.#checkTailCalls();
  }

  #visitCalls(index: number, depth: number): 0 | number {
    const env = this.#env;
    const end = env.subprogEnd(index);
    for (let i = env.subprogs[index]!.start; i < end; i++) {
      const insn = env.insns[i]!;
      if (isThrow(insn) && this.#chain.some(({ isCb }) => isCb)) {
        env.verbose(
          `bpf_throw kfunc (insn ${i}) cannot be called from callback subprog ${index}\n`,
        );
        return -EINVAL;
      }
      if (!isPseudoCall(insn) && !isPseudoFunc(insn)) continue;
      const callee = env.findSubprog(i + insn.imm + 1);
      const { isAsyncCb, isExceptionCb, hasTailCall } = env.subprogs[callee]!;
      if (isAsyncCb) {
        if (hasTailCall) {
          env.verifierBug("subprog has tail_call and async cb");
          return -EFAULT;
        }
        if (!isPseudoCall(insn)) continue;
        if (isExceptionCb) {
          env.verbose(`insn ${i} cannot call exception cb directly`);
          return -EINVAL;
        }
      }
      if (hasTailCall) this.#reachesTailCall = true;
      if (this.#chain.length >= MAX_CALL_FRAMES) {
        env.verbose(`the call stack of ${this.#chain.length} frames is too deep !\n`);
        return -E2BIG;
      }
      const err = this.#enter(callee, depth);
      if (err !== 0) return err;
    }
    return 0;
  }

  /** As soon as one was met, everything that is active then is within reach of it. */
  #checkTailCalls(): 0 | number {
    if (!this.#reachesTailCall || !this.#chain.some(({ isExceptionCb }) => isExceptionCb)) return 0;
    this.#env.verbose("cannot tail call within exception cb\n");
    return -EINVAL;
  }
}
