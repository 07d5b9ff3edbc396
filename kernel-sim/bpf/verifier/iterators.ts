/**
 * Open-coded iterators: a program makes one on its stack, asks for element after element in a loop
 * of its own, and destroys it. A path may take any number of elements; the verifier follows two
 * ways from each question, and knows the loop when a round changes nothing that counts.
 */
import { EFAULT, EINVAL, ENOMEM, EPROTO, ERANGE } from "../../include/errno.ts";
import { BTF_KIND_PTR } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { BPF_DW, BPF_REG_SIZE } from "../isa.ts";
import { KF_ITER_DESTROY, KF_ITER_NEW, KF_RCU_PROTECTED } from "../kfuncs/kfunc-flags.ts";
import type { VerifierEnv } from "./env.ts";
import type { KfuncMeta } from "./kfunc-call.ts";
import { isStruct } from "./kfunc-struct.ts";
import { checkMemAccess } from "./mem-access.ts";
import { markPtrNotNull } from "./null-check.ts";
import { pushStack } from "./paths.ts";
import { acquireReference, releaseReference } from "./references.ts";
import type { Reg, RegState } from "./reg-state.ts";
import { MEM_RCU, PTR_TO_STACK, PTR_UNTRUSTED } from "./reg-type.ts";
import { BPF_WRITE } from "./region-access.ts";
import { isInRcuSection } from "./sections.ts";
import {
  clearSlotObject,
  type IterObject,
  markSlotObject,
  markSlotObjRead,
  stackSlotObjGetSpi,
} from "./stack-object.ts";
import { STACK_ITER, slotOf } from "./states.ts";
import type { VerifierState } from "./verifier-state.ts";
import { findPrevEntry, widenImpreciseScalars } from "./widen.ts";

const STRUCT_PREFIX = "bpf_iter_";

/** The kind of iterator that the argument is, and how many slots it has. */
interface IterType {
  readonly name: string;
  readonly slots: number;
}

/** @linux kernel/bpf/btf.c `btf_check_iter_arg` (6.18) */
function iterTypeOf(meta: KfuncMeta, index: number): IterType | undefined {
  const ptr = btfVmlinux().skipModifiers(meta.kfunc.proto.params[index]!.type);
  if (ptr?.kind !== BTF_KIND_PTR) return undefined;
  const struct = btfVmlinux().skipModifiers(ptr.type);
  if (!isStruct(struct)) return undefined;
  const name = btfVmlinux().nameOf(struct);
  if (!name.startsWith(STRUCT_PREFIX)) return undefined;
  return { name: name.slice(STRUCT_PREFIX.length), slots: struct.size / BPF_REG_SIZE };
}

function iterGetSpi(env: VerifierEnv, reg: Reg, slots: number): number {
  return stackSlotObjGetSpi(env, reg, "iter", slots);
}

/** @linux kernel/bpf/verifier.c `process_iter_arg` (6.18) */
export function processIterArg(
  env: VerifierEnv,
  regno: number,
  insnIdx: number,
  meta: KfuncMeta,
): 0 | number {
  const index = regno - 1;
  const reg = env.frame.reg(regno);
  if (reg.type !== PTR_TO_STACK) {
    env.verbose(`arg#${index} expected pointer to an iterator on stack\n`);
    return -EINVAL;
  }
  const type = iterTypeOf(meta, index);
  if (type === undefined) {
    env.verbose(`expected valid iter pointer as arg #${index}\n`);
    return -EINVAL;
  }
  if (meta.has(KF_ITER_NEW)) return makeIter(env, regno, insnIdx, meta, type);
  const err = checkInitialised(env, reg, type);
  if (err === -EINVAL) {
    env.verbose(`expected an initialized iter_${type.name} as arg #${index}\n`);
  }
  if (err === -EPROTO) env.verbose(`expected an RCU CS when using ${meta.name}\n`);
  if (err !== 0) return err;
  const spi = iterGetSpi(env, reg, type.slots);
  if (spi < 0) return spi;
  markSlotObjRead(env, reg.frameno, spi, type.slots);
  meta.iter = { spi, frameno: reg.frameno };
  meta.refObjId = env.curState.frames[reg.frameno]!.slot(spi).spilled.refObjId;
  if (meta.has(KF_ITER_DESTROY)) unmarkIter(env, reg, spi, type);
  return 0;
}

function makeIter(
  env: VerifierEnv,
  regno: number,
  insnIdx: number,
  meta: KfuncMeta,
  type: IterType,
): 0 | number {
  const reg = env.frame.reg(regno);
  if (!isUninitialised(env, reg, type)) {
    env.verbose(`expected uninitialized iter_${type.name} as arg #${regno - 1}\n`);
    return -EINVAL;
  }
  for (let i = 0; i < type.slots * BPF_REG_SIZE; i += BPF_REG_SIZE) {
    const err = checkMemAccess(env, insnIdx, regno, i, BPF_DW, BPF_WRITE, -1, false, false);
    if (err !== 0) return err;
  }
  const spi = iterGetSpi(env, reg, type.slots);
  if (spi < 0) return spi;
  const refObjId = acquireReference(env, insnIdx);
  const frame = env.curState.frames[reg.frameno]!;
  let flags = 0;
  if (meta.has(KF_RCU_PROTECTED)) flags = isInRcuSection(env) ? MEM_RCU : PTR_UNTRUSTED;
  for (let i = 0; i < type.slots; i++) {
    const slot = markSlotObject(env, frame, spi - i, STACK_ITER);
    slot.type = PTR_TO_STACK | flags;
    slot.refObjId = i === 0 ? refObjId : 0;
    slot.object = { kind: "iter", name: type.name, state: "active", depth: 0 };
    env.markSlotScratched(spi - i);
  }
  return 0;
}

/** @linux kernel/bpf/verifier.c `unmark_stack_slots_iter` (6.18) */
function unmarkIter(env: VerifierEnv, reg: Reg, spi: number, { slots }: IterType): void {
  const frame = env.curState.frames[reg.frameno]!;
  releaseReference(env, frame.slot(spi).spilled.refObjId);
  for (let i = 0; i < slots; i++) {
    clearSlotObject(env, frame, spi - i);
    env.markSlotScratched(spi - i);
  }
}

/** @linux kernel/bpf/verifier.c `is_iter_reg_valid_uninit` (6.18) */
function isUninitialised(env: VerifierEnv, reg: Reg, { slots }: IterType): boolean {
  const spi = iterGetSpi(env, reg, slots);
  if (spi === -ERANGE) return true;
  if (spi < 0) return false;
  const frame = env.curState.frames[reg.frameno]!;
  for (let i = 0; i < slots; i++) {
    if (frame.slot(spi - i).types === slotOf(STACK_ITER)) return false;
  }
  return true;
}

/** @linux kernel/bpf/verifier.c `is_iter_reg_valid_init` (6.18) */
function checkInitialised(env: VerifierEnv, reg: Reg, { name, slots }: IterType): 0 | number {
  const spi = iterGetSpi(env, reg, slots);
  if (spi < 0) return -EINVAL;
  const frame = env.curState.frames[reg.frameno]!;
  for (let i = 0; i < slots; i++) {
    const { spilled, types } = frame.slot(spi - i);
    if ((spilled.type & PTR_UNTRUSTED) !== 0) return -EPROTO;
    // Only the main slot has the reference.
    if ((i === 0) !== (spilled.refObjId !== 0)) return -EINVAL;
    if (spilled.object?.kind !== "iter" || spilled.object.name !== name) return -EINVAL;
    if (types !== slotOf(STACK_ITER)) return -EINVAL;
  }
  return 0;
}

function ownIterSlot(state: VerifierState, { iter }: KfuncMeta): RegState {
  return state.frames[iter.frameno]!.ownSpilled(iter.spi);
}

/** Whether the iterator is followed under the protection of RCU. */
export function isIterRcu(env: VerifierEnv, { iter }: KfuncMeta): boolean {
  return (env.curState.frames[iter.frameno]!.slot(iter.spi).spilled.type & MEM_RCU) !== 0;
}

/**
 * Two ways lead on: with one more element, and with none left.
 *
 * @linux kernel/bpf/verifier.c `process_iter_next_call` (6.18)
 */
export function processIterNextCall(
  env: VerifierEnv,
  insnIdx: number,
  meta: KfuncMeta,
): 0 | number {
  const cur = env.curState;
  const slot = ownIterSlot(cur, meta);
  const iter = slot.object as IterObject;
  if (iter.state === "active") {
    const { parent } = cur;
    if (parent === null || parent.insnIdx !== insnIdx || !parent.hasSameCallsites(cur)) {
      env.verifierBug("bad parent state for iter next call");
      return -EFAULT;
    }
    const previous = findPrevEntry(env, parent, insnIdx);
    const queued = pushStack(env, insnIdx + 1, insnIdx);
    if (queued === null) return -ENOMEM;
    ownIterSlot(queued, meta).object = { ...iter, depth: iter.depth + 1 };
    if (previous !== null) widenImpreciseScalars(env, previous, queued);
    markPtrNotNull(queued.frame.own(0));
  }
  // The slot belongs to both states since the copy.
  ownIterSlot(cur, meta).object = { ...iter, state: "drained" };
  cur.frame.own(0).markConstZero(!env.bpfCapable);
  return 0;
}

/** Whether some iterator has given more elements in one of the states. @linux kernel/bpf/verifier.c `iter_active_depths_differ` (6.18) */
export function iterActiveDepthsDiffer(old: VerifierState, cur: VerifierState): boolean {
  return old.frames.some((frame, i) => {
    const other = cur.frames[i]!;
    for (let spi = 0; spi < frame.slots; spi++) {
      const slot = frame.slot(spi);
      if (slot.types !== slotOf(STACK_ITER)) continue;
      const a = slot.spilled.object;
      if (a?.kind !== "iter" || a.state !== "active") continue;
      const b = other.slot(spi).spilled.object;
      if (b?.kind === "iter" && a.depth !== b.depth) return true;
    }
    return false;
  });
}

/** Whether r1 points to an iterator that has not come to its end. */
export function isFirstArgActiveIter(state: VerifierState): boolean {
  const { off, varOff, frameno } = state.frame.reg(1);
  const spi = (-(off + varOff.value.lo) - 1) >> 3;
  const { object } = state.frames[frameno]!.slot(spi).spilled;
  return object?.kind === "iter" && object.state === "active";
}
