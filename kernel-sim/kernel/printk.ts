import type { Kernel } from "./kernel.ts";

/** One line of the kernel's log. */
export interface PrintkRecord {
  /** 0 (emergency) to 7 (debug). */
  readonly level: number;
  /** In ns since boot. */
  readonly timeNs: number;
  readonly text: string;
}

/** So many lines are kept. */
const LOG_LINES = 4096;

/** The kernel's log, oldest line first. */
export function kernelLog(kernel: Kernel): PrintkRecord[] {
  return kernel.subsystem("printk", () => []);
}

/**
 * Writes a line to the kernel's log.
 *
 * @linux kernel/printk/printk.c (6.18)
 */
export function printk(kernel: Kernel, level: number, text: string): void {
  const log = kernelLog(kernel);
  log.push({ level, timeNs: kernel.now(), text });
  if (log.length > LOG_LINES) log.shift();
  kernel.tracing.event("printk:console", { msg: text });
}
