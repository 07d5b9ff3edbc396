/** Where paths meet, they are compared: what was explored from a wider state is not explored again. */
import { EINVAL } from "../../include/errno.ts";
import { BPF_REG_FP, isMayGoto } from "../isa.ts";
import { markAllScalarsImprecise } from "./backtrack.ts";
import type { VerifierEnv } from "./env.ts";
import { addExploredState, evictState, exploredStates, maybeFreeState } from "./explored-states.ts";
import { pushHistory } from "./history.ts";
import { isFirstArgActiveIter, iterActiveDepthsDiffer } from "./iterators.ts";
import { verboseLinfo } from "./line-info.ts";
import { printVerifierState } from "./print-state.ts";
import { propagatePrecision } from "./propagate-precision.ts";
import { addSccBackedge, areMarksIncomplete, maybeEnterScc, maybeExitScc } from "./scc.ts";
import { EXACT, mayBeLooping, NOT_EXACT, RANGE_WITHIN, statesEqual } from "./states-equal.ts";
import type { StateListEntry, VerifierState } from "./verifier-state.ts";

/** More than this makes walking back too slow. */
const MAX_HISTORY = 40;
const BPF_COMPLEXITY_LIMIT_STATES = 64;

/** How often a checkpoint may be no help before it goes. */
const MISSES = 3;
/** The same for one that a loop needs to come to an end. */
const FORCED_MISSES = 64;

/**
 * Looks for a checkpoint that covers the current state, and makes the state one when it is worth it.
 *
 * @returns the checkpoint that covers it, null, or a negative errno
 * @linux kernel/bpf/verifier.c `is_state_visited` (6.18)
 */
export function isStateVisited(env: VerifierEnv, insnIdx: number): VerifierState | null | number {
  const cur = env.curState;
  const isForced =
    env.testStateFreq || env.aux[insnIdx]!.isForceCheckpoint || cur.history.length > MAX_HISTORY;
  let isAdded = isForced || hasComeFar(env, 2, 8);
  cleanLiveStates(env, insnIdx, cur);
  let count = 0;
  let previous: StateListEntry | null = null;
  for (let entry = exploredStates(env, insnIdx); entry !== null; entry = entry.next) {
    count++;
    const { state } = entry;
    if (state.insnIdx !== insnIdx) {
      previous = entry;
      continue;
    }
    const found = compare(env, insnIdx, state, cur);
    if (found < 0) return found;
    if (found !== DIFFERENT) {
      entry.hitCnt++;
      const err = cover(env, insnIdx, state, cur, found === COVERED_IN_LOOP);
      return err !== 0 ? err : state;
    }
    // In a loop, every round would leave a checkpoint that helps no other one.
    if (state.branches !== 0 && !isForced && !hasComeFar(env, 20, 100, true)) isAdded = false;
    if (isAdded) entry.missCnt++;
    const isNeeded = env.aux[insnIdx]!.isForceCheckpoint && state.branches > 0;
    const misses = isNeeded ? FORCED_MISSES : MISSES;
    if (entry.missCnt > entry.hitCnt * misses + misses) {
      evictState(env, insnIdx, entry, previous);
    } else {
      previous = entry;
    }
  }
  env.maxStatesPerInsn = Math.max(env.maxStatesPerInsn, count);
  if (!env.bpfCapable && count > BPF_COMPLEXITY_LIMIT_STATES) return null;
  if (isAdded) addCheckpoint(env, insnIdx, cur);
  return null;
}

/** Whether so much was processed since the last checkpoint; either of both is enough, if so asked. */
function hasComeFar(env: VerifierEnv, jumps: number, insns: number, isEither = false): boolean {
  const hasJumps = env.jmpsProcessed - env.prevJmpsProcessed >= jumps;
  const hasInsns = env.insnProcessed - env.prevInsnProcessed >= insns;
  return isEither ? hasJumps || hasInsns : hasJumps && hasInsns;
}

const DIFFERENT = 0;
const COVERED = 1;
const COVERED_IN_LOOP = 2;

function compare(
  env: VerifierEnv,
  insnIdx: number,
  state: VerifierState,
  cur: VerifierState,
): number {
  if (state.branches === 0) {
    const isInLoop = areMarksIncomplete(env, state);
    if (!statesEqual(env, state, cur, isInLoop ? RANGE_WITHIN : NOT_EXACT)) return DIFFERENT;
    return isInLoop ? COVERED_IN_LOOP : COVERED;
  }
  // The checkpoint lies on the way that led here, or on the way to another call of the function.
  const { frame } = state;
  if (frame.inAsyncCallbackFn && frame.asyncEntryCnt !== cur.frame.asyncEntryCnt) return DIFFERENT;
  if (env.aux[insnIdx]!.isIterNext) {
    const isLoop = statesEqual(env, state, cur, RANGE_WITHIN) && isFirstArgActiveIter(cur);
    return isLoop ? COVERED_IN_LOOP : DIFFERENT;
  }
  if (isMayGoto(env.insns[insnIdx]!) && state.mayGotoDepth !== cur.mayGotoDepth) {
    if (statesEqual(env, state, cur, RANGE_WITHIN)) return COVERED_IN_LOOP;
  }
  if (env.aux[insnIdx]!.callsCallback) {
    return statesEqual(env, state, cur, RANGE_WITHIN) ? COVERED : DIFFERENT;
  }
  if (
    mayBeLooping(state, cur) &&
    statesEqual(env, state, cur, EXACT) &&
    !iterActiveDepthsDiffer(state, cur) &&
    state.mayGotoDepth === cur.mayGotoDepth &&
    state.callbackUnrollDepth === cur.callbackUnrollDepth
  ) {
    verboseLinfo(env, insnIdx, "; ");
    env.verbose(`infinite loop detected at insn ${insnIdx}\n`);
    env.verbose("cur state:");
    printVerifierState(env, cur, cur.curframe, true);
    env.verbose("old state:");
    printVerifierState(env, state, cur.curframe, true);
    return -EINVAL;
  }
  return DIFFERENT;
}

/** What was found to count behind the checkpoint counts for the current path as well. */
function cover(
  env: VerifierEnv,
  insnIdx: number,
  state: VerifierState,
  cur: VerifierState,
  isInLoop: boolean,
): 0 | number {
  const noted = env.aux[insnIdx]!.isJmpPoint ? pushHistory(env, cur, 0) : 0;
  const err = noted || propagatePrecision(env, state, cur);
  if (err !== 0 || !isInLoop) return err;
  const backedge = cur.copy();
  backedge.equalState = state;
  backedge.insnIdx = insnIdx;
  addSccBackedge(env, state, backedge);
  return 0;
}

function addCheckpoint(env: VerifierEnv, insnIdx: number, cur: VerifierState): void {
  env.totalStates++;
  env.exploredStatesSize++;
  env.updatePeakStates();
  env.prevJmpsProcessed = env.jmpsProcessed;
  env.prevInsnProcessed = env.insnProcessed;
  if (env.bpfCapable) markAllScalarsImprecise(cur);
  const checkpoint = cur.copy();
  checkpoint.insnIdx = insnIdx;
  maybeEnterScc(env, checkpoint);
  cur.parent = checkpoint;
  cur.firstInsnIdx = insnIdx;
  cur.dfsDepth = checkpoint.dfsDepth + 1;
  cur.history = [];
  addExploredState(env, insnIdx, checkpoint);
  env.observer?.checkpoint(env, checkpoint);
}

/** Forgets in checkpoints what nobody reads behind them. @linux kernel/bpf/verifier.c `clean_live_states` (6.18) */
function cleanLiveStates(env: VerifierEnv, insnIdx: number, cur: VerifierState): void {
  for (let entry = exploredStates(env, insnIdx); entry !== null; entry = entry.next) {
    const { state } = entry;
    if (state.branches !== 0 || state.isCleaned || state.insnIdx !== insnIdx) continue;
    if (!state.hasSameCallsites(cur) || areMarksIncomplete(env, state)) continue;
    cleanState(env, state);
  }
}

/** @linux kernel/bpf/verifier.c `clean_verifier_state` (6.18) */
function cleanState(env: VerifierEnv, state: VerifierState): void {
  env.liveness.startQuery(state);
  state.isCleaned = true;
  for (const [frameno, frame] of state.frames.entries()) {
    const { liveRegsBefore } = env.aux[state.frameInsnIdx(frameno)]!;
    for (let i = 0; i < BPF_REG_FP; i++) {
      if (((liveRegsBefore >> i) & 1) === 0) frame.own(i).markNotInit(!env.bpfCapable);
    }
    for (let spi = 0; spi < frame.slots; spi++) {
      if (env.liveness.isSlotAlive(frame.frameno, spi) || frame.slot(spi).types === 0) continue;
      frame.ownSpilled(spi).markNotInit(!env.bpfCapable);
      frame.setSlotTypes(spi, 0);
    }
  }
}

/**
 * A path has ended. Checkpoints that no path comes from any more are done.
 *
 * @linux kernel/bpf/verifier.c `update_branch_counts` (6.18)
 */
export function updateBranchCounts(env: VerifierEnv, ended: VerifierState): 0 | number {
  let state: VerifierState | null = ended;
  while (state !== null) {
    state.branches--;
    if (state.branches !== 0) return 0;
    const err = maybeExitScc(env, state);
    if (err !== 0) return err;
    const { parent, entry }: VerifierState = state;
    maybeFreeState(env, entry);
    state = parent;
  }
  return 0;
}
