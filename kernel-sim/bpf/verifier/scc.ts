/**
 * Loops, seen as strongly connected components of the program. While a path is inside of one, the
 * marks of its checkpoints are not complete: a state found there to be like an earlier one is kept
 * as a back edge, until all paths have left the loop and the marks can travel along.
 */
import { markAllScalarsPrecise } from "./backtrack.ts";
import type { VerifierEnv } from "./env.ts";
import { BPF_LOG_LEVEL2 } from "./log.ts";
import { propagatePrecision } from "./propagate-precision.ts";
import type { VerifierState } from "./verifier-state.ts";

/** A component, as entered by one chain of calls. @linux include/linux/bpf_verifier.h `struct bpf_scc_visit` (6.18) */
export interface SccVisit {
  /** The instructions that called, from the outermost function on. */
  readonly callsites: readonly number[];
  readonly scc: number;
  /** The checkpoint with which the component was entered. */
  entryState: VerifierState | null;
  /** Oldest first; Linux looks at the newest one first. */
  backedges: VerifierState[];
}

interface SccPlace {
  readonly callsites: readonly number[];
  readonly scc: number;
}

/** @linux kernel/bpf/verifier.c `compute_scc_callchain` (6.18) */
function sccPlaceOf(env: VerifierEnv, state: VerifierState): SccPlace | undefined {
  const callsites: number[] = [];
  for (let frameno = 0; frameno <= state.curframe; frameno++) {
    const insnIdx = state.frameInsnIdx(frameno);
    const { scc } = env.aux[insnIdx]!;
    if (scc !== 0) return { callsites, scc };
    callsites.push(insnIdx);
  }
  return undefined;
}

function visitOf(env: VerifierEnv, { callsites, scc }: SccPlace): SccVisit | undefined {
  return env.sccVisits[scc]?.find(
    (visit) =>
      visit.callsites.length === callsites.length &&
      visit.callsites.every((callsite, i) => callsite === callsites[i]),
  );
}

/** @linux kernel/bpf/verifier.c `format_callchain` (6.18) */
function placeText({ callsites, scc }: SccPlace): string {
  // A call by the first instruction has the number of an unused place, where Linux stops.
  const unused = callsites.indexOf(0);
  const shown = unused < 0 ? callsites : callsites.slice(0, unused);
  return `(${[...shown, scc].join(",")})`;
}

function logVisit(env: VerifierEnv, what: string, place: SccPlace): void {
  if ((env.log.level & BPF_LOG_LEVEL2) === 0) return;
  env.verbose(`SCC ${what} ${placeText(place)}\n`);
}

/** A checkpoint may be the first one in a loop. @linux kernel/bpf/verifier.c `maybe_enter_scc` (6.18) */
export function maybeEnterScc(env: VerifierEnv, state: VerifierState): void {
  const place = sccPlaceOf(env, state);
  if (place === undefined) return;
  let visit = visitOf(env, place);
  if (visit === undefined) {
    visit = { ...place, entryState: null, backedges: [] };
    env.sccVisits[place.scc] ??= [];
    env.sccVisits[place.scc]!.push(visit);
  }
  if (visit.entryState !== null) return;
  visit.entryState = state;
  logVisit(env, "enter", place);
}

/** All paths from the checkpoint have ended. @linux kernel/bpf/verifier.c `maybe_exit_scc` (6.18) */
export function maybeExitScc(env: VerifierEnv, state: VerifierState): 0 | number {
  const place = sccPlaceOf(env, state);
  if (place === undefined) return 0;
  const visit = visitOf(env, place);
  if (visit === undefined || visit.entryState !== state) return 0;
  logVisit(env, "exit", place);
  visit.entryState = null;
  env.numBackedges -= visit.backedges.length;
  env.updatePeakStates();
  return propagateBackedges(env, visit);
}

/** @linux kernel/bpf/verifier.c `add_scc_backedge` (6.18) */
export function addSccBackedge(
  env: VerifierEnv,
  target: VerifierState,
  backedge: VerifierState,
): void {
  const place = sccPlaceOf(env, target)!;
  const visit = visitOf(env, place)!;
  logVisit(env, "backedge", place);
  visit.backedges.push(backedge);
  env.numBackedges++;
  env.updatePeakStates();
}

/** Whether a checkpoint lies in a loop that paths are still in. @linux kernel/bpf/verifier.c `incomplete_read_marks` (6.18) */
export function areMarksIncomplete(env: VerifierEnv, state: VerifierState): boolean {
  const place = sccPlaceOf(env, state);
  if (place === undefined) return false;
  const visit = visitOf(env, place);
  return visit !== undefined && visit.backedges.length > 0;
}

const MAX_BACKEDGE_ITERS = 64;

/** @linux kernel/bpf/verifier.c `propagate_backedges` (6.18) */
function propagateBackedges(env: VerifierEnv, visit: SccVisit): 0 | number {
  const change = { isChanged: true };
  const newestFirst = visit.backedges.toReversed();
  for (let round = 0; change.isChanged; round++) {
    if (round >= MAX_BACKEDGE_ITERS) {
      if ((env.log.level & BPF_LOG_LEVEL2) !== 0) {
        env.verbose("propagate_backedges: too many iterations\n");
      }
      for (const backedge of newestFirst) markAllScalarsPrecise(env, backedge);
      break;
    }
    change.isChanged = false;
    for (const backedge of newestFirst) {
      const err = propagatePrecision(env, backedge.equalState!, backedge, change);
      if (err !== 0) return err;
    }
  }
  visit.backedges = [];
  return 0;
}
