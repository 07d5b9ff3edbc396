/** Parts of a program that no other task may interrupt in a certain way: under RCU, or with preemption or interrupts off. */
import { EACCES, EINVAL } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { isInRbtreeCallback } from "./graph.ts";
import type { Reg, RegState } from "./reg-state.ts";
import { MEM_RCU, PTR_MAYBE_NULL, PTR_UNTRUSTED } from "./reg-type.ts";
import { isSpilledReg, lowestByteType, STACK_ITER } from "./states.ts";

/** @linux kernel/bpf/verifier.c `in_rcu_cs` (6.18) */
export function isInRcuSection({ curState, inSleepable }: VerifierEnv): boolean {
  return curState.activeRcuLock !== 0 || curState.activeLocks > 0 || !inSleepable;
}

/**
 * What a call does to the sections that it stands in: it may open or close one, and must not sleep.
 *
 * @linux kernel/bpf/verifier.c `check_kfunc_call` (6.18)
 */
export function checkSections(
  env: VerifierEnv,
  name: string,
  isSleepable: boolean,
  isRcuProtected: boolean,
): 0 | number {
  const err = checkRcu(env, name, isSleepable) || checkPreemption(env, name, isSleepable);
  if (err !== 0) return err;
  if (env.curState.activeIrqId !== 0 && isSleepable) {
    env.verbose(`kernel func ${name} is sleepable within IRQ-disabled region\n`);
    return -EACCES;
  }
  if (isRcuProtected && !isInRcuSection(env)) {
    env.verbose(`kernel func ${name} requires RCU critical section protection\n`);
    return -EACCES;
  }
  return 0;
}

function checkRcu(env: VerifierEnv, name: string, isSleepable: boolean): 0 | number {
  const state = env.curState;
  const isLock = name === "bpf_rcu_read_lock";
  const isUnlock = name === "bpf_rcu_read_unlock";
  if (state.activeRcuLock !== 0 && (isLock || isUnlock) && isInRbtreeCallback(env)) {
    env.verbose("Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback\n");
    return -EACCES;
  }
  if (state.activeRcuLock === 0) {
    if (isLock) state.activeRcuLock = 1;
    if (!isUnlock) return 0;
    env.verbose(`unmatched rcu read unlock (kernel function ${name})\n`);
    return -EINVAL;
  }
  if (isLock) {
    env.verbose(`nested rcu read lock (kernel function ${name})\n`);
    return -EINVAL;
  }
  if (isUnlock) {
    distrustRcuRegs(env);
    state.activeRcuLock = 0;
  } else if (isSleepable) {
    env.verbose(`kernel func ${name} is sleepable within rcu_read_lock region\n`);
    return -EACCES;
  }
  return 0;
}

/** Behind the section, what it protected may be gone. */
function distrustRcuRegs(env: VerifierEnv): void {
  const isMeant = ({ type }: Reg) => (type & MEM_RCU) !== 0;
  const distrust = (reg: RegState) => {
    reg.type = (reg.type & ~(MEM_RCU | PTR_MAYBE_NULL)) | PTR_UNTRUSTED;
  };
  for (const frame of env.curState.frames) {
    for (let i = 0; i <= 10; i++) if (isMeant(frame.reg(i))) distrust(frame.own(i));
    for (let spi = 0; spi < frame.slots; spi++) {
      const slot = frame.slot(spi);
      const isHeld = isSpilledReg(slot) || lowestByteType(slot) === STACK_ITER;
      if (isHeld && isMeant(slot.spilled)) distrust(frame.ownSpilled(spi));
    }
  }
}

function checkPreemption(env: VerifierEnv, name: string, isSleepable: boolean): 0 | number {
  const state = env.curState;
  if (name === "bpf_preempt_disable") {
    state.activePreemptLocks++;
  } else if (name === "bpf_preempt_enable") {
    if (state.activePreemptLocks === 0) {
      env.verbose(`unmatched attempt to enable preemption (kernel function ${name})\n`);
      return -EINVAL;
    }
    state.activePreemptLocks--;
  } else if (state.activePreemptLocks > 0 && isSleepable) {
    env.verbose(`kernel func ${name} is sleepable within non-preemptible region\n`);
    return -EACCES;
  }
  return 0;
}

/** The same for a helper. @linux kernel/bpf/verifier.c `check_helper_call` (6.18) */
export function checkHelperSections(
  env: VerifierEnv,
  helper: string,
  mightSleep: boolean,
): 0 | number {
  const { activeRcuLock, activePreemptLocks, activeIrqId } = env.curState;
  if (activeRcuLock !== 0 || activePreemptLocks > 0 || activeIrqId !== 0) {
    // Storage that is asked for here is made without waiting.
    if (env.inSleepable) env.aux[env.insnIdx]!.isStorageGetAtomic = true;
  }
  if (!mightSleep) return 0;
  let region = "";
  if (activeRcuLock !== 0) region = "rcu_read_lock region";
  else if (activePreemptLocks > 0) region = "non-preemptible region";
  else if (activeIrqId !== 0) region = "IRQ-disabled region";
  if (region === "") return 0;
  env.verbose(`sleepable helper ${helper} in ${region}\n`);
  return -EINVAL;
}
