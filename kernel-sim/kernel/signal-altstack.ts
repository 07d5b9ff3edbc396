import { EFAULT, EINVAL, ENOMEM, EPERM } from "../include/errno.ts";
import { MINSIGSTKSZ, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from "../include/uapi/signal.ts";
import { copyToUser, getUint64, setInt64, structFromUser } from "../mm/uaccess.ts";
import type { Task } from "./task.ts";

/** `stack_t`. */
export interface SigaltStack {
  readonly sp: number;
  readonly flags: number;
  readonly size: number;
}

/** Whether `sp` lies on the alternate stack, whatever its flags. @linux include/linux/sched/signal.h `__on_sig_stack` (6.18) */
export function isWithinAltStack(task: Task, sp: number): boolean {
  const { altStack } = task;
  return sp > altStack.sp && sp - altStack.sp <= altStack.size;
}

/** Whether the task works on its alternate stack. One that disarms itself is never in use. @linux `on_sig_stack` */
export function isOnAltStack(task: Task, sp: number): boolean {
  return (task.altStack.flags & SS_AUTODISARM) === 0 && isWithinAltStack(task, sp);
}

/** @linux kernel/signal.c `do_sigaltstack` (6.18) */
export function doSigaltstack(task: Task, wanted: SigaltStack, sp: number): number {
  if (isOnAltStack(task, sp)) return -EPERM;
  const mode = wanted.flags & ~SS_AUTODISARM;
  if (mode !== SS_DISABLE && mode !== SS_ONSTACK && mode !== 0) return -EINVAL;
  const { altStack } = task;
  const isSame =
    altStack.sp === wanted.sp && altStack.size === wanted.size && altStack.flags === wanted.flags;
  if (isSame) return 0;
  if (mode === SS_DISABLE) {
    task.altStack = { sp: 0, size: 0, flags: wanted.flags };
    return 0;
  }
  if (wanted.size < MINSIGSTKSZ) return -ENOMEM;
  task.altStack = { sp: wanted.sp, size: wanted.size, flags: wanted.flags };
  return 0;
}

/** `ss_flags` as sigaltstack(2) tells them: none, in use or not, and whether it disarms itself. @linux `sas_ss_flags` */
export function altStackState(task: Task): number {
  const { altStack, regs } = task;
  const state = altStack.size === 0 ? SS_DISABLE : isOnAltStack(task, regs.sp) ? SS_ONSTACK : 0;
  return state | (altStack.flags & SS_AUTODISARM);
}

/** @linux kernel/signal.c `SYSCALL_DEFINE2(sigaltstack)` (6.18) */
export function sysSigaltstack(task: Task, uss: number, uoss: number): number {
  const { altStack } = task;
  const { sp } = task.regs;
  let wanted: SigaltStack | undefined;
  if (uss !== 0) {
    const view = structFromUser(task, uss, 24);
    if (typeof view === "number") return -EFAULT;
    wanted = {
      sp: getUint64(view, 0),
      flags: view.getInt32(8, true),
      size: getUint64(view, 16),
    };
  }
  const old = new Uint8Array(24);
  const view = new DataView(old.buffer);
  setInt64(view, 0, altStack.sp);
  view.setInt32(8, altStackState(task), true);
  setInt64(view, 16, altStack.size);
  if (wanted !== undefined) {
    const result = doSigaltstack(task, wanted, sp);
    if (result !== 0) return result;
  }
  return uoss === 0 ? 0 : copyToUser(task, uoss, old);
}
