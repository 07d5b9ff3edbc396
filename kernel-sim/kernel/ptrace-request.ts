import { peekUser, pokeUser, setUserRegs, USER_REGS_SIZE, userRegs } from "../arch/x86/ptrace.ts";
import { setUserRegs32, USER_REGS32_SIZE, userRegs32 } from "../arch/x86/ptrace-32.ts";
import { EFAULT, EINVAL, EIO } from "../include/errno.ts";
import {
  PT_OPT_FLAG_SHIFT,
  PT_SEIZED,
  PTRACE_EVENT_SECCOMP,
  PTRACE_EVENT_STOP,
  PTRACE_EVENTMSG_SYSCALL_ENTRY,
  PTRACE_EVENTMSG_SYSCALL_EXIT,
  PTRACE_GET_SYSCALL_INFO,
  PTRACE_GETEVENTMSG,
  PTRACE_GETREGS,
  PTRACE_GETREGSET,
  PTRACE_GETSIGINFO,
  PTRACE_GETSIGMASK,
  PTRACE_INTERRUPT,
  PTRACE_LISTEN,
  PTRACE_O_MASK,
  PTRACE_OLDSETOPTIONS,
  PTRACE_PEEKDATA,
  PTRACE_PEEKSIGINFO,
  PTRACE_PEEKTEXT,
  PTRACE_PEEKUSR,
  PTRACE_POKEDATA,
  PTRACE_POKETEXT,
  PTRACE_POKEUSR,
  PTRACE_SETOPTIONS,
  PTRACE_SETREGS,
  PTRACE_SETREGSET,
  PTRACE_SETSIGINFO,
  PTRACE_SETSIGMASK,
} from "../include/uapi/ptrace.ts";
import { SIGTRAP } from "../include/uapi/signal.ts";
import { writeForced } from "../mm/access-vm.ts";
import {
  copyFromUser,
  copyToUser,
  getUint64,
  putUser64,
  setInt64,
  structFromUser,
} from "../mm/uaccess.ts";
import { isCompat } from "./entry/invoke.ts";
import {
  JOBCTL_LISTENING,
  JOBCTL_TRAP_NOTIFY,
  JOBCTL_TRAP_STOP,
  setJobctlPending,
} from "./jobctl.ts";
import { checkPtraceOptions } from "./ptrace-attach.ts";
import { copySiginfoFromUser, copySiginfoToUser, siginfoBytes } from "./siginfo.ts";
import { recalcSigpending } from "./signal-dequeue.ts";
import { ptraceSignalWakeUp } from "./signal-send.ts";
import { SIG_KERNEL_ONLY_MASK } from "./signal-set.ts";
import type { Task } from "./task.ts";

const NT_PRSTATUS = 1;
const SIGSET_SIZE = 8;
const PTRACE_PEEKSIGINFO_SHARED = 1;
const AUDIT_ARCH_X86_64 = 0xc000003e;
const AUDIT_ARCH_I386 = 0x40000003;
const SYSCALL_INFO_NONE = 0;
const SYSCALL_INFO_ENTRY = 1;
const SYSCALL_INFO_EXIT = 2;
const SYSCALL_INFO_SECCOMP = 3;

/**
 * What a tracer asks of a stopped child.
 *
 * @linux kernel/ptrace.c `ptrace_request`, arch/x86/kernel/ptrace.c `arch_ptrace` (6.18)
 * @simplified of register sets NT_PRSTATUS; no floating point registers.
 */
export function ptraceRequest(
  task: Task,
  child: Task,
  request: number,
  addr: number,
  data: number,
): number {
  switch (request) {
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
      return peekData(task, child, addr, data);
    case PTRACE_POKETEXT:
    case PTRACE_POKEDATA:
      return pokeData(child, addr, data);
    case PTRACE_PEEKUSR: {
      const word = peekUser(child, addr);
      return typeof word === "number" ? word : copyToUser(task, data, word);
    }
    case PTRACE_POKEUSR:
      return pokeUser(child, addr, data);
    case PTRACE_GETREGS:
      return copyToUser(task, data, userRegs(child));
    case PTRACE_SETREGS: {
      const bytes = copyFromUser(task, data, USER_REGS_SIZE);
      return typeof bytes === "number" ? bytes : setUserRegs(child, bytes);
    }
    case PTRACE_GETREGSET:
    case PTRACE_SETREGSET:
      return regset(task, child, addr, data, request === PTRACE_SETREGSET);
    case PTRACE_OLDSETOPTIONS:
    case PTRACE_SETOPTIONS:
      return setOptions(task, child, data);
    case PTRACE_GETEVENTMSG:
      return putUser64(task, data, child.ptraceMessage);
    case PTRACE_GETSIGINFO:
      if (child.lastSiginfo === undefined) return -EINVAL;
      return copySiginfoToUser(task, data, child.lastSiginfo);
    case PTRACE_SETSIGINFO:
      return setSiginfo(task, child, data);
    case PTRACE_PEEKSIGINFO:
      return peekSiginfo(task, child, addr, data);
    case PTRACE_GETSIGMASK:
    case PTRACE_SETSIGMASK:
      return sigmaskRequest(task, child, addr, data, request === PTRACE_SETSIGMASK);
    case PTRACE_INTERRUPT:
      return interrupt(child);
    case PTRACE_LISTEN:
      return listen(child);
    case PTRACE_GET_SYSCALL_INFO:
      return getSyscallInfo(task, child, addr, data);
    default:
      return -EIO;
  }
}

/** The general registers as one kind of program has them. @linux include/linux/regset.h `struct user_regset` (6.18) */
interface Regset {
  readonly bytes: number;
  readonly wordBytes: 4 | 8;
  get(child: Task): Uint8Array;
  set(child: Task, bytes: Uint8Array): number;
}

const REGS_64: Regset = { bytes: USER_REGS_SIZE, wordBytes: 8, get: userRegs, set: setUserRegs };
const REGS_32: Regset = {
  bytes: USER_REGS32_SIZE,
  wordBytes: 4,
  get: userRegs32,
  set: setUserRegs32,
};

/** A word of the child's memory. @linux kernel/ptrace.c `generic_ptrace_peekdata` (6.18) */
function peekData(task: Task, child: Task, addr: number, data: number): number {
  const word = new Uint8Array(8);
  if ((child.mm?.copyFromUser(addr, word) ?? 0) < 8) return -EIO;
  return copyToUser(task, data, word);
}

/**
 * Writes a word, also where the child itself may not write: private pages are copied first.
 *
 * @linux kernel/ptrace.c `generic_ptrace_pokedata`, mm/gup.c (FOLL_FORCE) (6.18)
 */
function pokeData(child: Task, addr: number, data: number): number {
  const word = new Uint8Array(8);
  setInt64(new DataView(word.buffer), 0, data);
  const { mm } = child;
  if (mm === undefined) return -EIO;
  return writeForced(mm, addr, word) < word.length ? -EIO : 0;
}

/** @linux kernel/ptrace.c `ptrace_regset` (6.18) */
function regset(task: Task, child: Task, type: number, iovAddr: number, isSet: boolean): number {
  const iov = structFromUser(task, iovAddr, 16);
  if (typeof iov === "number") return -EFAULT;
  const base = getUint64(iov, 0);
  const length = getUint64(iov, 8);
  // How the registers lie is a matter of the child, whoever looks.
  const view = isCompat(child) ? REGS_32 : REGS_64;
  if (type !== NT_PRSTATUS || length % view.wordBytes !== 0) return -EINVAL;
  const size = Math.min(length, view.bytes);
  let result: number;
  if (isSet) {
    const bytes = copyFromUser(task, base, size);
    result = typeof bytes === "number" ? bytes : view.set(child, bytes);
  } else result = copyToUser(task, base, view.get(child).subarray(0, size));
  return result !== 0 ? result : putUser64(task, iovAddr + 8, size);
}

/** @linux kernel/ptrace.c `ptrace_setoptions` (6.18) */
function setOptions(task: Task, child: Task, options: number): number {
  const refused = checkPtraceOptions(task, options);
  if (refused !== 0) return refused;
  child.ptrace =
    (child.ptrace & ~(PTRACE_O_MASK << PT_OPT_FLAG_SHIFT)) | (options << PT_OPT_FLAG_SHIFT);
  return 0;
}

function setSiginfo(task: Task, child: Task, addr: number): number {
  const info = copySiginfoFromUser(task, addr);
  if (typeof info === "number") return info;
  if (child.lastSiginfo === undefined) return -EINVAL;
  child.lastSiginfo = info;
  return 0;
}

/** @linux kernel/ptrace.c `ptrace_peek_siginfo` (6.18) */
function peekSiginfo(task: Task, child: Task, argAddr: number, data: number): number {
  const arg = structFromUser(task, argAddr, 16);
  if (typeof arg === "number") return -EFAULT;
  const from = getUint64(arg, 0);
  const flags = arg.getUint32(8, true);
  const count = arg.getInt32(12, true);
  if ((flags & ~PTRACE_PEEKSIGINFO_SHARED) !== 0 || count < 0) return -EINVAL;
  const isShared = (flags & PTRACE_PEEKSIGINFO_SHARED) !== 0;
  const { queue } = isShared ? child.signal.sharedPending : child.pending;
  let copied = 0;
  for (const { info } of queue.slice(from, from + count)) {
    const result = copyToUser(task, data + copied * 128, siginfoBytes(info));
    if (result !== 0) return copied > 0 ? copied : result;
    copied++;
  }
  return copied;
}

function sigmaskRequest(
  task: Task,
  child: Task,
  size: number,
  data: number,
  isSet: boolean,
): number {
  if (size !== SIGSET_SIZE) return -EINVAL;
  if (!isSet) {
    const bytes = new Uint8Array(SIGSET_SIZE);
    const mask = child.savedSigmask ?? child.blocked;
    new DataView(bytes.buffer).setBigUint64(0, mask, true);
    return copyToUser(task, data, bytes);
  }
  const view = structFromUser(task, data, SIGSET_SIZE);
  if (typeof view === "number") return -EFAULT;
  child.blocked = view.getBigUint64(0, true) & ~SIG_KERNEL_ONLY_MASK;
  child.savedSigmask = undefined;
  recalcSigpending(child);
  // It still has to finish the stop it is in.
  if (child.ptraceStopped !== undefined) child.sigpending = true;
  return 0;
}

/** Stops a seized child without a signal. @linux kernel/ptrace.c `PTRACE_INTERRUPT` (6.18) */
function interrupt(child: Task): number {
  if ((child.ptrace & PT_SEIZED) === 0) return -EIO;
  if (setJobctlPending(child, JOBCTL_TRAP_STOP)) {
    ptraceSignalWakeUp(child, (child.jobctl & JOBCTL_LISTENING) !== 0);
  }
  return 0;
}

/** Stays stopped, but as others see it only as long as its group is. @linux kernel/ptrace.c `PTRACE_LISTEN` (6.18) */
function listen(child: Task): number {
  const info = child.lastSiginfo;
  if ((child.ptrace & PT_SEIZED) === 0 || info === undefined) return -EIO;
  if (info.code >> 8 !== PTRACE_EVENT_STOP) return -EIO;
  child.jobctl |= JOBCTL_LISTENING;
  if ((child.jobctl & JOBCTL_TRAP_NOTIFY) !== 0) {
    child.jobctl &= ~(1 << 24);
    ptraceSignalWakeUp(child, true);
  }
  return 0;
}

/** @linux kernel/ptrace.c `ptrace_get_syscall_info` (6.18) */
function getSyscallInfo(task: Task, child: Task, userSize: number, data: number): number {
  const { regs } = child;
  const bytes = new Uint8Array(88);
  const view = new DataView(bytes.buffer);
  const op = syscallInfoOp(child);
  view.setUint8(0, op);
  const is32 = isCompat(child);
  view.setUint32(4, is32 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64, true);
  setInt64(view, 8, regs.ip);
  setInt64(view, 16, regs.sp);
  let size = 24;
  if (op === SYSCALL_INFO_ENTRY || op === SYSCALL_INFO_SECCOMP) {
    const args = is32
      ? [regs.bx, regs.cx, regs.dx, regs.si, regs.di, regs.bp]
      : [regs.di, regs.si, regs.dx, regs.r10, regs.r8, regs.r9];
    [regs.origAx, ...args].forEach((value, i) => {
      setInt64(view, 24 + i * 8, value);
    });
    size = 80;
    if (op === SYSCALL_INFO_SECCOMP) {
      view.setUint32(80, child.ptraceMessage, true);
      size = 84;
    }
  } else if (op === SYSCALL_INFO_EXIT) {
    setInt64(view, 24, regs.ax);
    view.setUint8(32, regs.ax < 0 && regs.ax >= -4095 ? 1 : 0);
    size = 33;
  }
  const result = copyToUser(task, data, bytes.subarray(0, Math.min(size, userSize)));
  return result === 0 ? size : result;
}

function syscallInfoOp(child: Task): number {
  const code = child.lastSiginfo?.code;
  if (code === (SIGTRAP | 0x80)) {
    if (child.ptraceMessage === PTRACE_EVENTMSG_SYSCALL_ENTRY) return SYSCALL_INFO_ENTRY;
    if (child.ptraceMessage === PTRACE_EVENTMSG_SYSCALL_EXIT) return SYSCALL_INFO_EXIT;
  }
  if (code === (SIGTRAP | (PTRACE_EVENT_SECCOMP << 8))) return SYSCALL_INFO_SECCOMP;
  return SYSCALL_INFO_NONE;
}
