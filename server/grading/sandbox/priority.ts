/**
 * Sandboxes give way to the site beside them: pages are drawn and submissions acknowledged while
 * many wait to be graded. Where nothing else is to do they lose nothing by it.
 */
import { writeFileSync } from "node:fs";

/** A third of what a process of the site gets when both want the same core: enough for its wall clock. */
export const NICE = 5;

/**
 * Where Linux groups processes by session (sched(7), "The autogroup feature"), a nice value counts
 * only within a group, and each sandbox is one of its own: the group needs the value, too.
 */
export function niceGroup(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(NICE));
  } catch {
    // It has ended, there are no groups, or too many were set in this tenth of a second.
  }
}
