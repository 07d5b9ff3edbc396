import { PF_INSTR, PF_PROT, PF_SHSTK, PF_USER, PF_WRITE } from "../hw/mmu.ts";
import { ENOMEM } from "../include/errno.ts";
import { BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR } from "../include/uapi/siginfo.ts";
import { SIGBUS, SIGKILL, SIGSEGV } from "../include/uapi/signal.ts";
import { forceSigFault } from "../kernel/signal-send.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { handleMmFault } from "./fault.ts";
import { filemapGrab, waitForRead } from "./filemap.ts";
import type { Mm } from "./mm.ts";
import { memoryOf } from "./mm-init.ts";
import { pagefaultOutOfMemory } from "./oom-kill.ts";
import { expandStack } from "./stack-growth.ts";
import { isUserfaultSigbus, sleepInFault, waitForUserfault } from "./userfault.ts";
import {
  VM_FAULT_MAJOR,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGBUS,
  VM_FAULT_SIGSEGV,
} from "./vm-fault.ts";
import { VM_SHADOW_STACK, VM_WRITE, type Vma } from "./vma.ts";

/** The signal that an access which cannot be repaired leads to. */
interface FaultSignal {
  readonly signo: number;
  readonly code: number;
}

const MAPERR: FaultSignal = { signo: SIGSEGV, code: SEGV_MAPERR };
const ACCERR: FaultSignal = { signo: SIGSEGV, code: SEGV_ACCERR };
const ADRERR: FaultSignal = { signo: SIGBUS, code: BUS_ADRERR };
/** Memory has ended, and the task itself was chosen to die: the signal is on its way already. */
const KILLED: FaultSignal = { signo: SIGKILL, code: 0 };

/**
 * Repairs a page fault of user code at `address`, or answers the signal it leads to.
 *
 * @linux arch/x86/mm/fault.c `do_user_addr_fault`, mm/memory.c `handle_mm_fault` (6.18)
 */
export function handleUserFault(
  task: Task,
  address: number,
  errorCode: number,
): FaultSignal | undefined {
  const { kernel, mm } = task;
  const event = memoryOf(kernel).faultEvent;
  kernel.tracing.numbers(event, address, task.regs.ip, errorCode | PF_USER);
  if (mm === undefined || address < 0 || address >= mm.taskSize) return MAPERR;
  const fault = faultIn(mm, address, errorCode | PF_USER, task);
  // The signal that ends the task waits already: the access is simply not made again.
  return fault === KILLED ? undefined : fault;
}

/** The same for an access that the kernel makes for the process. */
export function faultInUser(mm: Mm, address: number, isWrite: boolean): FaultSignal | undefined {
  const { current } = mm.kernel;
  return faultIn(mm, address, isWrite ? PF_WRITE : 0, current?.mm === mm ? current : undefined);
}

function faultIn(
  mm: Mm,
  address: number,
  errorCode: number,
  task: Task | undefined,
  isTried = false,
): FaultSignal | undefined {
  let isMajor = isTried;
  for (;;) {
    const vma = findVmaOrGrow(mm, address);
    if (vma === undefined) return MAPERR;
    if (isAccessError(vma, errorCode)) return ACCERR;
    // A shadow stack is read-only to all but CALL and RET, and they need a page of its own.
    const isWrite = (errorCode & (PF_WRITE | PF_SHSTK)) !== 0;
    const result = handleMmFault(vma, address, isWrite);
    if ((result & VM_FAULT_RETRY) !== 0) {
      // Gone again, or somebody else's: the access is simply made once more.
      if (isTried) return undefined;
      const { mapping } = vma.file?.inode ?? {};
      if (mapping?.startRead === undefined) return waitForPage(vma, address, errorCode, task);
      if (task !== undefined && (errorCode & PF_USER) !== 0) {
        sleepInFault(task, readAndFault(task, vma, address, errorCode));
        return undefined;
      }
      // The kernel is in the middle of a copy: it waits as if the CPU did.
      filemapGrab(vma.file!.inode, vma.pgoffOf(address));
      isMajor = true;
      continue;
    }
    if (isMajor && result === 0) return account(mm, VM_FAULT_MAJOR, task);
    if ((result & VM_FAULT_OOM) === 0) return account(mm, result, task);
    // Once somebody's memory has come back, the access is made again.
    if (!pagefaultOutOfMemory(mm)) return KILLED;
  }
}

/** The rest of a fault whose page is on its way from a disk. @linux mm/filemap.c `filemap_fault` (6.18) */
function* readAndFault(task: Task, vma: Vma, address: number, errorCode: number): MaySleep<number> {
  const { mm } = task;
  const { mapping } = vma.file!.inode;
  const result = yield* waitForRead(task, mapping!, vma.pgoffOf(address));
  if (mm === undefined) return 0;
  if (result < 0) {
    if (result === -ENOMEM) pagefaultOutOfMemory(mm);
    return 0;
  }
  const fault = faultIn(mm, address, errorCode, task, true);
  if (fault !== undefined && fault !== KILLED) {
    forceSigFault(task, fault.signo, fault.code, address);
  }
  return 0;
}

/** The process brings the page itself; the kernel's own accesses do not wait for that. */
function waitForPage(
  vma: Vma,
  address: number,
  errorCode: number,
  task: Task | undefined,
): FaultSignal | undefined {
  if (isUserfaultSigbus(vma) || task === undefined) return ADRERR;
  if ((errorCode & PF_USER) === 0) return ADRERR;
  waitForUserfault(task, vma, address, (errorCode & PF_WRITE) !== 0);
  return undefined;
}

function account(mm: Mm, result: number, task: Task | undefined): FaultSignal | undefined {
  if ((result & VM_FAULT_SIGBUS) !== 0) return ADRERR;
  if ((result & VM_FAULT_SIGSEGV) !== 0) return MAPERR;
  mm.kernel.chargeCurrent(mm.kernel.costs.pageFaultNs);
  if (task !== undefined) {
    const isMajor = (result & VM_FAULT_MAJOR) !== 0;
    if (isMajor) task.majFlt++;
    else task.minFlt++;
    mm.kernel.perf?.faulted(task, isMajor);
  }
  return undefined;
}

/** @linux mm/mmap_lock.c `lock_mm_and_find_vma` */
function findVmaOrGrow(mm: Mm, address: number): Vma | undefined {
  const vma = mm.findVmaFrom(address);
  if (vma === undefined || vma.start <= address) return vma;
  return expandStack(vma, address) === 0 ? vma : undefined;
}

/** @linux arch/x86/mm/fault.c `access_error` */
function isAccessError(vma: Vma, errorCode: number): boolean {
  if ((errorCode & PF_SHSTK) !== 0) return (vma.flags & VM_SHADOW_STACK) === 0;
  if ((errorCode & PF_WRITE) !== 0) return (vma.flags & VM_WRITE) === 0;
  if ((errorCode & (PF_PROT | PF_INSTR)) === (PF_PROT | PF_INSTR)) return true;
  return !vma.isAccessible;
}
