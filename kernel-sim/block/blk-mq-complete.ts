import type { Kernel } from "../kernel/kernel.ts";
import { BLOCK_SOFTIRQ, openSoftirq, raiseSoftirq } from "../kernel/softirq.ts";

/**
 * A disk has done a request, says its interrupt handler: `done` tells who waits. With one queue for several CPUs that is
 * left to a softirq; with one CPU it is done at once.
 *
 * @linux block/blk-mq.c `blk_mq_complete_request_remote`, `blk_done_softirq` (6.18)
 * @simplified all CPUs share a cache, so that no request is sent back to the CPU that has asked for it.
 */
export function blkCompleteRequest(kernel: Kernel, done: () => void): void {
  if (kernel.cpus === 1) {
    done();
    return;
  }
  const queue = kernel.subsystem("blk.done", (): (() => void)[] => {
    const waiting: (() => void)[] = [];
    openSoftirq(kernel, BLOCK_SOFTIRQ, () => {
      for (const one of waiting.splice(0)) one();
    });
    return waiting;
  });
  queue.push(done);
  raiseSoftirq(kernel, BLOCK_SOFTIRQ);
}
