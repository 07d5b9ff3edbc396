/** Loops that end in their own way: what a round changes and nobody cares for exactly is forgotten. */
import { MAX_BPF_REG } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import { exploredStates } from "./explored-states.ts";
import type { IdMap } from "./id-map.ts";
import type { Reg } from "./reg-state.ts";
import { SCALAR_VALUE } from "./reg-type.ts";
import { isSpilledReg } from "./states.ts";
import { regsExact } from "./states-equal.ts";
import type { VerifierState } from "./verifier-state.ts";

/**
 * The checkpoint of the round before.
 *
 * @linux kernel/bpf/verifier.c `find_prev_entry` (6.18)
 */
export function findPrevEntry(
  env: VerifierEnv,
  cur: VerifierState | null,
  insnIdx: number,
): VerifierState | null {
  if (cur === null) return null;
  for (let entry = exploredStates(env, insnIdx); entry !== null; entry = entry.next) {
    const { state } = entry;
    if (state.insnIdx !== insnIdx || state.branches === 0) continue;
    if (state.hasSameCallsites(cur) && state.dfsDepth < cur.dfsDepth) return state;
  }
  return null;
}

/** @linux kernel/bpf/verifier.c `widen_imprecise_scalars` (6.18) */
export function widenImpreciseScalars(
  env: VerifierEnv,
  old: VerifierState,
  cur: VerifierState,
): void {
  env.idMap.reset(env.idGen);
  for (let frameno = old.curframe; frameno >= 0; frameno--) {
    const oldFrame = old.frames[frameno]!;
    const frame = cur.frames[frameno]!;
    for (let i = 0; i < MAX_BPF_REG; i++) {
      if (isWidened(env.idMap, oldFrame.reg(i), frame.reg(i))) {
        frame.own(i).markUnknown(!env.bpfCapable);
      }
    }
    const slots = Math.min(oldFrame.slots, frame.slots);
    for (let spi = 0; spi < slots; spi++) {
      const oldSlot = oldFrame.slot(spi);
      const slot = frame.slot(spi);
      if (!isSpilledReg(oldSlot) || !isSpilledReg(slot)) continue;
      if (isWidened(env.idMap, oldSlot.spilled, slot.spilled)) {
        frame.ownSpilled(spi).markUnknown(!env.bpfCapable);
      }
    }
  }
}

/** @linux kernel/bpf/verifier.c `maybe_widen_reg` (6.18) */
function isWidened(ids: IdMap, old: Reg, cur: Reg): boolean {
  if (old.type !== SCALAR_VALUE || cur.type !== SCALAR_VALUE) return false;
  return !old.precise && !cur.precise && !regsExact(old, cur, ids);
}
