import { successors } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";

/** How instructions follow each other, and where they are in postorder. */
export interface FlowTables {
  /** The two that may follow each, which are one where there is no choice; -1 behind an exit. */
  readonly ways: Int32Array;
  /** Those that each may follow, from its start on. */
  readonly preds: Int32Array;
  readonly predStarts: Int32Array;
  readonly places: Int32Array;
}

/** Those of a program whose functions are in postorder. */
export function flowTables({ insns, postorder }: VerifierEnv): FlowTables {
  const ways = new Int32Array(insns.length * 2).fill(-1);
  const predStarts = new Int32Array(insns.length + 2);
  const places = new Int32Array(insns.length);
  for (const [place, idx] of postorder.entries()) {
    places[idx] = place;
    const [one = -1, other = one] = successors(insns, idx);
    ways[idx * 2] = one;
    ways[idx * 2 + 1] = other;
    if (one >= 0) predStarts[one + 2]!++;
    if (other !== one) predStarts[other + 2]!++;
  }
  for (let at = 2; at < predStarts.length; at++) predStarts[at]! += predStarts[at - 1]!;
  const preds = new Int32Array(predStarts.at(-1)!);
  for (const idx of postorder) {
    const one = ways[idx * 2]!;
    const other = ways[idx * 2 + 1]!;
    // Starts move to their ends, which are the starts of the next.
    if (one >= 0) preds[predStarts[one + 1]!++] = idx;
    if (other !== one) preds[predStarts[other + 1]!++] = idx;
  }
  return { ways, preds, predStarts, places };
}
