import {
  NSIGBUS,
  NSIGCHLD,
  NSIGFPE,
  NSIGILL,
  NSIGPOLL,
  NSIGSEGV,
  NSIGSYS,
  NSIGTRAP,
  SI_ASYNCNL,
  SI_DETHREAD,
  SI_KERNEL,
  SI_SIGIO,
  SI_TIMER,
  SI_USER,
} from "../include/uapi/siginfo.ts";
import {
  SIGBUS,
  SIGCHLD,
  SIGFPE,
  SIGILL,
  SIGIO,
  SIGSEGV,
  SIGSYS,
  SIGTRAP,
} from "../include/uapi/signal.ts";
import type { KernelSiginfo } from "./signal-struct.ts";

/** Which fields a `siginfo` has: `enum siginfo_layout`, the kinds of faults taken together. */
export type SiginfoLayout = "kill" | "timer" | "poll" | "fault" | "chld" | "rt" | "sys";

function codesOf(signo: number): readonly [number, SiginfoLayout] | undefined {
  switch (signo) {
    case SIGILL:
      return [NSIGILL, "fault"];
    case SIGFPE:
      return [NSIGFPE, "fault"];
    case SIGSEGV:
      return [NSIGSEGV, "fault"];
    case SIGBUS:
      return [NSIGBUS, "fault"];
    case SIGTRAP:
      return [NSIGTRAP, "fault"];
    case SIGCHLD:
      return [NSIGCHLD, "chld"];
    case SIGIO:
      return [NSIGPOLL, "poll"];
    case SIGSYS:
      return [NSIGSYS, "sys"];
    default:
      return undefined;
  }
}

/** @linux kernel/signal.c `siginfo_layout` (6.18) */
export function siginfoLayout(signo: number, code: number): SiginfoLayout {
  if (code > SI_USER && code < SI_KERNEL) {
    const codes = codesOf(signo);
    if (codes !== undefined && code <= codes[0]) return codes[1];
    return code <= NSIGPOLL ? "poll" : "kill";
  }
  if (code === SI_TIMER) return "timer";
  if (code === SI_SIGIO) return "poll";
  return code < 0 ? "rt" : "kill";
}

/** Whether the kernel knows what such an info holds. @linux kernel/signal.c `known_siginfo_layout` (6.18) */
export function isLayoutKnown(signo: number, code: number): boolean {
  if (code === SI_KERNEL) return true;
  if (code > SI_USER) return code <= (codesOf(signo)?.[0] ?? NSIGPOLL);
  return code >= SI_DETHREAD || code === SI_ASYNCNL;
}

/** @linux kernel/signal.c `has_si_pid_and_uid` (6.18) */
export function hasPidAndUid(info: KernelSiginfo): boolean {
  const layout = siginfoLayout(info.signo, info.code);
  return layout === "kill" || layout === "chld" || layout === "rt";
}
