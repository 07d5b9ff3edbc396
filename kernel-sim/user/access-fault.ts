import { PF_PROT, PF_USER, PF_WRITE } from "../hw/mmu.ts";
import { PAGE_PRESENT, PAGE_RW } from "../hw/page-table.ts";
import type { Task } from "../kernel/task.ts";
import type { Exception } from "../kernel/user-context.ts";

const X86_TRAP_GP = 13;
const X86_TRAP_PF = 14;
const PAGE_SIZE = 4096;
/** Addresses whose upper 17 bits are not alike are none. */
const CANONICAL_END = 2 ** 47;
const KERNEL_START = 2 ** 64 - 2 ** 47;

/**
 * What the processor answers to a load or store of user code, if it does not simply make it: no entry in the page
 * tables, or one that forbids it. The kernel's half is mapped for the kernel alone, so an access to it is a
 * violation of protection.
 */
export function accessFault(
  { mm }: Task,
  addr: number,
  length: number,
  isStore: boolean,
): Exception | undefined {
  if (mm === undefined || length === 0) return undefined;
  const code = PF_USER | (isStore ? PF_WRITE : 0);
  const start = addr < 0 ? addr + 2 ** 64 : addr;
  // Up there numbers have no room for small differences.
  if (start >= KERNEL_START) return pageFault(start, code | PF_PROT);
  for (let at = start; at < start + length; at = at - (at % PAGE_SIZE) + PAGE_SIZE) {
    if (at >= CANONICAL_END) return { vector: X86_TRAP_GP, errorCode: 0, address: 0 };
    const low = at < mm.taskSize ? mm.tables.low(at) : 0;
    if ((low & PAGE_PRESENT) === 0) return pageFault(at, code);
    if (isStore && (low & PAGE_RW) === 0) return pageFault(at, code | PF_PROT);
  }
  return undefined;
}

function pageFault(address: number, errorCode: number): Exception {
  return { vector: X86_TRAP_PF, errorCode, address };
}
