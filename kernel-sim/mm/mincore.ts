import { inodePermission, MAY_WRITE } from "../fs/permission.ts";
import { EFAULT, EINVAL, ENOMEM } from "../include/errno.ts";
import { CAP_FOWNER } from "../include/uapi/capability.ts";
import { capable } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import { toAddress, toUlong } from "./mmap.ts";
import { ptePresent } from "./pgtable.ts";
import { copyToUser } from "./uaccess.ts";
import type { Vma } from "./vma.ts";

/** So many pages are looked at between two copies to the caller. */
const CHUNK = 4096;

/**
 * Says for each page of a range whether it is in memory: a byte each, 1 or 0.
 *
 * @linux mm/mincore.c (6.18)
 */
export function sysMincore(task: Task, at: number, bytes: number, vec: number): number {
  const mm = task.mm!;
  const start = toAddress(at);
  const len = toUlong(bytes);
  if (start % 4096 !== 0) return -EINVAL;
  if (start + len > mm.taskSize) return -ENOMEM;
  const pages = Math.ceil(len / 4096);
  const to = toUlong(vec);
  if (to + pages > mm.taskSize) return -EFAULT;
  for (let done = 0; done < pages; ) {
    const from = start + done * 4096;
    const vma = mm.findVma(from);
    if (vma === undefined) return -ENOMEM;
    const count = Math.min(pages - done, CHUNK, (vma.end - from) / 4096);
    const answer = new Uint8Array(count);
    if (canDoMincore(task, vma)) look(vma, from, answer);
    else answer.fill(1);
    if (copyToUser(task, to + done, answer) !== 0) return -EFAULT;
    done += count;
  }
  return 0;
}

function look(vma: Vma, start: number, answer: Uint8Array): void {
  for (let i = 0; i < answer.length; i++) {
    const address = start + i * 4096;
    const low = vma.mm.tables.low(address);
    const cached = vma.file?.inode.mapping?.pages.has(vma.pgoffOf(address)) === true;
    answer[i] = ptePresent(low) || cached ? 1 : 0;
  }
}

/** What others have in the cache is told only to who may write the file. */
function canDoMincore(task: Task, vma: Vma): boolean {
  if (vma.isAnonymous) return true;
  const inode = vma.file?.inode;
  if (inode === undefined) return false;
  const { cred } = task;
  if (cred.fsuid === inode.uid || capable(cred, CAP_FOWNER)) return true;
  return inodePermission(task, inode, MAY_WRITE) === 0;
}
