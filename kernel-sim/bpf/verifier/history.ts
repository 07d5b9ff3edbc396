import { ENOMEM } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import type { LinkedReg, VerifierState } from "./verifier-state.ts";

/** As many of 16 bytes as kmalloc() gives at once, which is 4 MiB. */
const HISTORY_MAX = 262_144;

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
): 0 | number {
  const { history } = state;
  const known = env.curHistEntry;
  if (known !== null) {
    history.pop();
    env.curHistEntry = { ...known, flags: known.flags | flags, linkedRegs };
  } else {
    if (history.length === HISTORY_MAX) return -ENOMEM;
    env.curHistEntry = { idx: env.insnIdx, prevIdx: env.prevInsnIdx, flags, linkedRegs };
  }
  history.push(env.curHistEntry);
  return 0;
}
