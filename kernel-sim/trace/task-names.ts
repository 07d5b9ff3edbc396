import type { TraceEvent } from "../api.ts";

const PAIRS = [
  ["pid", "comm"],
  ["prev_pid", "prev_comm"],
  ["next_pid", "next_comm"],
  ["parent_pid", "parent_comm"],
  ["child_pid", "child_comm"],
] as const;

/** The names of tasks, as far as a sequence of events tells them. */
export class TaskNames {
  readonly #names = new Map<number, string>();

  constructor(events: readonly TraceEvent[]) {
    // The first name of each task: it had that one before it was mentioned, too.
    for (let i = events.length - 1; i >= 0; i--) this.learn(events[i]!);
  }

  learn({ name, fields }: TraceEvent): void {
    for (const [pid, comm] of PAIRS) this.#set(fields[pid], fields[comm]);
    const { filename } = fields;
    if (name === "sched:sched_process_exec" && typeof filename === "string") {
      this.#set(fields["pid"], filename.slice(filename.lastIndexOf("/") + 1));
    }
  }

  of(pid: number): string {
    return this.#names.get(pid) ?? "";
  }

  #set(pid: unknown, comm: unknown): void {
    // Every CPU has an idle task with the number 0.
    if (typeof pid === "number" && typeof comm === "string")
      this.#names.set(pid, comm.slice(0, 15));
  }
}
