import {
  SIG_DFL,
  SIG_IGN,
  SIGABRT,
  SIGBUS,
  SIGCHLD,
  SIGCONT,
  SIGFPE,
  SIGILL,
  SIGKILL,
  SIGQUIT,
  SIGRTMAX,
  SIGSEGV,
  SIGSTOP,
  SIGSYS,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGWINCH,
  SIGXCPU,
  SIGXFSZ,
} from "../include/uapi/signal.ts";
import type { Sigset } from "./signal-struct.ts";

/** The set with this one signal (`sigmask`). */
export function sigmask(signo: number): Sigset {
  return 1n << BigInt(signo - 1);
}

function setOf(...signals: readonly number[]): Sigset {
  let set = 0n;
  for (const signo of signals) set |= sigmask(signo);
  return set;
}

/** Groups of signals: `include/linux/signal.h` (6.18). */
export const SIG_KERNEL_ONLY_MASK = setOf(SIGKILL, SIGSTOP);
export const SIG_KERNEL_STOP_MASK = setOf(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU);
export const SIG_KERNEL_IGNORE_MASK = setOf(SIGCONT, SIGCHLD, SIGWINCH, SIGURG);
export const SIG_KERNEL_COREDUMP_MASK = setOf(
  ...[SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSEGV, SIGBUS, SIGSYS, SIGXCPU, SIGXFSZ],
);
/** What the execution of an instruction causes; taken before the others. */
export const SYNCHRONOUS_MASK = setOf(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS);
export const ALL_SIGNALS: Sigset = (1n << 64n) - 1n;

export function isMember(set: Sigset, signo: number): boolean {
  return (set & sigmask(signo)) !== 0n;
}

/** Whether `signo` is 0 or a signal (`valid_signal`; the argument is unsigned there). */
export function isValidSignal(signo: number): boolean {
  return signo >= 0 && signo <= SIGRTMAX;
}

/** Whether nothing happens at `signo` with this handler. @linux kernel/signal.c `sig_handler_ignored` (6.18) */
export function isHandlerIgnored(handler: number, signo: number): boolean {
  return handler === SIG_IGN || (handler === SIG_DFL && isMember(SIG_KERNEL_IGNORE_MASK, signo));
}

/** Whether the default action ends the process. @linux kernel/signal.c `sig_fatal` (6.18) */
export function isFatal(handler: number, signo: number): boolean {
  return handler === SIG_DFL && !isMember(SIG_KERNEL_IGNORE_MASK | SIG_KERNEL_STOP_MASK, signo);
}

/**
 * The signal of `set` that is taken first: synchronous ones, then the lowest; 0 when there is none.
 *
 * @linux kernel/signal.c `next_signal` (6.18)
 */
export function nextSignal(set: Sigset): number {
  if (set === 0n) return 0;
  const synchronous = set & SYNCHRONOUS_MASK;
  return lowest(synchronous === 0n ? set : synchronous);
}

function lowest(set: Sigset): number {
  const low = Number(set & 0xffffffffn);
  if (low !== 0) return 32 - Math.clz32(low & -low);
  const high = Number((set >> 32n) & 0xffffffffn);
  return 64 - Math.clz32(high & -high);
}
