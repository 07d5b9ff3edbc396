import { BPF_REG_FP } from "../isa.ts";
import { regBoundsSync } from "./bounds.ts";
import type { VerifierEnv } from "./env.ts";
import { fromNumber } from "./int64.ts";
import { zext32To64 } from "./reg-size.ts";
import {
  BPF_ADD_CONST,
  BPF_ADD_CONST32,
  knownScalar,
  type Reg,
  type RegState,
} from "./reg-state.ts";
import { SCALAR_VALUE } from "./reg-type.ts";
import { scalarAdd } from "./scalar-arithmetic.ts";
import { isSpilledReg } from "./states.ts";
import type { LinkedReg, VerifierState } from "./verifier-state.ts";

const LINKED_REGS_MAX = 6;

/**
 * Adds all registers that may still be read and all spilled registers that share the id. Those that
 * are too many lose it.
 *
 * @linux kernel/bpf/verifier.c `collect_linked_regs` (6.18)
 */
export function collectLinkedRegs(
  env: VerifierEnv,
  state: VerifierState,
  givenId: number,
  found: LinkedReg[],
): void {
  const id = givenId & ~BPF_ADD_CONST;
  for (let frameno = state.curframe; frameno >= 0; frameno--) {
    const frame = state.frames[frameno]!;
    const { liveRegsBefore } = env.aux[state.frameInsnIdx(frameno)]!;
    for (let index = 0; index < BPF_REG_FP; index++) {
      if (((liveRegsBefore >> index) & 1) === 0) continue;
      if (!isLinked(frame.reg(index), id)) continue;
      if (found.length < LINKED_REGS_MAX) found.push({ frameno, index, isReg: true });
      else frame.own(index).clearScalarId();
    }
    for (let index = 0; index < frame.slots; index++) {
      const slot = frame.slot(index);
      if (!isSpilledReg(slot) || !isLinked(slot.spilled, id)) continue;
      if (found.length < LINKED_REGS_MAX) found.push({ frameno, index, isReg: false });
      else frame.ownSpilled(index).clearScalarId();
    }
  }
}

function isLinked(reg: Reg, id: number): boolean {
  return reg.type === SCALAR_VALUE && (reg.id & ~BPF_ADD_CONST) === id;
}

/**
 * What was learnt of `known` holds for the registers with its id, at their distance from it.
 *
 * @linux kernel/bpf/verifier.c `sync_linked_regs` (6.18)
 */
export function syncLinkedRegs(
  state: VerifierState,
  known: Reg,
  linked: readonly LinkedReg[],
): void {
  for (const { frameno, index, isReg } of linked) {
    const frame = state.frames[frameno]!;
    const reg = isReg ? frame.reg(index) : frame.slot(index).spilled;
    if (reg === known || !isLinked(reg, known.id & ~BPF_ADD_CONST)) continue;
    // One sum was cut to 32 bits and the other was not: there is no distance between them.
    if (((reg.id ^ known.id) & BPF_ADD_CONST) === BPF_ADD_CONST) continue;
    syncOne(isReg ? frame.own(index) : frame.ownSpilled(index), known);
  }
}

function syncOne(reg: RegState, known: Reg): void {
  const { id, off } = reg;
  const isSameValue = ((id | known.id) & BPF_ADD_CONST) === 0 || off === known.off;
  reg.assign(known);
  if (isSameValue) return;
  reg.id = id;
  reg.off = off;
  scalarAdd(reg, knownScalar(fromNumber(off - known.off)));
  if (((id | known.id) & BPF_ADD_CONST32) !== 0) zext32To64(reg);
  regBoundsSync(reg);
}
