import { tracepointName } from "./hooks.ts";

/** Tracepoints as the kernel calls them: with the arguments of TP_PROTO, of 64 bits each, in place of a record. */

/** How an argument comes out of an event's fields. */
export type RawArg =
  | { readonly kind: "number"; readonly field: string }
  /** The address of a task: its number, its name. */
  | { readonly kind: "task"; readonly pid: string; readonly comm: string }
  /** The address of what a task has called the kernel with. */
  | { readonly kind: "regs" }
  /** The address of a text. */
  | { readonly kind: "text"; readonly field: string }
  /** Something that is always 0 here. */
  | { readonly kind: "none" }
  /** A structure that no event tells of: no program can be attached that looks at it or at what follows. */
  | { readonly kind: "untold" };

export interface RawTracepoint {
  /** The event that the kernel records there. */
  readonly event: string;
  readonly args: readonly RawArg[];
}

const NONE: RawArg = { kind: "none" };
const UNTOLD: RawArg = { kind: "untold" };
const REGS: RawArg = { kind: "regs" };
const TASK: RawArg = { kind: "task", pid: "pid", comm: "comm" };
const number = (field: string): RawArg => ({ kind: "number", field });
const task = (prefix: string): RawArg => ({
  kind: "task",
  pid: `${prefix}_pid`,
  comm: `${prefix}_comm`,
});

/** Whoever it happens to, with the name that it had. */
const renamed: RawArg = { kind: "task", pid: "common_pid", comm: "oldcomm" };

/** @linux include/trace/events/ and arch/x86/include/asm/trace/ (6.18) */
const RAW: ReadonlyMap<string, RawTracepoint> = new Map([
  row("raw_syscalls:sys_enter", REGS, number("id")),
  row("raw_syscalls:sys_exit", REGS, number("ret")),
  row("sched:sched_switch", NONE, task("prev"), task("next"), number("prev_state")),
  row("sched:sched_waking", TASK),
  row("sched:sched_wakeup", TASK),
  row("sched:sched_wakeup_new", TASK),
  row("sched:sched_migrate_task", TASK, number("dest_cpu")),
  row("sched:sched_process_fork", task("parent"), task("child")),
  row("sched:sched_process_exit", TASK, number("group_dead")),
  row("sched:sched_process_free", TASK),
  row("sched:sched_process_wait", UNTOLD),
  row("sched:sched_pi_setprio", TASK, UNTOLD),
  row("task:task_newtask", TASK, number("clone_flags")),
  row("task:task_rename", renamed, { kind: "text", field: "newcomm" }),
  row("signal:signal_generate", number("sig"), UNTOLD, TASK, number("group"), number("result")),
  row("signal:signal_deliver", number("sig"), UNTOLD, UNTOLD),
  row("irq:irq_handler_entry", number("irq"), UNTOLD),
  row("irq:irq_handler_exit", number("irq"), UNTOLD, number("ret")),
  row("irq:softirq_entry", number("vec")),
  row("irq:softirq_exit", number("vec")),
  row("irq:softirq_raise", number("vec")),
  ...[
    "local_timer",
    "reschedule",
    "call_function",
    "call_function_single",
    "spurious_apic",
  ].flatMap((vector) =>
    ["entry", "exit"].map((end) => row(`irq_vectors:${vector}_${end}`, number("vector"))),
  ),
  row("exceptions:page_fault_user", number("address"), NONE, number("error_code")),
  row("kmem:mm_page_alloc", UNTOLD, number("order"), number("gfp_flags"), number("migratetype")),
  row("kmem:mm_page_free", UNTOLD, number("order")),
  row("block:block_bio_queue", UNTOLD),
  row("block:block_rq_issue", UNTOLD),
  row("block:block_rq_complete", UNTOLD, NONE, NONE),
  row("sock:inet_sock_set_state", UNTOLD, number("oldstate"), number("newstate")),
  row("tcp:tcp_retransmit_skb", UNTOLD, UNTOLD, NONE),
  row("tcp:tcp_receive_reset", UNTOLD),
  row("tcp:tcp_destroy_sock", UNTOLD),
  row("oom:mark_victim", TASK, number("uid")),
]);

function row(event: string, ...args: readonly RawArg[]): readonly [string, RawTracepoint] {
  return [tracepointName(event), { event, args }];
}

/** How many bytes of arguments programs may look at; undefined: all that there are. */
export function untoldFrom({ args }: RawTracepoint): number | undefined {
  const index = args.findIndex(({ kind }) => kind === "untold");
  return index < 0 ? undefined : index * 8;
}

/** By the kernel's name for it, without its group; undefined: there is none. */
export function rawTracepointOf(name: string): RawTracepoint | undefined {
  return RAW.get(name);
}

/** By the event that is recorded there. */
export function rawTracepointOfEvent(event: string): RawTracepoint | undefined {
  return rawTracepointOf(tracepointName(event));
}
