/**
 * Locks that find out by themselves that they would never be given. Nobody else waits for one: a program runs to its end before
 * another one runs.
 *
 * @linux kernel/bpf/rqspinlock.c (6.18)
 */
import { EDEADLK, ETIMEDOUT } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { reportLockViolation } from "../violations.ts";

type Vm = BpfCpu<BpfKernel>;

/** Of so many locks a CPU knows that it holds them, and so long it waits for one, in ns. @linux include/asm-generic/rqspinlock.h (6.18) */
const RES_NR_HELD = 31;
const RES_DEF_TIMEOUT = 250_000_000;

/** @linux kernel/bpf/rqspinlock.c `bpf_res_spin_lock` (6.18) */
export function resSpinLock(vm: Vm): number {
  return lockOr(vm, "");
}

/** @linux kernel/bpf/rqspinlock.c `bpf_res_spin_lock_irqsave` (6.18) */
export function resSpinLockIrqsave(vm: Vm): number {
  return lockOr(vm, "_irqsave");
}

function lockOr({ r, machine, memory }: Vm, suffix: string): number {
  const lock = r[2]!;
  const { heldLocks } = machine;
  if (memory.view.getInt32(lock, true) !== 0) {
    // The last of those that are known is the one that is asked for, even when there is no place for it.
    const known = heldLocks.slice(0, RES_NR_HELD - 1);
    const err = known.includes(lock) ? -EDEADLK : -ETIMEDOUT;
    if (err === -ETIMEDOUT) machine.clock.advance(RES_DEF_TIMEOUT);
    const what = err === -ETIMEDOUT ? "Timeout" : "AA or ABBA deadlock";
    reportLockViolation(
      machine,
      { what, suffix, lock, total: heldLocks.length },
      heldLocks.slice(0, RES_NR_HELD),
    );
    return err;
  }
  memory.view.setInt32(lock, 1, true);
  heldLocks.push(lock);
  return 0;
}

/** @linux kernel/bpf/rqspinlock.c `bpf_res_spin_unlock` (6.18) */
export function resSpinUnlock({ r, machine, memory }: Vm): number {
  memory.view.setInt32(r[2]!, 0, true);
  const { heldLocks } = machine;
  heldLocks.splice(heldLocks.lastIndexOf(r[2]!), 1);
  return 0;
}
