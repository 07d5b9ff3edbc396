import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/**
 * @linux kernel/bpf/helpers.c `bpf_spin_lock` (6.18)
 * @simplified a program runs to its end before another one runs: nobody ever waits.
 */
export function spinLock({ memory, r }: Vm): number {
  memory.view.setInt32(r[2]!, 1, true);
  return 0;
}

/** @linux kernel/bpf/helpers.c `bpf_spin_unlock` (6.18) */
export function spinUnlock({ memory, r }: Vm): number {
  memory.view.setInt32(r[2]!, 0, true);
  return 0;
}
