import { SEGV_MAPERR } from "../include/uapi/siginfo.ts";
import { SIGSEGV } from "../include/uapi/signal.ts";
import type { Task } from "../kernel/task.ts";

/** The signal that an access which cannot be repaired leads to. */
export interface FaultSignal {
  readonly signo: number;
  readonly code: number;
}

/**
 * Repairs a page fault of user code at `address`, or answers the signal it leads to.
 *
 * @linux arch/x86/mm/fault.c `do_user_addr_fault`, mm/memory.c `handle_mm_fault` (6.18)
 */
export function handleUserFault(
  task: Task,
  address: number,
  _errorCode: number,
): FaultSignal | undefined {
  return task.mm?.findVma(address) === undefined
    ? { signo: SIGSEGV, code: SEGV_MAPERR }
    : undefined;
}
