/**
 * Dynptrs: handles of memory whose place and size only the kernel knows. A program keeps one in
 * two slots of its stack and hands it to helpers and kernel functions.
 */
import { EFAULT, EINVAL, ERANGE } from "../../include/errno.ts";
import { BPF_DYNPTR_TYPE_INVALID } from "../dynptr.ts";
import { BPF_DW } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import { ARG_PTR_TO_DYNPTR } from "./func-proto.ts";
import { checkMemAccess } from "./mem-access.ts";
import { acquireReference, releaseReference } from "./references.ts";
import type { Reg, RegState } from "./reg-state.ts";
import * as t from "./reg-type.ts";
import { BPF_WRITE } from "./region-access.ts";
import { destroyIfDynptrStackSlot, dynptrTypeRefcounted } from "./stack-dynptr.ts";
import {
  clearSlotObject,
  type DynptrObject,
  dynptrTypeStr,
  markSlotObject,
  markSlotObjRead,
  stackSlotObjGetSpi,
} from "./stack-object.ts";
import { STACK_DYNPTR, slotOf } from "./states.ts";

const BPF_DYNPTR_NR_SLOTS = 2;
const BPF_DYNPTR_SIZE = 16;

/** By dynptr type. */
const TYPE_FLAGS: readonly number[] = [
  0,
  t.DYNPTR_TYPE_LOCAL,
  t.DYNPTR_TYPE_RINGBUF,
  t.DYNPTR_TYPE_SKB,
  t.DYNPTR_TYPE_XDP,
  t.DYNPTR_TYPE_SKB_META,
];

/** @linux kernel/bpf/verifier.c `arg_to_dynptr_type` (6.18) */
function argToDynptrType(argType: number): number {
  return Math.max(BPF_DYNPTR_TYPE_INVALID, TYPE_FLAGS.indexOf(argType & t.DYNPTR_TYPE_FLAG_MASK));
}

/** @linux kernel/bpf/verifier.c `get_dynptr_type_flag` (6.18) */
export function dynptrTypeFlag(type: number): number {
  return TYPE_FLAGS[type]!;
}

function dynptrGetSpi(env: VerifierEnv, reg: Reg): number {
  return stackSlotObjGetSpi(env, reg, "dynptr", BPF_DYNPTR_NR_SLOTS);
}

/** One object for each, so that registers with the same contents share it. */
const OBJECTS: readonly (readonly DynptrObject[])[] = TYPE_FLAGS.map((_, type) =>
  [false, true].map((isFirstSlot) => Object.freeze({ kind: "dynptr" as const, type, isFirstSlot })),
);

/** What a register or slot with a dynptr of the type carries. */
function dynptrObject(type: number, isFirstSlot: boolean): DynptrObject {
  return OBJECTS[type]![isFirstSlot ? 1 : 0]!;
}

/** A register with a dynptr of the kernel's own, which the program can only use. @linux kernel/bpf/verifier.c `mark_dynptr_cb_reg` (6.18) */
export function markDynptrReg(env: VerifierEnv, reg: RegState, type: number): void {
  reg.markKnownZero();
  reg.type = t.CONST_PTR_TO_DYNPTR;
  reg.id = env.newId();
  reg.object = dynptrObject(type, true);
}

/** @linux kernel/bpf/verifier.c `mark_stack_slots_dynptr` (6.18) */
function markStackSlotsDynptr(
  env: VerifierEnv,
  reg: Reg,
  argType: number,
  insnIdx: number,
  cloneRefObjId: number,
): 0 | number {
  const frame = env.curState.frames[reg.frameno]!;
  const spi = dynptrGetSpi(env, reg);
  if (spi < 0) return spi;
  // The slots may belong to two dynptrs.
  const err =
    destroyIfDynptrStackSlot(env, frame, spi) || destroyIfDynptrStackSlot(env, frame, spi - 1);
  if (err !== 0) return err;
  const type = argToDynptrType(argType);
  if (type === BPF_DYNPTR_TYPE_INVALID) return -EINVAL;
  const id = env.newId();
  const isRefcounted = dynptrTypeRefcounted(type);
  const refObjId = isRefcounted ? cloneRefObjId || acquireReference(env, insnIdx) : 0;
  for (const at of [spi, spi - 1]) {
    const slot = markSlotObject(env, frame, at, STACK_DYNPTR);
    slot.type = t.CONST_PTR_TO_DYNPTR;
    slot.id = id;
    slot.refObjId = refObjId;
    slot.object = dynptrObject(type, at === spi);
  }
  return 0;
}

/**
 * The kernel took a dynptr back: its clones and slices are worth nothing either.
 *
 * @linux kernel/bpf/verifier.c `unmark_stack_slots_dynptr` (6.18)
 */
export function unmarkStackSlotsDynptr(env: VerifierEnv, reg: Reg): 0 | number {
  const frame = env.curState.frames[reg.frameno]!;
  const spi = dynptrGetSpi(env, reg);
  if (spi < 0) return spi;
  const { refObjId } = frame.slot(spi).spilled;
  const invalidate = (first: number) => {
    clearSlotObject(env, frame, first);
    clearSlotObject(env, frame, first - 1);
  };
  if (refObjId === 0) {
    invalidate(spi);
    return 0;
  }
  releaseReference(env, refObjId);
  for (let i = 1; i < frame.slots; i++) {
    const { spilled } = frame.slot(i);
    if (spilled.refObjId !== refObjId || spilled.object?.kind !== "dynptr") continue;
    if (spilled.object.isFirstSlot) invalidate(i);
  }
  return 0;
}

/** @linux kernel/bpf/verifier.c `is_dynptr_reg_valid_uninit` (6.18) */
function isValidUninit(env: VerifierEnv, reg: Reg): boolean {
  if (reg.type === t.CONST_PTR_TO_DYNPTR) return false;
  const spi = dynptrGetSpi(env, reg);
  // The stack grows when it is written.
  return spi >= 0 || spi === -ERANGE;
}

/** @linux kernel/bpf/verifier.c `is_dynptr_reg_valid_init` (6.18) */
function isValidInit(env: VerifierEnv, reg: Reg): boolean {
  if (reg.type === t.CONST_PTR_TO_DYNPTR) return true;
  const spi = dynptrGetSpi(env, reg);
  if (spi < 0) return false;
  const frame = env.curState.frames[reg.frameno]!;
  const { spilled, types } = frame.slot(spi);
  if (spilled.object?.kind !== "dynptr" || !spilled.object.isFirstSlot) return false;
  const wanted = slotOf(STACK_DYNPTR);
  return types === wanted && frame.slot(spi - 1).types === wanted;
}

/** Whether the program has to give it back. */
export function isDynptrAcquired(env: VerifierEnv, reg: Reg): boolean {
  const spi = dynptrGetSpi(env, reg);
  return spi >= 0 && env.curState.frames[reg.frameno]!.slot(spi).spilled.refObjId !== 0;
}

/** The register, or slot, that says what is known of an initialised dynptr. */
export function dynptrRegOf(env: VerifierEnv, reg: Reg): Reg {
  if (reg.type === t.CONST_PTR_TO_DYNPTR) return reg;
  return env.curState.frames[reg.frameno]!.slot(dynptrGetSpi(env, reg)).spilled;
}

/** @linux kernel/bpf/verifier.c `dynptr_get_type` (6.18) */
export function dynptrTypeOf(env: VerifierEnv, reg: Reg): number {
  const { object } = dynptrRegOf(env, reg);
  return object?.kind === "dynptr" ? object.type : BPF_DYNPTR_TYPE_INVALID;
}

/**
 * Whether the argument is a dynptr as the callee wants it, and what it is afterwards.
 *
 * @linux kernel/bpf/verifier.c `process_dynptr_func` (6.18)
 */
export function processDynptrFunc(
  env: VerifierEnv,
  regno: number,
  insnIdx: number,
  argType: number,
  cloneRefObjId: number,
): 0 | number {
  const reg = env.frame.reg(regno);
  if (reg.type !== t.PTR_TO_STACK && reg.type !== t.CONST_PTR_TO_DYNPTR) {
    env.verbose(`arg#${regno - 1} expected pointer to stack or const struct bpf_dynptr\n`);
    return -EINVAL;
  }
  const isUninit = (argType & t.MEM_UNINIT) !== 0;
  if (isUninit && (argType & t.MEM_RDONLY) !== 0) {
    env.verifierBug("misconfigured dynptr helper type flags");
    return -EFAULT;
  }
  if (isUninit) {
    if (!isValidUninit(env, reg)) {
      env.verbose("Dynptr has to be an uninitialized dynptr\n");
      return -EINVAL;
    }
    for (let i = 0; i < BPF_DYNPTR_SIZE; i += 8) {
      const err = checkMemAccess(env, insnIdx, regno, i, BPF_DW, BPF_WRITE, -1, false, false);
      if (err !== 0) return err;
    }
    return markStackSlotsDynptr(env, reg, argType, insnIdx, cloneRefObjId);
  }
  if (reg.type === t.CONST_PTR_TO_DYNPTR && (argType & t.MEM_RDONLY) === 0) {
    env.verbose("cannot pass pointer to const bpf_dynptr, the helper mutates it\n");
    return -EINVAL;
  }
  if (!isValidInit(env, reg)) {
    env.verbose(`Expected an initialized dynptr as arg #${regno - 1}\n`);
    return -EINVAL;
  }
  const wanted = argToDynptrType(argType);
  const isAny = (argType & ~t.MEM_RDONLY) === ARG_PTR_TO_DYNPTR;
  if (!isAny && dynptrTypeOf(env, reg) !== wanted) {
    env.verbose(`Expected a dynptr of type ${dynptrTypeStr(wanted)} as arg #${regno - 1}\n`);
    return -EINVAL;
  }
  if (reg.type === t.CONST_PTR_TO_DYNPTR) return 0;
  markSlotObjRead(env, reg.frameno, dynptrGetSpi(env, reg), BPF_DYNPTR_NR_SLOTS);
  return 0;
}
