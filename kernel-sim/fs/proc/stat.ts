import type { Kernel } from "../../kernel/kernel.ts";
import { TASK_UNINTERRUPTIBLE } from "../../kernel/state.ts";
import type { ByteString } from "../fs.ts";
import { interruptCounts, softirqCounts } from "./interrupts.ts";

const CLOCK_NS = 10_000_000;

/**
 * /proc/stat: what the CPUs have done since boot, in hundredths of a second, and more.
 *
 * @linux fs/proc/stat.c `show_stat` (6.18)
 * @spec proc_stat(5)
 * @simplified time in interrupts is counted with CONFIG_IRQ_TIME_ACCOUNTING; nobody waits for disks or steals time.
 */
export function procStat(kernel: Kernel): ByteString {
  const perCpu = kernel.sched.runQueues.map((rq) => {
    // A CPU that has nothing to do has been idle since its own time stopped.
    const idle = rq.idleNs + (rq.nrRunning > 0 ? 0 : Math.max(0, kernel.now() - rq.now));
    return [rq.userNs, rq.niceNs, rq.systemNs, idle, 0, rq.irqNs, rq.softirqNs];
  });
  const total = [0, 1, 2, 3, 4, 5, 6].map((i) => perCpu.reduce((sum, times) => sum + times[i]!, 0));
  const line = (name: string, times: readonly number[]) =>
    `${name} ${times.map((ns) => Math.floor(ns / CLOCK_NS)).join(" ")} 0 0 0\n`;
  let running = 0;
  let switches = 0;
  for (const rq of kernel.sched.runQueues) {
    running += rq.nrRunning;
    switches += rq.nrSwitches;
  }
  let blocked = 0;
  for (const task of kernel.tasks) {
    if (task.exitState === 0 && task.state === TASK_UNINTERRUPTIBLE) blocked++;
  }
  return [
    line("cpu ", total),
    ...perCpu.map((times, cpu) => line(`cpu${cpu}`, times)),
    `intr ${interruptCounts(kernel)}\n`,
    `ctxt ${switches}\n`,
    `btime ${Math.floor(kernel.wallClockBootNs / 1e9)}\n`,
    `processes ${kernel.initPidNs.lastPid}\n`,
    `procs_running ${running}\n`,
    `procs_blocked ${blocked}\n`,
    `softirq ${softirqCounts(kernel)}\n`,
  ].join("");
}
