import { CALL_FUNCTION_SINGLE_VECTOR, CALL_FUNCTION_VECTOR } from "../arch/x86/irq-vectors.ts";
import type { Kernel } from "./kernel.ts";
import type { RunQueue } from "./sched/runqueue.ts";

/**
 * Lets `call` be called on other CPUs, in an interrupt of each; without interrupts between CPUs, nowhere.
 *
 * @linux kernel/smp.c `smp_call_function_many_cond` (6.18)
 * @simplified who asks does not wait until the others have done it.
 */
export function smpCallFunctionMany(
  kernel: Kernel,
  targets: readonly RunQueue[],
  call: (rq: RunQueue) => void,
): void {
  const vector = targets.length === 1 ? CALL_FUNCTION_SINGLE_VECTOR : CALL_FUNCTION_VECTOR;
  for (const rq of targets) {
    kernel.irq.cpus[rq.cpu]!.calls.push(() => call(rq));
    kernel.irq.sendIpi(rq.cpu, vector);
  }
}

/** The other CPUs that run a task for which `wanted` holds. */
export function otherCpus(kernel: Kernel, wanted: (rq: RunQueue) => boolean): RunQueue[] {
  const here = (kernel.current ?? kernel.interrupted)?.cpu;
  if (here === undefined) return [];
  return kernel.sched.runQueues.filter((rq) => rq.cpu !== here && wanted(rq));
}
