/** An event of the scheduler, as the kernel has recorded it. */
export interface SchedEvent {
  /** In ns since boot. */
  readonly time: number;
  /** Such as `sched:sched_switch`. */
  readonly name: string;
  readonly fields: Readonly<Record<string, number | string>>;
}

export type State = "new" | "ready" | "running" | "sleeping" | "blocked" | "stopped" | "zombie";

/** A task was in `state` from `from` to `to`, in ns. */
export interface Interval {
  readonly pid: number;
  readonly state: State;
  readonly from: number;
  readonly to: number;
}

/** The event at place `index` cannot have happened to the task `pid` in the state in which it was. */
export interface Problem {
  readonly index: number;
  readonly pid: number;
}

export interface Audit {
  readonly intervals: readonly Interval[];
  readonly problems: readonly Problem[];
}

/** What a submission exports. */
export interface Submission {
  /** Of all tasks that are born in the trace; those alive at `end` are cut there. */
  readonly audit: (events: readonly SchedEvent[], end: number) => Audit;
}
