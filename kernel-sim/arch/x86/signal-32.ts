import { EFAULT } from "../../include/errno.ts";
import { SA_ONSTACK, SA_RESTORER, SA_SIGINFO, SIGSEGV } from "../../include/uapi/signal.ts";
import { compatSiginfoBytes } from "../../kernel/siginfo-compat.ts";
import { doSigaltstack, isOnAltStack, isWithinAltStack } from "../../kernel/signal-altstack.ts";
import { setCurrentBlocked } from "../../kernel/signal-mask.ts";
import { forceSig } from "../../kernel/signal-send.ts";
import type { KernelSiginfo, Sigaction } from "../../kernel/signal-struct.ts";
import type { Task } from "../../kernel/task.ts";
import { copyFromUser, copyToUser } from "../../mm/uaccess.ts";
import { vdsoSigreturn } from "./entry/vdso/vma.ts";
import type { PtRegs } from "./pt-regs.ts";
import { restoreSignalShadowStack, setupSignalShadowStack } from "./shstk.ts";

/*
 * The frames of 32-bit programs: `struct sigframe_ia32`, and `struct rt_sigframe_ia32` with SA_SIGINFO.
 * @linux arch/x86/include/asm/sigframe.h, arch/x86/include/uapi/asm/sigcontext.h (6.18)
 */
const OLD_FRAME_SIZE = 732;
const OLD_SC = 8;
const OLD_EXTRAMASK = 720;
const OLD_RETCODE = 724;
const RT_FRAME_SIZE = 268;
const RT_INFO = 16;
const RT_UC = 144;
const RT_SC = RT_UC + 20;
const RT_SIGMASK = RT_SC + 88;
const RT_RETCODE = 260;

/** 32-bit words of `struct sigcontext_32` from its 16th byte on; before them are the data segments. */
const SIGCONTEXT: readonly (keyof PtRegs & string)[] = [
  ...(["di", "si", "bp", "sp", "bx", "dx", "cx", "ax"] as const),
];
const SC_WORDS = 16;
const SC_TRAPNO = 48;
const SC_IP = 56;
const SC_CS = 60;
const SC_FLAGS = 64;
const SC_SP_AT_SIGNAL = 68;
const SC_SS = 72;
const SC_FPSTATE = 76;
const SC_OLDMASK = 80;
const SC_CR2 = 84;

const NR_SIGRETURN = 119;
const NR_RT_SIGRETURN = 173;
const USER32_CS = 0x23;
const USER_DS = 0x2b;
const X86_EFLAGS_TF = 0x100;
const X86_EFLAGS_DF = 0x400;
const X86_EFLAGS_RF = 0x10000;
const FIX_EFLAGS = 0x40000 | 0x800 | 0x400 | 0x100 | 0x80 | 0x40 | 0x10 | 0x4 | 0x1 | 0x10000;
/** FSAVE's 112 bytes, then FXSAVE's. */
const FSAVE_SIZE = 112;
const FXSAVE_SIZE = 512;

/**
 * Lets a 32-bit program go on in its handler.
 *
 * Without SA_RESTORER the handler returns to the vDSO. The code in the frame is for debuggers alone.
 *
 * @linux arch/x86/kernel/signal_32.c `ia32_setup_frame`, `ia32_setup_rt_frame` (6.18)
 */
export function setupFrame32(task: Task, info: KernelSiginfo, action: Sigaction): number {
  const { regs, mm } = task;
  const isRt = (action.flags & SA_SIGINFO) !== 0;
  const place = framePlace(task, action, isRt ? RT_FRAME_SIZE : OLD_FRAME_SIZE);
  if (place === undefined) return -EFAULT;
  const { frame, fpstate } = place;
  if (copyToUser(task, fpstate, freshFpstate()) !== 0) return -EFAULT;
  const bytes = new Uint8Array(isRt ? RT_FRAME_SIZE : OLD_FRAME_SIZE);
  const view = new DataView(bytes.buffer);
  const hasRestorer = (action.flags & SA_RESTORER) !== 0;
  const restorer = hasRestorer ? action.restorer : mm === undefined ? 0 : vdsoSigreturn(mm, isRt);
  view.setUint32(0, restorer, true);
  view.setInt32(4, info.signo, true);
  const mask = task.savedSigmask ?? task.blocked;
  putSigcontext(task, view, isRt ? RT_SC : OLD_SC, fpstate, mask);
  if (isRt) {
    view.setUint32(8, frame + RT_INFO, true);
    view.setUint32(12, frame + RT_UC, true);
    bytes.set(compatSiginfoBytes(info), RT_INFO);
    view.setUint32(RT_UC + 8, task.altStack.sp, true);
    view.setInt32(RT_UC + 12, task.altStack.flags, true);
    view.setUint32(RT_UC + 16, task.altStack.size, true);
    view.setBigUint64(RT_SIGMASK, mask, true);
    bytes.set(rtRetcode(), RT_RETCODE);
  } else {
    view.setUint32(OLD_EXTRAMASK, Number(mask >> 32n), true);
    bytes.set(oldRetcode(), OLD_RETCODE);
  }
  if (copyToUser(task, frame, bytes) !== 0) return -EFAULT;
  if (setupSignalShadowStack(task, view.getUint32(0, true)) !== 0) return -EFAULT;
  // For handlers that were compiled to take their arguments in registers.
  regs.ax = info.signo;
  regs.dx = isRt ? frame + RT_INFO : 0;
  regs.cx = isRt ? frame + RT_UC : 0;
  regs.ip = action.handler;
  regs.sp = frame;
  regs.cs = USER32_CS;
  regs.ss = USER_DS;
  regs.flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
  return 0;
}

/** `popl %eax; movl $__NR_sigreturn, %eax; int $0x80`, by which debuggers know the frame. */
function oldRetcode(): Uint8Array {
  return Uint8Array.of(0x58, 0xb8, NR_SIGRETURN, 0, 0, 0, 0xcd, 0x80);
}

/** `movl $__NR_rt_sigreturn, %eax; int $0x80` */
function rtRetcode(): Uint8Array {
  return Uint8Array.of(0xb8, NR_RT_SIGRETURN, 0, 0, 0, 0xcd, 0x80, 0);
}

/** @linux arch/x86/kernel/signal.c `get_sigframe` (6.18) */
function framePlace(
  task: Task,
  action: Sigaction,
  size: number,
): { readonly frame: number; readonly fpstate: number } | undefined {
  const { altStack, regs } = task;
  const isNested = isOnAltStack(task, regs.sp);
  let sp = regs.sp;
  let isEntering = false;
  if ((action.flags & SA_ONSTACK) !== 0 && altStack.size !== 0 && !isNested) {
    sp = altStack.sp + altStack.size;
    isEntering = true;
  }
  const fpstate = Math.floor((sp - FXSAVE_SIZE) / 64) * 64 - FSAVE_SIZE;
  // On entry of a function, the word above its return address is aligned.
  const frame = Math.floor((fpstate - size + 4) / 16) * 16 - 4;
  if ((isNested || isEntering) && !isWithinAltStack(task, frame)) return undefined;
  return { frame, fpstate };
}

/** What FSAVE and FXSAVE store in a new process. */
function freshFpstate(): Uint8Array {
  const bytes = new Uint8Array(FSAVE_SIZE + FXSAVE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xffff037f, true);
  view.setUint32(4, 0xffff0000, true);
  view.setUint32(8, 0xffffffff, true);
  view.setUint16(FSAVE_SIZE, 0x37f, true);
  view.setUint32(FSAVE_SIZE + 24, 0x1f80, true);
  view.setUint32(FSAVE_SIZE + 28, 0xffff, true);
  return bytes;
}

function putSigcontext(
  task: Task,
  view: DataView,
  at: number,
  fpstate: number,
  mask: bigint,
): void {
  const { regs, lastTrap } = task;
  // gs and fs stay null; es and ds are flat.
  view.setUint16(at + 8, USER_DS, true);
  view.setUint16(at + 12, USER_DS, true);
  SIGCONTEXT.forEach((name, i) => {
    view.setUint32(at + SC_WORDS + i * 4, regs[name] as number, true);
  });
  view.setUint32(at + SC_TRAPNO, lastTrap?.vector ?? 0, true);
  view.setUint32(at + SC_TRAPNO + 4, lastTrap?.errorCode ?? 0, true);
  view.setUint32(at + SC_IP, regs.ip, true);
  view.setUint16(at + SC_CS, regs.cs, true);
  view.setUint32(at + SC_FLAGS, regs.flags, true);
  view.setUint32(at + SC_SP_AT_SIGNAL, regs.sp, true);
  view.setUint16(at + SC_SS, regs.ss, true);
  view.setUint32(at + SC_FPSTATE, fpstate, true);
  view.setUint32(at + SC_OLDMASK, Number(mask & 0xffffffffn), true);
  view.setUint32(at + SC_CR2, lastTrap?.address ?? 0, true);
}

/** sigreturn of a 32-bit program. @linux arch/x86/kernel/signal_32.c `SYSCALL32_DEFINE0(sigreturn)` (6.18) */
export function sysSigreturn32(task: Task): number {
  // The handler's `ret` and the `popl` of the restorer have taken two words away.
  const bytes = copyFromUser(task, task.regs.sp - 8, OLD_FRAME_SIZE);
  if (typeof bytes === "number") return badFrame(task);
  const view = new DataView(bytes.buffer);
  const low = BigInt(view.getUint32(OLD_SC + SC_OLDMASK, true));
  const high = BigInt(view.getUint32(OLD_EXTRAMASK, true));
  setCurrentBlocked(task, low | (high << 32n));
  const ax = restoreSigcontext(task, view, OLD_SC);
  return restoreSignalShadowStack(task) === 0 ? ax : badFrame(task);
}

/** @linux arch/x86/kernel/signal_32.c `SYSCALL32_DEFINE0(rt_sigreturn)` (6.18) */
export function sysRtSigreturn32(task: Task): number {
  const bytes = copyFromUser(task, task.regs.sp - 4, RT_FRAME_SIZE);
  if (typeof bytes === "number") return badFrame(task);
  const view = new DataView(bytes.buffer);
  setCurrentBlocked(task, view.getBigUint64(RT_SIGMASK, true));
  const ax = restoreSigcontext(task, view, RT_SC);
  const stack = {
    sp: view.getUint32(RT_UC + 8, true),
    flags: view.getInt32(RT_UC + 12, true),
    size: view.getUint32(RT_UC + 16, true),
  };
  if (restoreSignalShadowStack(task) !== 0) return badFrame(task);
  doSigaltstack(task, stack, task.regs.sp);
  return ax;
}

function badFrame(task: Task): number {
  forceSig(task, SIGSEGV);
  return 0;
}

/** @linux arch/x86/kernel/signal_32.c `ia32_restore_sigcontext` (6.18) */
function restoreSigcontext(task: Task, view: DataView, at: number): number {
  const { regs } = task;
  task.restartBlock = undefined;
  SIGCONTEXT.forEach((name, i) => {
    Object.assign(regs, { [name]: view.getUint32(at + SC_WORDS + i * 4, true) });
  });
  regs.ax |= 0;
  regs.ip = view.getUint32(at + SC_IP, true);
  regs.cs = view.getUint16(at + SC_CS, true) | 3;
  regs.ss = view.getUint16(at + SC_SS, true) | 3;
  regs.flags = (regs.flags & ~FIX_EFLAGS) | (view.getUint32(at + SC_FLAGS, true) & FIX_EFLAGS);
  regs.origAx = -1;
  return regs.ax;
}
