import { PF_PROT } from "../../hw/mmu.ts";
import {
  BUS_ADRALN,
  FPE_INTDIV,
  ILL_ILLOPN,
  SEGV_CPERR,
  SI_KERNEL,
  TRAP_BRKPT,
  TRAP_HWBKPT,
  TRAP_TRACE,
} from "../../include/uapi/siginfo.ts";
import { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP } from "../../include/uapi/signal.ts";
import { printk } from "../../kernel/printk.ts";
import { forceSigFault } from "../../kernel/signal-send.ts";
import type { Task } from "../../kernel/task.ts";
import type { Exception } from "../../kernel/user-context.ts";
import { handleUserFault } from "../../mm/memory.ts";

/** @linux arch/x86/include/asm/page_64_types.h `TASK_SIZE_MAX` (6.18) */
const TASK_SIZE_MAX = 2 ** 47 - 4096;

const X86_TRAP_DE = 0;
const X86_TRAP_DB = 1;
const X86_TRAP_BP = 3;
const X86_TRAP_UD = 6;
const X86_TRAP_PF = 14;
const X86_TRAP_AC = 17;
const X86_TRAP_CP = 21;
/** What an error code of #CP says. */
const CP_ERRORS = ["unknown", "near ret", "far/iret", "endbranch", "rstorssp", "setssbsy"];
const KERN_EMERG = 0;

/**
 * An exception in user mode: a page fault is repaired if it can be, everything else is a signal.
 *
 * @linux arch/x86/kernel/traps.c, arch/x86/mm/fault.c (6.18)
 */
export function handleException(task: Task): void {
  const { trap } = task;
  task.trap = undefined;
  if (trap === undefined) return;
  task.lastTrap = sanitized(trap);
  task.regs.origAx = -1;
  const { ip } = task.regs;
  if (trap.vector === X86_TRAP_PF) {
    const fault = handleUserFault(task, trap.address, trap.errorCode);
    if (fault !== undefined) forceSigFault(task, fault.signo, fault.code, trap.address);
  } else if (trap.vector === X86_TRAP_DE) forceSigFault(task, SIGFPE, FPE_INTDIV, ip);
  else if (trap.vector === X86_TRAP_UD) forceSigFault(task, SIGILL, ILL_ILLOPN, ip);
  else if (trap.vector === X86_TRAP_BP) forceSigFault(task, SIGTRAP, SI_KERNEL, 0);
  else if (trap.vector === X86_TRAP_DB)
    forceSigFault(task, SIGTRAP, debugCode(trap.debugStatus ?? 0), ip);
  else if (trap.vector === X86_TRAP_AC) forceSigFault(task, SIGBUS, BUS_ADRALN, 0);
  else if (trap.vector === X86_TRAP_CP) doUserCpFault(task, trap.errorCode);
  // #GP and what else there is carry no address.
  else forceSigFault(task, SIGSEGV, SI_KERNEL, 0);
}

/**
 * A program is not to learn from the error code of a fault what the kernel has mapped in its own half.
 *
 * @linux arch/x86/mm/fault.c `sanitize_error_code` (6.18)
 */
function sanitized(trap: Exception): Exception {
  const isKernels = trap.vector === X86_TRAP_PF && trap.address >= TASK_SIZE_MAX;
  return isKernels ? { ...trap, errorCode: trap.errorCode | PF_PROT } : trap;
}

/** A return address that its shadow does not confirm. @linux arch/x86/kernel/cet.c `do_user_cp_fault` (6.18) */
function doUserCpFault(task: Task, errorCode: number): void {
  const { kernel, comm, pid, regs, user } = task;
  const [ip, sp, ssp] = [regs.ip, regs.sp, user.shadowStack?.() ?? 0].map((word) =>
    (word >>> 0).toString(16),
  );
  const why = `error:${errorCode.toString(16)}(${CP_ERRORS[errorCode] ?? CP_ERRORS[0]})`;
  printk(
    kernel,
    KERN_EMERG,
    `${comm}[${pid}] control protection ip:${ip} sp:${sp} ssp:${ssp} ${why}`,
  );
  forceSigFault(task, SIGSEGV, SEGV_CPERR, 0);
}

/** Why a debug exception came. @linux arch/x86/kernel/ptrace.c `get_si_code` (6.18) */
function debugCode(status: number): number {
  if ((status & DR_STEP) !== 0) return TRAP_TRACE;
  return (status & DR_TRAP_BITS) !== 0 ? TRAP_HWBKPT : TRAP_BRKPT;
}

const DR_STEP = 0x4000;
const DR_TRAP_BITS = 0xf;
