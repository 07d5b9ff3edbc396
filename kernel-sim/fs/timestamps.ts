import type { Inode } from "./fs.ts";

/** A time since the epoch, exact to the ns (which one number of ns would not be). */
export interface Timespec64 {
  readonly sec: number;
  /** 0 to 999,999,999. */
  readonly nsec: number;
}

export const EPOCH: Timespec64 = { sec: 0, nsec: 0 };

/** `TICK_NSEC` with CONFIG_HZ=250: how coarse the time is that files get. */
const TICK_NS = 4_000_000;

/** `ns` since the epoch as a time. */
export function nsToTimespec64(ns: number): Timespec64 {
  const sec = Math.floor(ns / 1e9);
  return { sec, nsec: ns - sec * 1e9 };
}

/** Below 0, 0, above 0 as `a` is before, equal to, after `b` (`timespec64_compare`). */
export function timespec64Compare(a: Timespec64, b: Timespec64): number {
  return a.sec !== b.sec ? a.sec - b.sec : a.nsec - b.nsec;
}

/**
 * The time of the last tick, which is what files are stamped with.
 *
 * @linux kernel/time/timekeeping.c `ktime_get_coarse_real_ts64` (6.18)
 */
export function currentTime(inode: Inode): Timespec64 {
  const { kernel } = inode.sb;
  const sinceBoot = kernel.now();
  const now = nsToTimespec64(kernel.wallClockBootNs + sinceBoot - (sinceBoot % TICK_NS));
  return inode.sb.hasWholeSeconds ? { sec: now.sec, nsec: 0 } : now;
}

/**
 * Stamps a change of `inode` and answers the stamp. When somebody has looked at the last one and the
 * tick has not come since, the time is taken exactly, so that the change shows.
 *
 * @linux fs/inode.c `inode_set_ctime_current` (6.18)
 */
export function inodeSetCtimeCurrent(inode: Inode): Timespec64 {
  let now = currentTime(inode);
  if (inode.sb.isMultigrain && inode.isCtimeQueried && timespec64Compare(inode.ctime, now) >= 0) {
    now = nsToTimespec64(inode.sb.kernel.wallClock());
  }
  inode.isCtimeQueried = false;
  inode.ctime = now;
  return now;
}

/** The contents have changed: mtime and ctime. @linux fs/inode.c `file_update_time` (6.18) */
export function fileUpdateTime(inode: Inode): void {
  inode.mtime = inodeSetCtimeCurrent(inode);
}
