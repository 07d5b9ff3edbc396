import { EINVAL, ENOMEM } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { toAddress, toUlong } from "./mmap.ts";
import { pageAlign } from "./munmap.ts";
import { VM_SEALED } from "./vma.ts";
import { vmaModify } from "./vma-merge.ts";

/**
 * Forbids for ever what would change the mappings of a range: unmapping, moving, other protection.
 *
 * @linux mm/mseal.c `do_mseal` (6.18)
 */
export function sysMseal(task: Task, at: number, bytes: number, flags: number): number {
  const mm = task.mm!;
  const start = toAddress(at);
  const len = pageAlign(toUlong(bytes));
  if (flags !== 0 || start % 4096 !== 0) return -EINVAL;
  const end = start + len;
  if (end >= 2 ** 64) return -EINVAL;
  if (len === 0) return 0;
  let reached = start;
  for (const vma of mm.vmasIn(start, end)) {
    if (vma.start > reached) return -ENOMEM;
    reached = vma.end;
  }
  if (reached < end) return -ENOMEM;
  for (let from = start; from < end; ) {
    const vma = mm.findVma(from)!;
    const until = Math.min(vma.end, end);
    if ((vma.flags & VM_SEALED) === 0) {
      const sealed = vmaModify(vma, from, until, { flags: vma.flags | VM_SEALED });
      if (typeof sealed === "number") return sealed;
      sealed.flags |= VM_SEALED;
    }
    from = until;
  }
  return 0;
}
