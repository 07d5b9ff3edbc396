import { extableEntry } from "../../arch/x86/extable.ts";
import { PF_PROT, PF_WRITE } from "../../hw/mmu.ts";
import { PAGE_PRESENT, PAGE_RW } from "../../hw/page-table.ts";
import { PAGE_SIZE, TASK_SIZE_MAX } from "../../mm/mm.ts";
import type { Task } from "../task.ts";

/**
 * Whether [addr, addr + n) can be user memory at all. It says nothing of what is mapped there.
 *
 * @linux arch/x86/include/asm/uaccess_64.h `__access_ok` (6.18)
 */
export function accessOk(addr: number, n: number): boolean {
  return addr >= 0 && n >= 0 && addr + n <= TASK_SIZE_MAX;
}

/**
 * Copies from or to user memory with every page fault on the way in the trace; answers how many bytes were
 * copied. What cannot be repaired ends at the exception table's entry for the instruction that faulted.
 * `exceptions:page_fault_kernel` is Linux's event; `exceptions:fixup_exception` is one of our own, since Linux has no
 * tracepoint in the function of that name.
 *
 * @linux arch/x86/lib/copy_user_64.S, arch/x86/mm/extable.c `fixup_exception` (6.18)
 * @param symbol the function of the kernel whose instruction touches user memory
 */
export function moveUser(
  task: Task,
  addr: number,
  bytes: Uint8Array,
  isWrite: boolean,
  symbol: string,
): number {
  const { mm, kernel } = task;
  kernel.chargeCurrent(kernel.costs.copyLineNs * Math.max(1, Math.ceil(bytes.length / 64)));
  let done = 0;
  while (done < bytes.length) {
    const at = addr + done;
    const step = Math.min(bytes.length - done, PAGE_SIZE - (at % PAGE_SIZE));
    const piece = bytes.subarray(done, done + step);
    const errorCode = faultAt(task, at, isWrite);
    if (errorCode !== undefined) {
      kernel.tracing.event("exceptions:page_fault_kernel", {
        address: at,
        ip: symbol,
        error_code: errorCode,
      });
    }
    const moved = isWrite ? mm?.copyToUser(at, piece) : mm?.copyFromUser(at, piece);
    done += moved ?? 0;
    if ((moved ?? 0) < step) {
      noteFixup(task, addr + done, symbol, bytes.length - done);
      break;
    }
  }
  return done;
}

/** An address that is not the user's is not asked for at all: the access ends as if it had faulted. */
export function noteFixup(task: Task, address: number, symbol: string, left: number): void {
  const { type, fixup } = extableEntry(symbol);
  task.kernel.tracing.event("exceptions:fixup_exception", {
    address,
    ip: symbol,
    type,
    fixup,
    left,
  });
}

/** The error code of the page fault that an access would raise now; undefined: none. */
function faultAt({ mm }: Task, at: number, isWrite: boolean): number | undefined {
  const low = mm !== undefined && at < mm.taskSize ? mm.tables.low(at) : 0;
  const needed = PAGE_PRESENT | (isWrite ? PAGE_RW : 0);
  if ((low & needed) === needed) return undefined;
  return (isWrite ? PF_WRITE : 0) | ((low & PAGE_PRESENT) === 0 ? 0 : PF_PROT);
}
