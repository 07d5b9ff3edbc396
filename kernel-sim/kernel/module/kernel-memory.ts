import {
  bugOops,
  generalProtectionOops,
  type Oops,
  pageFaultOops,
  pointer,
} from "../../arch/x86/oops.ts";
import { PAGE_PRESENT } from "../../hw/page-table.ts";
import { PAGE_SIZE, TASK_SIZE_MAX } from "../../mm/mm.ts";
import { kernelHeap } from "../../mm/slub.ts";
import { printk } from "../printk.ts";
import type { Task } from "../task.ts";

const KERN_ERR = 3;
const VIRTUAL_MIN = -(2 ** 47);

/**
 * What happens when kernel code touches `n` bytes at `address` as if they were its own; undefined: nothing, they
 * are. A pointer of the user faults, mapped or not: SMAP forbids it.
 *
 * @linux arch/x86/mm/fault.c `do_user_addr_fault`, mm/kasan/generic.c `check_region_inline` (6.18)
 */
export function touchKernel(
  task: Task,
  address: number,
  n: number,
  isWrite: boolean,
  symbol: string,
): Oops | undefined {
  if (n === 0) return undefined;
  const heap = kernelHeap(task.kernel);
  if (heap.holds(address, n)) {
    const what = heap.kasan(address, n);
    if (what !== undefined) {
      const action = `${isWrite ? "Write" : "Read"} of size ${n} at addr ${pointer(address)}`;
      report(task, "kasan", address, [
        `BUG: KASAN: ${what} in ${symbol}`,
        `${action} by task ${task.comm}/${task.pid}`,
      ]);
    }
    return undefined;
  }
  if (address >= TASK_SIZE_MAX || address < VIRTUAL_MIN) return generalProtectionOops(address);
  const page = address - (address % PAGE_SIZE);
  const isPresent = address >= 0 && ((task.mm?.tables.low(page) ?? 0) & PAGE_PRESENT) !== 0;
  return pageFaultOops(address, isWrite, isPresent);
}

/**
 * Refuses a copy that reaches over its object: no reader's length is believed that much.
 *
 * @linux mm/usercopy.c `check_heap_object`, `usercopy_abort` (6.18)
 */
export function checkObjectSize(
  task: Task,
  address: number,
  n: number,
  isToUser: boolean,
): Oops | undefined {
  const heap = kernelHeap(task.kernel);
  if (n === 0 || !heap.holds(address, 1)) return undefined;
  const object = heap.objectAt(address);
  const offset = object === undefined ? 0 : address - object.address;
  if (object !== undefined && offset + n <= object.roomBytes) return undefined;
  const what = `Kernel memory ${isToUser ? "exposure" : "overwrite"} attempt detected`;
  const where = `${isToUser ? "from" : "to"} SLUB object '${object?.cache ?? "unknown"}'`;
  return bugOops(`usercopy: ${what} ${where} (offset ${offset}, size ${n})!`);
}

/** Bytes that nobody has written must not leave the kernel. @linux mm/kmsan/hooks.c `kmsan_copy_to_user` (6.18) */
export function checkLeak(task: Task, address: number, n: number, symbol: string): void {
  const heap = kernelHeap(task.kernel);
  const count = heap.uninitialised(address, n);
  if (count === 0) return;
  report(task, "kmsan", address, [
    `BUG: KMSAN: kernel-infoleak in ${symbol}`,
    `${count} of ${n} bytes at ${pointer(address)} are uninitialized`,
  ]);
}

/** A sanitizer has found something; the code goes on. @linux include/trace/events/error_report.h (6.18) */
export function report(
  { kernel }: Task,
  detector: string,
  id: number,
  lines: readonly string[],
): void {
  for (const line of lines) printk(kernel, KERN_ERR, line);
  kernel.tracing.event("error_report:error_report_end", { error_detector: detector, id });
}
