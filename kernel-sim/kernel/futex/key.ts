import { EFAULT, EINVAL } from "../../include/errno.ts";
import { VM_SHARED, VM_WRITE } from "../../mm/vma.ts";
import type { Task } from "../task.ts";

const TASK_SIZE_MAX = 2 ** 47 - 4096;

/**
 * Which futex a word is: of an address space, or of a file's contents, wherever they are mapped.
 *
 * @linux include/linux/futex.h `union futex_key` (6.18)
 */
export interface FutexKey {
  /** The address space or the inode. */
  readonly of: object;
  /** Address, or place in the file. */
  readonly at: number;
}

/**
 * The key of the word at `addr` of the memory of `task`, or a negative errno. A private futex is looked for
 * in the address space alone and asks for no page.
 *
 * @linux kernel/futex/core.c `get_futex_key` (6.18)
 */
export function getFutexKey(
  task: Task,
  addr: number,
  isPrivate: boolean,
  isWrite = false,
): FutexKey | number {
  if (addr % 4 !== 0) return -EINVAL;
  if (addr < 0 || addr > TASK_SIZE_MAX || task.mm === undefined) return -EFAULT;
  const { mm } = task;
  if (isPrivate) return { of: mm, at: addr };
  const vma = mm.findVma(addr);
  const word = new Uint8Array(4);
  if (vma === undefined || mm.copyFromUser(addr, word) < 4) return -EFAULT;
  const mayWrite = (vma.flags & VM_WRITE) !== 0;
  if (isWrite && !mayWrite) return -EFAULT;
  if (vma.file !== undefined && (vma.flags & VM_SHARED) !== 0) {
    return { of: vma.file.inode, at: addr - vma.start + vma.pgoff * 4096 };
  }
  if (vma.file !== undefined && !mayWrite) {
    return { of: vma.file.inode, at: addr - vma.start + vma.pgoff * 4096 };
  }
  // Linux takes the page as for writing, so that a private copy is made before anybody waits on it.
  if (mayWrite) mm.copyToUser(addr, word);
  return { of: mm, at: addr };
}

export function isSameKey(a: FutexKey, b: FutexKey): boolean {
  return a.of === b.of && a.at === b.at;
}
