/**
 * How `preempt_count()` is divided: how often preemption was forbidden, softirqs, interrupts, NMIs.
 *
 * @linux include/linux/preempt.h (6.18)
 */
export const SOFTIRQ_OFFSET = 1 << 8;
export const SOFTIRQ_MASK = 0xff << 8;
export const HARDIRQ_OFFSET = 1 << 16;
export const HARDIRQ_MASK = 0xf << 16;
export const NMI_MASK = 0xf << 20;
