/** Locks in values of maps, and in objects that programs allocate. */
import { EINVAL } from "../../include/errno.ts";
import { BPF_RES_SPIN_LOCK, BPF_SPIN_LOCK } from "../btf/field-types.ts";
import { regBtfRecord } from "./btf-record.ts";
import type { VerifierEnv } from "./env.ts";
import { forgetRegs } from "./forget-regs.ts";
import type { Reg } from "./reg-state.ts";
import { NON_OWN_REF, PTR_TO_MAP_VALUE } from "./reg-type.ts";
import { tnumIsConst } from "./tnum.ts";
import {
  REF_TYPE_LOCK,
  REF_TYPE_RES_LOCK,
  REF_TYPE_RES_LOCK_IRQ,
  type VerifierState,
} from "./verifier-state.ts";

/** What is to be done with which kind of lock. */
export interface LockOperation {
  readonly isLock: boolean;
  /** A lock that answers when it cannot be had. */
  readonly isRes: boolean;
  /** With interrupts off. */
  readonly isIrq: boolean;
}

export const SPIN_LOCK: LockOperation = { isLock: true, isRes: false, isIrq: false };
export const SPIN_UNLOCK: LockOperation = { isLock: false, isRes: false, isIrq: false };

/** Whether the register points to a lock, and whether that may be taken or given back. @linux kernel/bpf/verifier.c `process_spin_lock` (6.18) */
export function processSpinLock(
  env: VerifierEnv,
  regno: number,
  operation: LockOperation,
): 0 | number {
  const reg = env.frame.reg(regno);
  const name = operation.isRes ? "bpf_res_spin" : "bpf_spin";
  const problem = pointerProblem(reg, regno, name, operation.isRes);
  if (problem !== "") return refuse(env, problem);
  return operation.isLock ? lock(env, reg, operation) : unlock(env, reg, name, operation);
}

function refuse(env: VerifierEnv, message: string): number {
  env.verbose(`${message}\n`);
  return -EINVAL;
}

function pointerProblem(reg: Reg, regno: number, name: string, isRes: boolean): string {
  if (!tnumIsConst(reg.varOff)) {
    return `R${regno} doesn't have constant offset. ${name}_lock has to be at the constant offset`;
  }
  const map = reg.type === PTR_TO_MAP_VALUE ? reg.map : null;
  if (map?.hasBtf === false)
    return `map '${map.name}' has to have BTF in order to use ${name}_lock`;
  const lockOff = regBtfRecord(reg)?.offsetOf(isRes ? BPF_RES_SPIN_LOCK : BPF_SPIN_LOCK);
  if (lockOff === undefined) {
    const owner = map === null ? "local 'kptr'" : `map '${map.name}'`;
    return `${owner} has no valid ${name}_lock`;
  }
  const off = reg.varOff.value.lo + reg.off;
  return off === lockOff
    ? ""
    : `off ${off} doesn't point to 'struct ${name}_lock' that is at ${lockOff}`;
}

/** What a lock lies in: a map, or the types of an object. */
export function lockPtrOf({ type, map, btf }: Reg): object | null {
  return type === PTR_TO_MAP_VALUE ? map : btf;
}

function refTypeOf({ isRes, isIrq }: LockOperation): number {
  if (!isRes) return REF_TYPE_LOCK;
  return isIrq ? REF_TYPE_RES_LOCK_IRQ : REF_TYPE_RES_LOCK;
}

function lock(env: VerifierEnv, reg: Reg, operation: LockOperation): 0 | number {
  const { curState: state } = env;
  const { id } = reg;
  const ptr = lockPtrOf(reg);
  if (!operation.isRes && holdsAnyLock(state)) {
    return refuse(env, "Locking two bpf_spin_locks are not allowed");
  }
  const res = REF_TYPE_RES_LOCK | REF_TYPE_RES_LOCK_IRQ;
  if (operation.isRes && findLock(state, res, id, ptr) >= 0) {
    return refuse(env, "Acquiring the same lock again, AA deadlock detected");
  }
  const type = refTypeOf(operation);
  state.refs = [...state.refs, { type, id, insnIdx: env.insnIdx, ptr }];
  state.activeLocks++;
  state.activeLockId = id;
  state.activeLockPtr = ptr;
  return 0;
}

function holdsAnyLock(state: VerifierState): boolean {
  return state.activeLocks > 0 && state.refs.some(({ type }) => type === REF_TYPE_LOCK);
}

/** Its index among what is held, or -1. @linux kernel/bpf/verifier.c `find_lock_state` (6.18) */
export function findLock(
  state: VerifierState,
  types: number,
  id: number,
  ptr: object | null,
): number {
  return state.refs.findIndex(
    (ref) => (ref.type & types) !== 0 && ref.id === id && ref.ptr === ptr,
  );
}

function unlock(env: VerifierEnv, reg: Reg, name: string, operation: LockOperation): 0 | number {
  const { curState: state } = env;
  const { id } = reg;
  const ptr = lockPtrOf(reg);
  if (state.activeLocks === 0) return refuse(env, `${name}_unlock without taking a lock`);
  const held = findLock(state, refTypeOf(operation), id, ptr);
  if (held < 0) return refuse(env, `${name}_unlock of different lock`);
  if (id !== state.activeLockId || ptr !== state.activeLockPtr) {
    return refuse(env, `${name}_unlock cannot be out of order`);
  }
  release(state, held);
  invalidateNonOwningRefs(env);
  return 0;
}

/** The lock that was taken before it is the one that may be given back next. @linux kernel/bpf/verifier.c `release_lock_state` (6.18) */
function release(state: VerifierState, held: number): void {
  state.refs = state.refs.toSpliced(held, 1);
  state.activeLocks--;
  const before = state.refs.findLast(({ type }) => (type & REF_TYPE_LOCK_MASK) !== 0);
  state.activeLockId = before?.id ?? 0;
  state.activeLockPtr = before?.ptr ?? null;
}

export const REF_TYPE_LOCK_MASK = REF_TYPE_LOCK | REF_TYPE_RES_LOCK | REF_TYPE_RES_LOCK_IRQ;

/** What only the lock kept in its place. @linux kernel/bpf/verifier.c `invalidate_non_owning_refs` (6.18) */
function invalidateNonOwningRefs(env: VerifierEnv): void {
  forgetRegs(env, ({ type }) => (type & NON_OWN_REF) !== 0);
}
