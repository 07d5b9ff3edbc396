import type { VerifierEnv } from "./env.ts";
import type { LinkedReg, VerifierState } from "./verifier-state.ts";

const NONE: readonly LinkedReg[] = Object.freeze([]);

/**
 * Notes how the current instruction was reached, and what it did that backtracking must know. What
 * one instruction notes twice becomes one entry.
 *
 * @linux kernel/bpf/verifier.c `push_jmp_history` (6.18)
 */
export function pushHistory(
  env: VerifierEnv,
  state: VerifierState,
  flags: number,
  linkedRegs: readonly LinkedReg[] = NONE,
): void {
  const { history } = state;
  const known = env.curHistEntry;
  if (known !== null) {
    history.pop();
    env.curHistEntry = { ...known, flags: known.flags | flags, linkedRegs };
  } else {
    env.curHistEntry = { idx: env.insnIdx, prevIdx: env.prevInsnIdx, flags, linkedRegs };
  }
  history.push(env.curHistEntry);
}
