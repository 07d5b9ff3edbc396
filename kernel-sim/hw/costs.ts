/**
 * What things cost on the machine, in ns. The default profile is a server processor of 2020 at 3 GHz;
 * the figures are rounded from measurements that are named beside them.
 */
export interface Costs {
  /** `syscall` and `sysret` with an empty call in between: getpid() with mitigations off, lmbench `lat_syscall null`. */
  readonly syscallNs: number;
  /** Switching between two processes with cold-free caches: lmbench `lat_ctx -s 0 2`. */
  readonly contextSwitchNs: number;
  /** A minor fault that maps one zeroed page: lmbench `lat_pagefault`. */
  readonly pageFaultNs: number;
  /** Copying 64 bytes between user and kernel memory. */
  readonly copyLineNs: number;
  /** One step of a path walk that finds its dentry. */
  readonly pathComponentNs: number;
  /** User instructions in one ns: 3 GHz, one instruction a cycle. */
  readonly instructionsPerNs: number;
  /** An interrupt's entry and exit. */
  readonly interruptNs: number;
  /** fork of a small process: lmbench `lat_proc fork`, without the exit. */
  readonly forkNs: number;
  /** execve of a small static program. */
  readonly execNs: number;
  /** A write to a terminal, without its bytes: a pseudo terminal on Linux 6.18, one byte at a time. */
  readonly ttyWriteNs: number;
  /** A byte that a terminal prints: a text of some MB with `cat` on a framebuffer console, which scrolls. */
  readonly ttyByteNs: number;
}

export const SERVER_COSTS: Costs = Object.freeze({
  syscallNs: 70,
  contextSwitchNs: 1_200,
  pageFaultNs: 500,
  copyLineNs: 4,
  pathComponentNs: 25,
  instructionsPerNs: 3,
  interruptNs: 600,
  forkNs: 40_000,
  execNs: 180_000,
  ttyWriteNs: 1_500,
  ttyByteNs: 500,
});
