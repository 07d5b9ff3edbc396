import type { VerifierEnv } from "./env.ts";
import { areMarksIncomplete } from "./scc.ts";
import { StateListEntry, type VerifierState } from "./verifier-state.ts";

/** Which list holds the checkpoints of an instruction: it depends on where its function was called. */
function bucketOf(env: VerifierEnv, insnIdx: number): number {
  return ((insnIdx ^ env.frame.callsite) >>> 0) % env.insns.length;
}

/** The newest checkpoint that may be one of the instruction. @linux kernel/bpf/verifier.c `explored_state` (6.18) */
export function exploredStates(env: VerifierEnv, insnIdx: number): StateListEntry | null {
  return env.explored[bucketOf(env, insnIdx)]!;
}

export function addExploredState(env: VerifierEnv, insnIdx: number, state: VerifierState): void {
  const bucket = bucketOf(env, insnIdx);
  const entry = new StateListEntry(state);
  entry.next = env.explored[bucket]!;
  env.explored[bucket] = entry;
}

/** Takes a checkpoint out of its list. It lives on while paths that came through it do. */
export function evictState(
  env: VerifierEnv,
  insnIdx: number,
  entry: StateListEntry,
  previous: StateListEntry | null,
): void {
  if (previous === null) env.explored[bucketOf(env, insnIdx)] = entry.next;
  else previous.next = entry.next;
  entry.inFreeList = true;
  env.freeListSize++;
  env.exploredStatesSize--;
  maybeFreeState(env, entry);
}

/**
 * What no path comes from any more is counted no longer, unless marks may still travel along it.
 *
 * @linux kernel/bpf/verifier.c `maybe_free_verifier_state` (6.18)
 */
export function maybeFreeState(env: VerifierEnv, entry: StateListEntry | null): void {
  if (entry === null || !entry.inFreeList || entry.state.branches !== 0) return;
  if (areMarksIncomplete(env, entry.state)) return;
  entry.inFreeList = false;
  env.freeListSize--;
}
