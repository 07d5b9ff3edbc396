/** What a program holds and must give back: sockets, reservations in a ring buffer. */
import { EINVAL } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { forgetRegs } from "./forget-regs.ts";
import { REF_TYPE_PTR, type VerifierState } from "./verifier-state.ts";

/** Notes that the instruction got something, and answers its id. @linux kernel/bpf/verifier.c `acquire_reference` (6.18) */
export function acquireReference(env: VerifierEnv, insnIdx: number): number {
  const id = env.newId();
  const { curState } = env;
  curState.refs = [...curState.refs, { type: REF_TYPE_PTR, id, insnIdx, ptr: null }];
  return id;
}

/** Gives it back, and makes every pointer to it worthless. @linux kernel/bpf/verifier.c `release_reference` (6.18) */
export function releaseReference(env: VerifierEnv, id: number): 0 | number {
  const err = releaseReferenceNomark(env.curState, id);
  if (err !== 0) return err;
  forgetRegs(env, (reg) => reg.refObjId === id);
  return 0;
}

/** Gives it back, and leaves pointers to it alone. @linux kernel/bpf/verifier.c `release_reference_nomark` (6.18) */
export function releaseReferenceNomark(state: VerifierState, id: number): 0 | number {
  const left = state.refs.filter((ref) => ref.type !== REF_TYPE_PTR || ref.id !== id);
  if (left.length === state.refs.length) return -EINVAL;
  state.refs = left;
  return 0;
}

/** @linux kernel/bpf/verifier.c `check_reference_leak` (6.18) */
function checkReferenceLeak(env: VerifierEnv, isExceptionExit: boolean): 0 | number {
  if (!isExceptionExit && env.curState.curframe > 0) return 0;
  const kept = env.curState.refs.filter(({ type }) => type === REF_TYPE_PTR);
  for (const { id, insnIdx } of kept) {
    env.verbose(`Unreleased reference id=${id} alloc_insn=${insnIdx}\n`);
  }
  return kept.length === 0 ? 0 : -EINVAL;
}

/**
 * Whether everything was given back where `prefix` does not allow to hold it.
 *
 * @linux kernel/bpf/verifier.c `check_resource_leak` (6.18)
 */
export function checkResourceLeak(
  env: VerifierEnv,
  isExceptionExit: boolean,
  checksLocks: boolean,
  prefix: string,
): 0 | number {
  const state = env.curState;
  if (checksLocks && state.activeLocks > 0) {
    env.verbose(`${prefix} cannot be used inside bpf_spin_lock-ed region\n`);
    return -EINVAL;
  }
  const err = checkReferenceLeak(env, isExceptionExit);
  if (err !== 0) {
    env.verbose(`${prefix} would lead to reference leak\n`);
    return err;
  }
  if (!checksLocks) return 0;
  if (state.activeIrqId !== 0) {
    env.verbose(`${prefix} cannot be used inside bpf_local_irq_save-ed region\n`);
    return -EINVAL;
  }
  if (state.activeRcuLock !== 0) {
    env.verbose(`${prefix} cannot be used inside bpf_rcu_read_lock-ed region\n`);
    return -EINVAL;
  }
  if (state.activePreemptLocks > 0) {
    env.verbose(`${prefix} cannot be used inside bpf_preempt_disable-ed region\n`);
    return -EINVAL;
  }
  return 0;
}
