/** Whether all that a state allows was explored already from another one. */
import { BPF_REG_FP, BPF_REG_SIZE, MAX_BPF_REG } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import type { IdMap } from "./id-map.ts";
import { leS, leU } from "./int64.ts";
import { BPF_ADD_CONST, type Reg, sameContents, sameHead, UNBOUND_REG } from "./reg-state.ts";
import {
  baseType,
  NOT_INIT,
  PTR_TO_ARENA,
  PTR_TO_BUF,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  SCALAR_VALUE,
} from "./reg-type.ts";
import {
  type FuncState,
  isSpilledScalar64,
  type Slot,
  STACK_DYNPTR,
  STACK_INVALID,
  STACK_MISC,
  STACK_SPILL,
  STACK_ZERO,
  slotType,
} from "./states.ts";
import { tnumIn } from "./tnum.ts";
import { REF_TYPE_LOCK, type VerifierState } from "./verifier-state.ts";

/** Numbers that nobody wanted precisely may differ. */
export const NOT_EXACT = 0;
/** Everything must be the same: a loop that goes nowhere. */
export const EXACT = 1;
/** Numbers must be in the range of the old ones, since it is not known yet who wants them. */
export const RANGE_WITHIN = 2;

/** @linux kernel/bpf/verifier.c `states_equal` (6.18) */
export function statesEqual(
  env: VerifierEnv,
  old: VerifierState,
  cur: VerifierState,
  exact: number,
): boolean {
  if (old.curframe !== cur.curframe) return false;
  env.idMap.reset(env.idGen);
  if (old.isSpeculative && !cur.isSpeculative) return false;
  if (old.inSleepable !== cur.inSleepable) return false;
  if (!refsEqual(old, cur, env.idMap)) return false;
  for (let i = 0; i <= old.curframe; i++) {
    const oldFrame = old.frames[i]!;
    const frame = cur.frames[i]!;
    if (oldFrame.callsite !== frame.callsite) return false;
    if (!funcStatesEqual(env, oldFrame, frame, old.frameInsnIdx(i), exact)) return false;
  }
  return true;
}

/** @linux kernel/bpf/verifier.c `refsafe` (6.18) */
function refsEqual(old: VerifierState, cur: VerifierState, ids: IdMap): boolean {
  if (
    old.refs.length !== cur.refs.length ||
    old.activeLocks !== cur.activeLocks ||
    old.activePreemptLocks !== cur.activePreemptLocks ||
    old.activeRcuLock !== cur.activeRcuLock ||
    !ids.checkIds(old.activeIrqId, cur.activeIrqId) ||
    !ids.checkIds(old.activeLockId, cur.activeLockId) ||
    old.activeLockPtr !== cur.activeLockPtr
  ) {
    return false;
  }
  return old.refs.every((ref, i) => {
    const other = cur.refs[i]!;
    if (!ids.checkIds(ref.id, other.id) || ref.type !== other.type) return false;
    return ref.type < REF_TYPE_LOCK || ref.ptr === other.ptr;
  });
}

/** @linux kernel/bpf/verifier.c `func_states_equal` (6.18) */
function funcStatesEqual(
  env: VerifierEnv,
  old: FuncState,
  cur: FuncState,
  insnIdx: number,
  exact: number,
): boolean {
  if (old.callbackDepth > cur.callbackDepth) return false;
  const { liveRegsBefore } = env.aux[insnIdx]!;
  for (let i = 0; i < MAX_BPF_REG; i++) {
    if (((liveRegsBefore >> i) & 1) === 0) continue;
    if (!isRegSafe(env, old.reg(i), cur.reg(i), exact)) return false;
  }
  return isStackSafe(env, old, cur, exact);
}

/** @linux kernel/bpf/verifier.c `regsafe` (6.18) */
function isRegSafe(env: VerifierEnv, old: Reg, cur: Reg, exact: number): boolean {
  const ids = env.idMap;
  if (exact === EXACT) return regsExact(old, cur, ids);
  if (old.type === NOT_INIT) return true;
  if (old.type !== cur.type) return false;
  switch (baseType(old.type)) {
    case SCALAR_VALUE:
      if (env.exploreAluLimits) {
        return sameContents(old, cur) && (old.id === 0 || ids.checkScalarIds(old.id, cur.id));
      }
      if (!old.precise && exact === NOT_EXACT) return true;
      return isValueWithin(old, cur) && isLinkSafe(old, cur, ids);
    case PTR_TO_MAP_KEY:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MEM:
    case PTR_TO_BUF:
    case PTR_TO_TP_BUFFER:
      return (
        sameHead(old, cur) &&
        isValueWithin(old, cur) &&
        ids.checkIds(old.id, cur.id) &&
        ids.checkIds(old.refObjId, cur.refObjId)
      );
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET:
      return (
        old.range <= cur.range &&
        old.off === cur.off &&
        ids.checkIds(old.id, cur.id) &&
        isValueWithin(old, cur)
      );
    case PTR_TO_STACK:
      return regsExact(old, cur, ids) && old.frameno === cur.frameno;
    case PTR_TO_ARENA:
      return true;
    default:
      return regsExact(old, cur, ids);
  }
}

/** What shares its value with nothing may do so now: that is more to know of it, not less. */
function isLinkSafe(old: Reg, cur: Reg, ids: IdMap): boolean {
  if (old.id === 0) return true;
  if (((old.id ^ cur.id) & BPF_ADD_CONST) !== 0) return false;
  if ((old.id & BPF_ADD_CONST) !== 0 && old.off !== cur.off) return false;
  return ids.checkScalarIds(old.id, cur.id);
}

export function regsExact(old: Reg, cur: Reg, ids: IdMap): boolean {
  return (
    sameContents(old, cur) &&
    ids.checkIds(old.id, cur.id) &&
    ids.checkIds(old.refObjId, cur.refObjId)
  );
}

/** Whether every value of `cur` is one of `old`. @linux kernel/bpf/verifier.c `range_within` (6.18) */
function isValueWithin(old: Reg, cur: Reg): boolean {
  return (
    leU(old.umin, cur.umin) &&
    leU(cur.umax, old.umax) &&
    leS(old.smin, cur.smin) &&
    leS(cur.smax, old.smax) &&
    old.u32Min <= cur.u32Min &&
    old.u32Max >= cur.u32Max &&
    old.s32Min <= cur.s32Min &&
    old.s32Max >= cur.s32Max &&
    tnumIn(old.varOff, cur.varOff)
  );
}

/** @linux kernel/bpf/verifier.c `stacksafe` (6.18) */
function isStackSafe(env: VerifierEnv, old: FuncState, cur: FuncState, exact: number): boolean {
  for (let spi = 0; spi < old.slots; spi++) {
    const oldSlot = old.slot(spi);
    const slot = spi < cur.slots ? cur.slot(spi) : undefined;
    if (exact !== NOT_EXACT && oldSlot.types !== slot?.types) return false;
    if (!isSlotSafe(env, oldSlot, slot, exact)) return false;
  }
  return true;
}

function isSlotSafe(env: VerifierEnv, old: Slot, cur: Slot | undefined, exact: number): boolean {
  for (let byte = 0; byte < BPF_REG_SIZE; byte++) {
    const type = slotType(old, byte);
    if (type === STACK_INVALID || (type === STACK_MISC && env.allowUninitStack)) continue;
    if (cur === undefined) return false;
    const oldReg = scalarOfSlot(env, old);
    const curReg = scalarOfSlot(env, cur);
    if (oldReg !== undefined && curReg !== undefined) {
      return isRegSafe(env, oldReg, curReg, exact);
    }
    const curType = slotType(cur, byte);
    if (type === STACK_MISC && curType === STACK_ZERO) continue;
    if (type !== curType) return false;
    if (byte !== BPF_REG_SIZE - 1) continue;
    if (type === STACK_SPILL) {
      if (!isRegSafe(env, old.spilled, cur.spilled, exact)) return false;
    } else if (type >= STACK_DYNPTR && !isObjectSafe(old.spilled, cur.spilled, env.idMap)) {
      return false;
    }
  }
  return true;
}

/** Of an iterator, how many elements were taken does not count: no loop would end otherwise. */
function isObjectSafe(old: Reg, cur: Reg, ids: IdMap): boolean {
  const a = old.object;
  const b = cur.object;
  if (a === null || b === null) return false;
  const isSame =
    a.kind === "iter" && b.kind === "iter"
      ? a.name === b.name && a.state === b.state
      : a === b || (a.kind === "irq" && b.kind === "irq" && a.kfuncClass === b.kfuncClass);
  return isSame && ids.checkIds(old.refObjId, cur.refObjId);
}

/** A slot that reads as one number: a spill of all its bytes, or bytes that nothing is known of. */
function scalarOfSlot(env: VerifierEnv, slot: Slot): Reg | undefined {
  if (isSpilledScalar64(slot)) return slot.spilled;
  for (let byte = 0; byte < BPF_REG_SIZE; byte++) {
    const type = slotType(slot, byte);
    if (type !== STACK_MISC && !(type === STACK_INVALID && env.allowUninitStack)) return undefined;
  }
  return UNBOUND_REG;
}

/**
 * A quick look whether the states might be the same: they must be bit by bit, ids included.
 *
 * @linux kernel/bpf/verifier.c `states_maybe_looping` (6.18)
 */
export function mayBeLooping(old: VerifierState, cur: VerifierState): boolean {
  if (old.curframe !== cur.curframe) return false;
  for (let i = 0; i <= BPF_REG_FP; i++) {
    const a = old.frame.reg(i);
    const b = cur.frame.reg(i);
    if (a === b) continue;
    if (a.id !== b.id || a.refObjId !== b.refObjId || !sameContents(a, b)) return false;
  }
  return true;
}
