/** Timers in values of maps. @linux kernel/bpf/helpers.c (6.18) */
import { EBUSY, EDEADLK, EINVAL, ENOMEM, EPERM } from "../../include/errno.ts";
import type { AsyncCallback, AsyncKind } from "../async.ts";
import { BPF_TASK_WORK, BPF_TIMER, BPF_WORKQUEUE } from "../btf/field-types.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
const CLOCKS = [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME];
const BPF_F_TIMER_ABS = 1;
const BPF_F_TIMER_CPU_PIN = 2;
const KTIME_MAX = 2 ** 63;

const FIELDS: Readonly<Record<AsyncKind, number>> = {
  timer: BPF_TIMER,
  work: BPF_WORKQUEUE,
  "task-work": BPF_TASK_WORK,
};

/** What r1 points to, made for the map that r2 points to. @linux kernel/bpf/helpers.c `__bpf_async_init` (6.18) */
export function asyncInit({ machine, r }: Vm, kind: AsyncKind, clockId = 0): number {
  const { async, objects } = machine;
  if (async.at(r[2]!) !== undefined) return -EBUSY;
  const map = machine.mapAt(r[4]!);
  const offset = map.types?.record?.offsetOf(FIELDS[kind]);
  if (offset === undefined) return -ENOMEM;
  // It would go off although whoever has made the map has gone.
  if (!objects.hasUsers(map)) return -EPERM;
  async.make(r[2]!, kind, map, offset, clockId);
  return 0;
}

/** r2 points to the function. @linux kernel/bpf/helpers.c `__bpf_async_set_callback` (6.18) */
export function asyncSetCallback({ machine, r }: Vm): number {
  const { async, objects } = machine;
  const found = async.at(r[2]!);
  if (found === undefined) return -EINVAL;
  if (!objects.hasUsers(found.map)) return -EPERM;
  async.setFunction(found, machine.laterFunctionAt(r[4]!));
  return 0;
}

/** @linux kernel/bpf/helpers.c `bpf_timer_init` (6.18) */
export function timerInit(vm: Vm): number {
  const { r } = vm;
  return r[7] !== 0 || !CLOCKS.includes(r[6]!) ? -EINVAL : asyncInit(vm, "timer", r[6]!);
}

/** @linux kernel/bpf/helpers.c `bpf_timer_set_callback` (6.18) */
export function timerSetCallback(vm: Vm): number {
  return asyncSetCallback(vm);
}

/** @linux kernel/bpf/helpers.c `bpf_timer_start` (6.18) */
export function timerStart({ machine, r, cpu }: Vm): number {
  const { async } = machine;
  const flags = r[6]!;
  if (r[7] !== 0 || (flags & ~(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN)) !== 0) return -EINVAL;
  const timer = async.at(r[2]!);
  if (timer?.callback === undefined) return -EINVAL;
  const isReal = timer.clockId === CLOCK_REALTIME;
  const ns = r[5]! * 2 ** 32 + (r[4]! >>> 0);
  const isAbsolute = (flags & BPF_F_TIMER_ABS) !== 0;
  async.startTimer(timer, expiresAt(machine, timer, ns, isAbsolute), cpu, isReal);
  return 0;
}

/** In ns since boot. @linux kernel/time/hrtimer.c `hrtimer_start_range_ns`, `ktime_add_safe` (6.18) */
function expiresAt(
  { async, clock }: BpfKernel,
  { clockId }: AsyncCallback,
  ns: number,
  isAbsolute: boolean,
): number {
  if (ns < 0) return KTIME_MAX;
  if (!isAbsolute) return clock.now() + ns;
  return clockId === CLOCK_REALTIME ? async.realToMonotonic(ns) : ns;
}

/** Answers whether it ran. @linux kernel/bpf/helpers.c `bpf_timer_cancel` (6.18) */
export function timerCancel({ machine: { async }, r }: Vm): number {
  const timer = async.at(r[2]!);
  if (timer === undefined) return -EINVAL;
  if (async.running === timer) return -EDEADLK;
  async.setFunction(timer, undefined);
  return Number(async.stop(timer));
}
