import { SIGKILL, SIGSEGV } from "../../include/uapi/signal.ts";
import { printk } from "../../kernel/printk.ts";
import type { Task } from "../../kernel/task.ts";

const KERN_ALERT = 1;
const KERN_DEFAULT = 4;
const PF_PROT = 1;
const PF_WRITE = 2;

/** Code of the kernel has done what no code of the kernel may: the task in whose name it ran dies. */
export interface Oops {
  readonly kind: "oops";
  /** What the kernel's log says first. */
  readonly lines: readonly string[];
  /** The signal that seems to have ended the task. */
  readonly signo: number;
}

/**
 * A page fault of kernel code that no entry of the exception table covers.
 *
 * @linux arch/x86/mm/fault.c `page_fault_oops`, `show_fault_oops` (6.18)
 * @param isPresent the page is there: it was the right that lacked, as SMAP takes it away
 */
export function pageFaultOops(address: number, isWrite: boolean, isPresent: boolean): Oops {
  const code = (isPresent ? PF_PROT : 0) | (isWrite ? PF_WRITE : 0);
  const error = code.toString(16).padStart(4, "0");
  const first =
    address >= 0 && address < 4096
      ? `BUG: kernel NULL pointer dereference, address: ${pointer(address)}`
      : `BUG: unable to handle page fault for address: ${pointer(address)}`;
  return {
    kind: "oops",
    lines: [
      first,
      `#PF: supervisor ${isWrite ? "write" : "read"} access in kernel mode`,
      `#PF: error_code(0x${error}) - ${isPresent ? "permissions violation" : "not-present page"}`,
      `Oops: Oops: ${error} [#1] SMP`,
    ],
    signo: SIGKILL,
  };
}

/** An address that is neither the user's nor the kernel's. @linux arch/x86/kernel/traps.c `exc_general_protection` (6.18) */
export function generalProtectionOops(address: number): Oops {
  const where = `non-canonical address 0x${pointer(address).replace(/^0+(?=.)/, "")}`;
  return {
    kind: "oops",
    lines: [`Oops: general protection fault, probably for ${where}: 0000 [#1] SMP`],
    signo: SIGSEGV,
  };
}

/** BUG(): the kernel has found a mistake of its own. @linux lib/bug.c `report_bug` (6.18) */
export function bugOops(why: string): Oops {
  return {
    kind: "oops",
    lines: [why, "Oops: invalid opcode: 0000 [#1] SMP"],
    signo: SIGSEGV,
  };
}

/** Tells the log what has happened. @linux arch/x86/kernel/dumpstack.c `oops_end` (6.18) */
export function logOops(task: Task, oops: Oops, symbol: string): void {
  const { kernel } = task;
  for (const line of oops.lines) printk(kernel, KERN_ALERT, line);
  const { cpu, pid, comm, cred } = task;
  printk(kernel, KERN_DEFAULT, `CPU: ${cpu} UID: ${cred.uid} PID: ${pid} Comm: ${comm}`);
  printk(kernel, KERN_DEFAULT, `RIP: 0010:${symbol}`);
  printk(kernel, KERN_DEFAULT, "---[ end trace 0000000000000000 ]---");
}

/** An address as `%px` prints it. */
export function pointer(address: number): string {
  const low = ((address % 2 ** 32) + 2 ** 32) % 2 ** 32;
  const high = (Math.floor(address / 2 ** 32) % 2 ** 32) >>> 0;
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
