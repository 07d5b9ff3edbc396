/** Which kinds of events there are, and what each of them counts. */
import type { PerfHook } from "../../bpf/perf-target.ts";
import { E2BIG, EACCES, EFAULT, EINVAL, ENOENT, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import { CAP_PERFMON, CAP_SYS_ADMIN } from "../../include/uapi/capability.ts";
import { strncpyFromUser } from "../../mm/uaccess.ts";
import { capable } from "../cred.ts";
import type { Task } from "../task.ts";
import { type PerfAttr, SAMPLE_BRANCH_STACK, SAMPLE_RAW } from "./attr.ts";
import type { PerfCounter, PerfSource } from "./perf-event.ts";

const PERF_TYPE_SOFTWARE = 1;
export const PERF_TYPE_TRACEPOINT = 2;
/** Given to the two clocks when they were registered, and to probes. */
const TYPE_CPU_CLOCK = 6;
const TYPE_TASK_CLOCK = 7;
export const TYPE_KPROBE = 8;

const COUNT_SW_CPU_CLOCK = 0;
const COUNT_SW_TASK_CLOCK = 1;
const COUNT_SW_BPF_OUTPUT = 10;
/** By number; alignment faults, emulation faults, the dummy, what programs send, and switches of cgroups never count. */
const SOFTWARE: readonly PerfCounter[] = [
  "clock",
  "clock",
  "faults",
  "switches",
  "migrations",
  "minor",
  "major",
  "nothing",
  "nothing",
  "nothing",
  "nothing",
  "nothing",
];

export function perfmonCapable({ cred }: Task): boolean {
  return capable(cred, CAP_PERFMON) || capable(cred, CAP_SYS_ADMIN);
}

/** `kernel.perf_event_paranoid` allows it, or a capability. */
export function isParanoid(task: Task, above: number): boolean {
  return task.kernel.sysctl.perfEventParanoid > above && !perfmonCapable(task);
}

/**
 * @linux kernel/events/core.c `perf_init_event` (6.18)
 * @simplified the machine has no counters in its processors and no breakpoints, and programs cannot be probed: the types
 * of those are unknown
 */
export function perfInitEvent(task: Task, attr: PerfAttr, isOfTask: boolean): PerfSource | number {
  const source = sourceOf(task, attr, isOfTask);
  if (typeof source === "number") return source;
  return attr.hasExtendedRegs ? -EOPNOTSUPP : source;
}

function sourceOf(task: Task, attr: PerfAttr, isOfTask: boolean): PerfSource | number {
  const { type, config, sampleType } = attr;
  const refused = (sampleType & SAMPLE_BRANCH_STACK) !== 0 ? -EOPNOTSUPP : 0;
  switch (type) {
    case PERF_TYPE_SOFTWARE:
      if (refused !== 0) return refused;
      if (config >= SOFTWARE.length) return -ENOENT;
      return { counter: SOFTWARE[config]!, isBpfOutput: config === COUNT_SW_BPF_OUTPUT };
    case TYPE_CPU_CLOCK:
      if (config !== COUNT_SW_CPU_CLOCK) return -ENOENT;
      return refused !== 0 ? refused : { counter: "clock" };
    case TYPE_TASK_CLOCK:
      if (config !== COUNT_SW_TASK_CLOCK) return -ENOENT;
      return refused !== 0 ? refused : { counter: "clock" };
    case PERF_TYPE_TRACEPOINT:
      return refused !== 0 ? refused : tracepointSource(task, attr, isOfTask);
    case TYPE_KPROBE:
      if (!perfmonCapable(task)) return -EACCES;
      return refused !== 0 ? refused : kprobeSource(task, attr);
    default:
      return -ENOENT;
  }
}

/** @linux kernel/trace/trace_event_perf.c `perf_trace_init`, `perf_trace_event_perm` (6.18) */
function tracepointSource(
  task: Task,
  { config, sampleType }: PerfAttr,
  isOfTask: boolean,
): PerfSource | number {
  const hook = task.kernel.hooks.perfPlaces?.tracepoint(config);
  if (hook === undefined) return -EINVAL;
  // What everybody may know of themselves: the calls that they make.
  const isOpen = isOfTask && hook.kind === "tracepoint" && hook.event.startsWith("syscalls:");
  const isRaw = (sampleType & SAMPLE_RAW) !== 0;
  return isRaw && !isOpen && isParanoid(task, -1) ? -EPERM : { counter: "hits", hook };
}

const KSYM_NAME_LEN = 512;
const PROBE_IS_RETPROBE = 1;

/**
 * @linux kernel/trace/trace_event_perf.c `perf_kprobe_init`, kernel/trace/trace_kprobe.c `create_local_trace_kprobe` (6.18)
 * @simplified a probe is at the start of a function: there are no instructions behind
 */
function kprobeSource(task: Task, { config, config1, config2 }: PerfAttr): PerfSource | number {
  const isReturn = (config & PROBE_IS_RETPROBE) !== 0;
  const name = config1 === 0 ? "" : strncpyFromUser(task, config1, KSYM_NAME_LEN);
  if (name === undefined) return -E2BIG;
  if (typeof name === "number") return -EFAULT;
  const places = task.kernel.hooks.perfPlaces;
  const hook: PerfHook | undefined =
    name === "" ? places?.kprobeAt(config2, isReturn) : places?.kprobe(name, isReturn);
  if (hook === undefined) return name === "" ? -EINVAL : -ENOENT;
  return name !== "" && config2 !== 0 ? -EINVAL : { counter: "hits", hook };
}
