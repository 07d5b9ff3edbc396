/**
 * Lists and red-black trees of objects that a program allocates. An owning pointer becomes one that
 * does not own when its object goes into a list or a tree; such a pointer is good as long as the
 * lock is held.
 */
import { EFAULT, EINVAL } from "../../include/errno.ts";
import {
  BPF_LIST_HEAD,
  BPF_LIST_NODE,
  BPF_RB_NODE,
  type BPF_RB_ROOT,
  BPF_REFCOUNT,
  BPF_SPIN_LOCK,
  fieldTypeName,
} from "../btf/field-types.ts";
import type { GraphRoot } from "../btf/record.ts";
import { regBtfRecord } from "./btf-record.ts";
import type { VerifierEnv } from "./env.ts";
import type { KfuncMeta } from "./kfunc-call.ts";
import { isRbtreeKfunc } from "./kfunc-call.ts";
import type { Reg, RegState } from "./reg-state.ts";
import { MEM_ALLOC, MEM_RCU, NON_OWN_REF, PTR_TO_BTF_ID } from "./reg-type.ts";
import { findLock, lockPtrOf, REF_TYPE_LOCK_MASK } from "./spin-lock.ts";
import type { FuncState } from "./states.ts";
import { isSpilledReg } from "./states.ts";
import { tnumIsConst } from "./tnum.ts";

/** A lock that is not there has this offset. */
const NO_OFFSET = -EINVAL;

/** @linux kernel/bpf/verifier.c `check_reg_allocation_locked` (6.18) */
function isAllocationLocked(env: VerifierEnv, reg: Reg): boolean {
  const state = env.curState;
  if (state.activeLocks === 0) return false;
  if (findLock(state, REF_TYPE_LOCK_MASK, reg.id, lockPtrOf(reg)) >= 0) return true;
  env.verbose("held lock and object are not in the same allocation\n");
  return false;
}

function fixedOffset(env: VerifierEnv, reg: Reg, regno: number, name: string): number | undefined {
  if (tnumIsConst(reg.varOff)) return (reg.off + reg.varOff.value.lo) | 0;
  env.verbose(`R${regno} doesn't have constant offset. ${name} has to be at the constant offset\n`);
  return undefined;
}

/** @linux kernel/bpf/verifier.c `__process_kf_arg_ptr_to_graph_root` (6.18) */
export function processGraphRoot(
  env: VerifierEnv,
  regno: number,
  meta: KfuncMeta,
  type: typeof BPF_LIST_HEAD | typeof BPF_RB_ROOT,
): 0 | number {
  const reg = env.frame.reg(regno);
  const name = fieldTypeName(type);
  const off = fixedOffset(env, reg, regno, name);
  if (off === undefined) return -EINVAL;
  const record = regBtfRecord(reg);
  const field = record?.find(off, type);
  if (field === undefined) {
    env.verbose(`${name} not found at offset=${off >>> 0}\n`);
    return -EINVAL;
  }
  if (!isAllocationLocked(env, reg)) {
    const lockOff = record!.offsetOf(BPF_SPIN_LOCK) ?? NO_OFFSET;
    env.verbose(`bpf_spin_lock at off=${lockOff} must be held for ${name}\n`);
    return -EINVAL;
  }
  meta.graphRoot = field.root!;
  return 0;
}

/** @linux kernel/bpf/verifier.c `__process_kf_arg_ptr_to_graph_node` (6.18) */
export function processGraphNode(
  env: VerifierEnv,
  regno: number,
  meta: KfuncMeta,
  rootType: typeof BPF_LIST_HEAD | typeof BPF_RB_ROOT,
): 0 | number {
  const reg = env.frame.reg(regno);
  const type = rootType === BPF_LIST_HEAD ? BPF_LIST_NODE : BPF_RB_NODE;
  const name = fieldTypeName(type);
  const off = fixedOffset(env, reg, regno, name);
  if (off === undefined) return -EINVAL;
  if (regBtfRecord(reg)?.find(off, type) === undefined) {
    env.verbose(`${name} not found at offset=${off >>> 0}\n`);
    return -EINVAL;
  }
  const root = meta.graphRoot!;
  const struct = root.btf.nameOf(root.btf.typeById(root.valueTypeId)!);
  if (reg.btf !== root.btf || reg.btfId !== root.valueTypeId) {
    env.verbose(
      `operation on ${fieldTypeName(rootType)} expects arg#1 ${name} at offset=${root.nodeOffset} ` +
        `in struct ${struct}, but arg is at offset=${off} in struct ${reg.btfType}\n`,
    );
    return -EINVAL;
  }
  meta.argBtf = reg.btf;
  meta.argBtfId = reg.btfId;
  if (off === root.nodeOffset) return 0;
  env.verbose(
    `arg#1 offset=${off}, but expected ${name} at offset=${root.nodeOffset} in struct ${struct}\n`,
  );
  return -EINVAL;
}

/** A pointer to the node in an object. @linux kernel/bpf/verifier.c `mark_reg_graph_node` (6.18) */
export function markRegGraphNode(reg: RegState, root: GraphRoot): void {
  reg.markKnownZero();
  reg.type = PTR_TO_BTF_ID | MEM_ALLOC;
  reg.btf = root.btf;
  reg.btfId = root.valueTypeId;
  reg.btfType = root.btf.nameOf(root.btf.typeById(root.valueTypeId)!);
  reg.off = root.nodeOffset;
}

/** @linux kernel/bpf/verifier.c `ref_set_non_owning` (6.18) */
export function refSetNonOwning(env: VerifierEnv, reg: RegState): 0 | number {
  if (env.curState.activeLocks === 0) {
    env.verifierBug("ref_set_non_owning w/o active lock");
    return -EFAULT;
  }
  if ((reg.type & NON_OWN_REF) !== 0) {
    env.verifierBug("NON_OWN_REF already set");
    return -EFAULT;
  }
  reg.type |= NON_OWN_REF;
  if (regBtfRecord(reg)?.has(BPF_REFCOUNT) === true) reg.type |= MEM_RCU;
  return 0;
}

/** The list or tree owns the object now. @linux kernel/bpf/verifier.c `ref_convert_owning_non_owning` (6.18) */
export function refConvertOwningNonOwning(env: VerifierEnv, refObjId: number): void {
  const isMeant = (reg: Reg) => reg.refObjId === refObjId;
  const convert = (reg: RegState) => {
    reg.refObjId = 0;
    refSetNonOwning(env, reg);
  };
  for (const frame of env.curState.frames) {
    for (let i = 0; i <= 10; i++) if (isMeant(frame.reg(i))) convert(frame.own(i));
    for (let spi = 0; spi < frame.slots; spi++) {
      const slot = frame.slot(spi);
      if (isSpilledReg(slot) && isMeant(slot.spilled)) convert(frame.ownSpilled(spi));
    }
  }
}

/** Two nodes are compared, which the tree owns. @linux kernel/bpf/verifier.c `set_rbtree_add_callback_state` (6.18) */
export function setRbtreeAddState(
  env: VerifierEnv,
  callee: FuncState,
  root: GraphRoot,
): 0 | number {
  for (const regno of [1, 2]) {
    const reg = callee.own(regno);
    markRegGraphNode(reg, root);
    const err = refSetNonOwning(env, reg);
    if (err !== 0) return err;
  }
  callee.inCallbackFn = true;
  callee.callbackRetRange = { min: 0, max: 1 };
  return 0;
}

/** Whether the path is in the function that compares nodes of a tree. @linux kernel/bpf/verifier.c `in_rbtree_lock_required_cb` (6.18) */
export function isInRbtreeCallback(env: VerifierEnv): boolean {
  const { frame, curframe } = env.curState;
  if (curframe === 0 || !frame.inCallbackFn) return false;
  return isRbtreeKfunc(env.insns[frame.callsite]!);
}
