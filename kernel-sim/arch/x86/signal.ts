import { EFAULT } from "../../include/errno.ts";
import {
  SA_ONSTACK,
  SA_RESTORER,
  SA_SIGINFO,
  SIGSEGV,
  SS_AUTODISARM,
} from "../../include/uapi/signal.ts";
import { siginfoBytes } from "../../kernel/siginfo.ts";
import { doSigaltstack, isOnAltStack, isWithinAltStack } from "../../kernel/signal-altstack.ts";
import { setCurrentBlocked } from "../../kernel/signal-mask.ts";
import { forceSig } from "../../kernel/signal-send.ts";
import type { KernelSiginfo, Sigaction } from "../../kernel/signal-struct.ts";
import type { Task } from "../../kernel/task.ts";
import { copyFromUser, copyToUser, getInt64, getUint64, setInt64 } from "../../mm/uaccess.ts";
import type { PtRegs } from "./pt-regs.ts";

/*
 * `struct rt_sigframe`: the restorer's address, where the handler returns to; `struct ucontext`; `siginfo_t`.
 * @linux arch/x86/include/asm/sigframe.h, arch/x86/include/uapi/asm/{ucontext,sigcontext}.h (6.18)
 */
const FRAME_SIZE = 440;
const UC = 8;
const UC_STACK = UC + 16;
const UC_MCONTEXT = UC + 40;
const UC_SIGMASK = UC + 296;
const INFO = 312;

/** Registers in the order of `struct sigcontext_64`. */
const SIGCONTEXT: readonly (keyof PtRegs & string)[] = [
  ...(["r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"] as const),
  ...(["di", "si", "bp", "bx", "dx", "ax", "cx", "sp", "ip", "flags"] as const),
];
const SC_SEGMENTS = UC_MCONTEXT + 144;
const SC_ERR = UC_MCONTEXT + 152;
const SC_FPSTATE = UC_MCONTEXT + 184;

const UC_SIGCONTEXT_SS = 0x2;
const UC_STRICT_RESTORE_SS = 0x4;

const USER_CS = 0x33;
const USER_DS = 0x2b;
const X86_EFLAGS_TF = 0x100;
const X86_EFLAGS_DF = 0x400;
const X86_EFLAGS_RF = 0x10000;
/** What a program may change in its flags: AC, OF, DF, TF, SF, ZF, AF, PF, CF, RF. */
const FIX_EFLAGS = 0x40000 | 0x800 | 0x400 | 0x100 | 0x80 | 0x40 | 0x10 | 0x4 | 0x1 | 0x10000;

/** Below the stack pointer a function may keep 128 bytes without saying so. */
const RED_ZONE = 128;
const FXSAVE_SIZE = 512;

/**
 * Lets `task` go on in its handler, with a frame on its stack from which rt_sigreturn restores everything.
 * -EFAULT when the frame cannot be written.
 *
 * @linux arch/x86/kernel/signal_64.c `x64_setup_rt_frame` (6.18)
 * @simplified the floating point state is saved as that of a new process, in the form of FXSAVE.
 */
export function setupRtFrame(task: Task, info: KernelSiginfo, action: Sigaction): number {
  // The kernel has no code of its own in user memory to return to.
  if ((action.flags & SA_RESTORER) === 0) return -EFAULT;
  const { regs } = task;
  const place = sigframePlace(task, action);
  if (place === undefined) return -EFAULT;
  const { frame, fpstate } = place;
  if (copyToUser(task, fpstate, freshFpstate()) !== 0) return -EFAULT;
  const bytes = new Uint8Array(FRAME_SIZE);
  const view = new DataView(bytes.buffer);
  setInt64(view, 0, action.restorer);
  view.setUint32(UC, UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS, true);
  setInt64(view, UC_STACK, task.altStack.sp);
  view.setInt32(UC_STACK + 8, task.altStack.flags, true);
  setInt64(view, UC_STACK + 16, task.altStack.size);
  putSigcontext(task, view, fpstate);
  view.setBigUint64(UC_SIGMASK, task.savedSigmask ?? task.blocked, true);
  if ((action.flags & SA_SIGINFO) !== 0) bytes.set(siginfoBytes(info), INFO);
  if (copyToUser(task, frame, bytes) !== 0) return -EFAULT;

  regs.di = info.signo;
  regs.ax = 0;
  regs.si = frame + INFO;
  regs.dx = frame + UC;
  regs.ip = action.handler;
  regs.sp = frame;
  regs.cs = USER_CS;
  regs.ss = USER_DS;
  regs.flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
  return 0;
}

/** @linux arch/x86/kernel/signal.c `get_sigframe` (6.18) */
function sigframePlace(
  task: Task,
  action: Sigaction,
): { readonly frame: number; readonly fpstate: number } | undefined {
  const { altStack } = task;
  const isNested = isOnAltStack(task, task.regs.sp);
  let isEntering = false;
  let sp = task.regs.sp - RED_ZONE;
  if ((action.flags & SA_ONSTACK) !== 0 && altStack.size !== 0 && !isOnAltStack(task, sp)) {
    sp = altStack.sp + altStack.size;
    isEntering = true;
  }
  const fpstate = Math.floor((sp - FXSAVE_SIZE) / 64) * 64;
  // As if a call had just pushed the return address.
  const frame = Math.floor((fpstate - FRAME_SIZE) / 16) * 16 - 8;
  // An alternate stack is never overrun.
  if ((isNested || isEntering) && !isWithinAltStack(task, frame)) return undefined;
  return { frame, fpstate };
}

/** What FXSAVE stores in a new process: all exceptions masked, all registers 0. */
function freshFpstate(): Uint8Array {
  const bytes = new Uint8Array(FXSAVE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x37f, true);
  view.setUint32(24, 0x1f80, true);
  view.setUint32(28, 0xffff, true);
  return bytes;
}

function putSigcontext(task: Task, view: DataView, fpstate: number): void {
  const { regs, lastTrap } = task;
  let at = UC_MCONTEXT;
  for (const name of SIGCONTEXT) {
    setInt64(view, at, regs[name] as number);
    at += 8;
  }
  view.setUint16(SC_SEGMENTS, regs.cs, true);
  view.setUint16(SC_SEGMENTS + 6, regs.ss, true);
  setInt64(view, SC_ERR, lastTrap?.errorCode ?? 0);
  setInt64(view, SC_ERR + 8, lastTrap?.vector ?? 0);
  // `oldmask`: the first word of the mask, for programs older than real-time signals.
  view.setBigUint64(SC_ERR + 16, task.savedSigmask ?? task.blocked, true);
  setInt64(view, SC_ERR + 24, lastTrap?.address ?? 0);
  setInt64(view, SC_FPSTATE, fpstate);
}

/**
 * Takes the task back to where the signal has met it. A frame that cannot be read is a SIGSEGV.
 *
 * @linux arch/x86/kernel/signal_64.c `SYSCALL_DEFINE0(rt_sigreturn)` (6.18)
 */
export function sysRtSigreturn(task: Task): number {
  const { regs } = task;
  const bytes = copyFromUser(task, regs.sp - 8, FRAME_SIZE);
  if (typeof bytes === "number") {
    forceSig(task, SIGSEGV);
    return 0;
  }
  const view = new DataView(bytes.buffer);
  setCurrentBlocked(task, view.getBigUint64(UC_SIGMASK, true));
  restoreSigcontext(task, view);
  // What is wrong with the stack is not told: there is nobody to tell it to.
  doSigaltstack(
    task,
    {
      sp: getUint64(view, UC_STACK),
      flags: view.getInt32(UC_STACK + 8, true),
      size: getUint64(view, UC_STACK + 16),
    },
    regs.sp,
  );
  return regs.ax;
}

/** @linux arch/x86/kernel/signal_64.c `restore_sigcontext` (6.18) */
function restoreSigcontext(task: Task, view: DataView): void {
  const { regs } = task;
  // A call that would have been gone on with answers EINTR from now on.
  task.restartBlock = undefined;
  const flags = regs.flags;
  let at = UC_MCONTEXT;
  for (const name of SIGCONTEXT) {
    Object.assign(regs, { [name]: getInt64(view, at) });
    at += 8;
  }
  regs.flags = (flags & ~FIX_EFLAGS) | (regs.flags & FIX_EFLAGS);
  regs.cs = view.getUint16(SC_SEGMENTS, true) | 3;
  regs.ss = view.getUint16(SC_SEGMENTS + 6, true) | 3;
  regs.origAx = -1;
}

/** After the frame is written: the alternate stack is used once (SS_AUTODISARM). */
export function disarmAltStack(task: Task): void {
  if ((task.altStack.flags & SS_AUTODISARM) !== 0) task.altStack = { sp: 0, size: 0, flags: 2 };
}
