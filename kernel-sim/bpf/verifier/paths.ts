/** Paths that wait to be followed: the last one that was put aside is the next one. */
import type { VerifierEnv } from "./env.ts";
import { BPF_MAIN_FUNC, FuncState } from "./states.ts";
import { VerifierState } from "./verifier-state.ts";

const BPF_COMPLEXITY_LIMIT_JMP_SEQ = 8192;

/**
 * Puts a copy of the current state aside, to be followed from `insnIdx` on.
 *
 * @param isSpeculative only a CPU that guesses wrongly gets there
 * @returns null when there are too many
 * @linux kernel/bpf/verifier.c `push_stack` (6.18)
 */
export function pushStack(
  env: VerifierEnv,
  insnIdx: number,
  prevInsnIdx: number,
  isSpeculative = false,
): VerifierState | null {
  const state = env.curState.copy();
  state.isSpeculative ||= isSpeculative;
  env.pending.push({ state, insnIdx, prevInsnIdx, logPos: env.log.endPos });
  if (env.pending.length > BPF_COMPLEXITY_LIMIT_JMP_SEQ) {
    env.verbose(`The sequence of ${env.pending.length} jumps is too complex.\n`);
    return null;
  }
  if (state.parent !== null) state.parent.branches++;
  env.observer?.branch(env, state);
  return state;
}

/**
 * Has a function followed that is called when the program may be over: nothing is known then.
 *
 * @returns null when there are too many
 * @linux kernel/bpf/verifier.c `push_async_cb` (6.18)
 */
export function pushAsyncCb(
  env: VerifierEnv,
  insnIdx: number,
  prevInsnIdx: number,
  subprog: number,
  isSleepable: boolean,
): VerifierState | null {
  const state = new VerifierState();
  state.inSleepable = isSleepable;
  state.frames.push(new FuncState(BPF_MAIN_FUNC, 0, subprog));
  env.markStateScratched();
  env.pending.push({ state, insnIdx, prevInsnIdx, logPos: env.log.endPos });
  if (env.pending.length > BPF_COMPLEXITY_LIMIT_JMP_SEQ) {
    env.verbose(`The sequence of ${env.pending.length} jumps is too complex for async cb.\n`);
    return null;
  }
  env.observer?.branch(env, state);
  return state;
}

/**
 * Goes on with the path that was put aside last.
 *
 * @returns whether there was one
 * @linux kernel/bpf/verifier.c `pop_stack` (6.18)
 */
export function popStack(env: VerifierEnv, isLogTakenBack: boolean): boolean {
  const next = env.pending.pop();
  if (next === undefined) return false;
  env.curState = next.state;
  env.insnIdx = next.insnIdx;
  env.prevInsnIdx = next.prevInsnIdx;
  if (isLogTakenBack) env.log.reset(next.logPos);
  env.liveness.resetCallchain();
  env.observer?.pathStart(env, next.state);
  return true;
}
