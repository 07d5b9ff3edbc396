/** Timers in values of maps. @linux kernel/bpf/helpers.c (6.18) */
import { EBUSY, EDEADLK, EINVAL, ENOMEM } from "../../include/errno.ts";
import { BPF_TIMER } from "../btf/field-types.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { BpfTimer } from "../timers.ts";

type Vm = BpfCpu<BpfKernel>;

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
const CLOCKS = [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME];
const BPF_F_TIMER_ABS = 1;
const BPF_F_TIMER_CPU_PIN = 2;

/** The timer in a value, undefined before it is made. */
function timerAt({ machine, memory, r }: Vm): BpfTimer | undefined {
  return machine.timers.byId(memory.view.getUint32(r[2]!, true));
}

/** @linux kernel/bpf/helpers.c `bpf_timer_init`, `__bpf_async_init` (6.18) */
export function timerInit(vm: Vm): number {
  const { machine, memory, r } = vm;
  if (r[7] !== 0 || !CLOCKS.includes(r[6]!)) return -EINVAL;
  if (timerAt(vm) !== undefined) return -EBUSY;
  const map = machine.mapAt(r[4]!);
  const offset = map.types?.record?.offsetOf(BPF_TIMER);
  if (offset === undefined) return -ENOMEM;
  const timer = machine.timers.make(map, r[2]! - offset);
  memory.view.setUint32(r[2]!, timer.id, true);
  return 0;
}

/** @linux kernel/bpf/helpers.c `bpf_timer_set_callback` (6.18) */
export function timerSetCallback(vm: Vm): number {
  const { machine, r } = vm;
  const timer = timerAt(vm);
  if (timer === undefined) return -EINVAL;
  timer.callback = {
    prog: machine.programOfFunction(r[4]!),
    entry: machine.functionAt(r[4]!),
  };
  return 0;
}

/** @linux kernel/bpf/helpers.c `bpf_timer_start` (6.18) */
export function timerStart(vm: Vm): number {
  const { machine, r } = vm;
  const flags = r[6]!;
  if (r[7] !== 0 || (flags & ~(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN)) !== 0) return -EINVAL;
  const timer = timerAt(vm);
  if (timer?.callback === undefined) return -EINVAL;
  const ns = (r[5]! >>> 0) * 2 ** 32 + (r[4]! >>> 0);
  timer.expires = (flags & BPF_F_TIMER_ABS) === 0 ? machine.clock.now() + ns : ns;
  return 0;
}

/** Answers whether it ran. @linux kernel/bpf/helpers.c `bpf_timer_cancel` (6.18) */
export function timerCancel(vm: Vm): number {
  const timer = timerAt(vm);
  if (timer === undefined) return -EINVAL;
  if (vm.machine.timers.running === timer) return -EDEADLK;
  const wasRunning = timer.expires !== undefined;
  timer.expires = undefined;
  timer.callback = undefined;
  return Number(wasRunning);
}
