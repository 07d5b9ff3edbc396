import type { Audit, Interval, Problem, SchedEvent } from "./contract.ts";

export function audit(events: readonly SchedEvent[], end: number): Audit {
  const intervals: Interval[] = [];
  const problems: Problem[] = [];
  for (const { time, name, fields } of events) {
    if (name === "sched:sched_process_fork") {
      // A task is born: fields.child_pid. What is it, and since when?
    }
  }
  return { intervals, problems };
}
