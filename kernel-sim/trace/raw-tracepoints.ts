/** Tracepoints as the kernel calls them: with the arguments of TP_PROTO, of 64 bits each, in place of a record. */

/** How an argument comes out of an event's fields. */
export type RawArg =
  | { readonly kind: "number"; readonly field: string }
  /** The address of a task: its number, its name. */
  | { readonly kind: "task"; readonly pid: string; readonly comm: string }
  /** The address of what a task has called the kernel with. */
  | { readonly kind: "regs" }
  /** Something that no event tells: 0. */
  | { readonly kind: "none" };

export interface RawTracepoint {
  /** The event that the kernel records there. */
  readonly event: string;
  readonly args: readonly RawArg[];
}

const NONE: RawArg = { kind: "none" };
const number = (field: string): RawArg => ({ kind: "number", field });
const task = (pid: string, comm: string): RawArg => ({ kind: "task", pid, comm });

/** @linux include/trace/events/sched.h, syscalls.h, irq.h, arch/x86/include/asm/trace/exceptions.h (6.18) */
const RAW: ReadonlyMap<string, RawTracepoint> = new Map([
  ["sys_enter", { event: "raw_syscalls:sys_enter", args: [{ kind: "regs" }, number("id")] }],
  ["sys_exit", { event: "raw_syscalls:sys_exit", args: [{ kind: "regs" }, number("ret")] }],
  [
    "sched_switch",
    {
      event: "sched:sched_switch",
      args: [
        NONE,
        task("prev_pid", "prev_comm"),
        task("next_pid", "next_comm"),
        number("prev_state"),
      ],
    },
  ],
  ["sched_wakeup", { event: "sched:sched_wakeup", args: [task("pid", "comm")] }],
  ["sched_wakeup_new", { event: "sched:sched_wakeup_new", args: [task("pid", "comm")] }],
  [
    "sched_process_fork",
    {
      event: "sched:sched_process_fork",
      args: [task("parent_pid", "parent_comm"), task("child_pid", "child_comm")],
    },
  ],
  [
    "sched_process_exit",
    { event: "sched:sched_process_exit", args: [task("pid", "comm"), number("group_dead")] },
  ],
  ["softirq_entry", { event: "irq:softirq_entry", args: [number("vec")] }],
  ["softirq_exit", { event: "irq:softirq_exit", args: [number("vec")] }],
  ["softirq_raise", { event: "irq:softirq_raise", args: [number("vec")] }],
  [
    "page_fault_user",
    { event: "exceptions:page_fault_user", args: [number("address"), NONE, number("error_code")] },
  ],
]);

/** By the kernel's name for it, without its group; undefined: there is none. */
export function rawTracepointOf(name: string): RawTracepoint | undefined {
  return RAW.get(name);
}

/** By the event that is recorded there. */
export function rawTracepointOfEvent(event: string): RawTracepoint | undefined {
  return rawTracepointOf(event.slice(event.indexOf(":") + 1));
}
