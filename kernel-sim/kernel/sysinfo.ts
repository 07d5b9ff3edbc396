import { memoryOf } from "../mm/mm-init.ts";
import { copyToUser, setInt64 } from "../mm/uaccess.ts";
import { loadavgOf } from "./sched/loadavg.ts";
import type { Task } from "./task.ts";

const SYSINFO_BYTES = 112;
const PAGE_SIZE = 4096;

/**
 * Uptime, load, memory and the number of threads.
 *
 * @linux kernel/sys.c `do_sysinfo` (6.18)
 * @spec sysinfo(2)
 */
export function sysSysinfo(task: Task, at: number): number {
  const { kernel } = task;
  const { allocator } = memoryOf(kernel);
  const view = new DataView(new ArrayBuffer(SYSINFO_BYTES));
  setInt64(view, 0, Math.ceil(kernel.now() / 1e9));
  loadavgOf(kernel).forEach((load, i) => {
    setInt64(view, 8 + i * 8, load * 2 ** 5);
  });
  setInt64(view, 32, allocator.totalPages * PAGE_SIZE);
  setInt64(view, 40, allocator.freePages * PAGE_SIZE);
  view.setUint16(80, kernel.tasks.size, true);
  // Sizes are in bytes: they fit.
  view.setUint32(104, 1, true);
  return copyToUser(task, at, new Uint8Array(view.buffer));
}
