import type { UserNamespace } from "./user-namespace.ts";

/** A set of capabilities: bit N is capability N. */
export type KernelCap = bigint;

/** All capabilities that 6.18 knows, 0 to 40. */
export const CAP_FULL_SET: KernelCap = (1n << 41n) - 1n;

/** The accounting that all processes of one real user share. @linux kernel/user.c `user_struct` */
export class UserStruct {
  readonly uid: number;
  /** Pages of pipe buffers, inotify instances and watches, queued signals, bytes in message queues, locked pages. */
  pipeBufs = 0;
  inotifyInstances = 0;
  inotifyWatches = 0;
  sigpending = 0;
  mqBytes = 0;
  lockedShm = 0;
  epollWatches = 0;
  unixInflight = 0;
  processes = 0;

  constructor(uid: number) {
    this.uid = uid;
  }
}

/**
 * Who a task is and what it may do. Never changed once in use: a change makes a copy (`with`).
 *
 * @linux include/linux/cred.h `struct cred` (6.18)
 */
export interface Cred {
  readonly uid: number;
  readonly gid: number;
  readonly suid: number;
  readonly sgid: number;
  readonly euid: number;
  readonly egid: number;
  readonly fsuid: number;
  readonly fsgid: number;
  readonly securebits: number;
  readonly capInheritable: KernelCap;
  readonly capPermitted: KernelCap;
  readonly capEffective: KernelCap;
  readonly capBset: KernelCap;
  readonly capAmbient: KernelCap;
  /** Supplementary groups, ascending. */
  readonly groups: readonly number[];
  readonly user: UserStruct;
  readonly userNs: UserNamespace;
}

/** Whether `cred` is of group `gid`, by its fsgid or a supplementary group (`in_group_p`). */
export function inGroup(cred: Cred, gid: number): boolean {
  return cred.fsgid === gid || cred.groups.includes(gid);
}

/** Whether the effective set holds capability `cap` (a number of `include/uapi/capability.ts`). */
export function capable(cred: Cred, cap: number): boolean {
  return (cred.capEffective & (1n << BigInt(cap))) !== 0n;
}
