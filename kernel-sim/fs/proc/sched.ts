import type { PidNamespace } from "../../kernel/pid.ts";
import { baseSliceNs } from "../../kernel/sched/fair.ts";
import type { Task } from "../../kernel/task.ts";
import type { ByteString } from "../fs.ts";

/**
 * /proc/PID/sched.
 *
 * @linux kernel/sched/debug.c `proc_sched_show_task` (6.18)
 * @simplified without load tracking and NUMA balancing: their lines are missing.
 */
export function procPidSched(task: Task, ns: PidNamespace): ByteString {
  const { se } = task;
  const head = `${task.comm} (${task.pidNr(ns)}, #threads: ${task.signal.threads.length})`;
  return [
    head,
    "-".repeat(67),
    ns_("se.exec_start", se.execStart),
    ns_("se.vruntime", se.vruntime),
    ns_("se.sum_exec_runtime", se.sumExecRuntime),
    number("nr_switches", task.nvcsw + task.nivcsw),
    number("nr_voluntary_switches", task.nvcsw),
    number("nr_involuntary_switches", task.nivcsw),
    number("se.load.weight", se.weight * 1024),
    number("policy", se.policy),
    number("prio", se.prio),
    ...(se.hasNoTimerSlack
      ? []
      : [number("se.slice", se.customSliceNs || baseSliceNs(task.kernel.cpus))]),
    "",
  ].join("\n");
}

function number(name: string, value: number): string {
  return `${name.padEnd(45)}:${String(value).padStart(21)}`;
}

/** Milliseconds with six digits behind the point (`SPLIT_NS`). */
function ns_(name: string, ns: number): string {
  const whole = String(Math.floor(ns / 1e6)).padStart(14);
  const rest = String(Math.floor(ns % 1e6)).padStart(6, "0");
  return `${name.padEnd(45)}:${whole}.${rest}`;
}
