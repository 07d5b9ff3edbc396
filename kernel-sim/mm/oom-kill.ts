import { SIGKILL } from "../include/uapi/signal.ts";
import { printk } from "../kernel/printk.ts";
import { TASK_INTERRUPTIBLE, TASK_WAKEKILL } from "../kernel/state.ts";
import { PF_KTHREAD, type Task } from "../kernel/task.ts";
import type { Mm } from "./mm.ts";
import { VM_SHARED } from "./vma.ts";
import { zapRange } from "./zap.ts";

const OOM_SCORE_ADJ_MIN = -1000;

/**
 * A fault found no free frame: somebody is killed and what only he has is taken from him. Whether the access
 * can be made again; false when it was made by who has to die.
 *
 * @linux mm/oom_kill.c `out_of_memory`, `pagefault_out_of_memory` (6.18)
 * @simplified nothing is reclaimed before: there is no swap yet, and files in memory have no other place.
 */
export function pagefaultOutOfMemory(mm: Mm): boolean {
  const { kernel } = mm;
  const { current } = kernel;
  if (current?.hasFatalSignalPending() === true) return false;
  const victim = selectBadProcess(mm);
  if (victim === undefined) {
    printk(kernel, 0, "Out of memory and no killable processes...");
    if (current !== undefined) kill(current);
    return false;
  }
  const { allocator } = mm.memory;
  const freeBefore = allocator.freePages;
  oomKillProcess(mm, victim);
  const isSelf = victim.mm === mm && (current === undefined || current.signal === victim.signal);
  return !isSelf && allocator.freePages > freeBefore;
}

/** How much would come free: pages, swap and page tables, moved by the owner's wish. @linux `oom_badness` */
export function oomBadness(task: Task, totalPages: number): number | undefined {
  const { mm } = task;
  if (mm === undefined || isUnkillable(task) || mm.isUnstable) return undefined;
  const adj = task.signal.oomScoreAdj;
  if (adj === OOM_SCORE_ADJ_MIN || task.vforkDone !== undefined) return undefined;
  const points = mm.rss + mm.swapEntries + mm.tables.tables + 1;
  return points + adj * Math.floor(totalPages / 1000);
}

function isUnkillable(task: Task): boolean {
  return task.pid === 1 || (task.flags & PF_KTHREAD) !== 0;
}

function selectBadProcess(mm: Mm): Task | undefined {
  let chosen: Task | undefined;
  let most = -Infinity;
  for (const task of mm.kernel.tasks) {
    if (!task.isThreadGroupLeader) continue;
    const points = oomBadness(task, mm.memory.allocator.totalPages);
    if (points === undefined || points < most) continue;
    most = points;
    chosen = task;
  }
  return chosen;
}

/** @linux mm/oom_kill.c `__oom_kill_process` */
function oomKillProcess(mm: Mm, victim: Task): void {
  const { kernel } = mm;
  const kb = (pages: number) => pages * 4;
  const room = victim.mm!;
  const invoker = kernel.current;
  if (invoker !== undefined) {
    printk(
      kernel,
      4,
      `${invoker.comm} invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP), order=0, oom_score_adj=${invoker.signal.oomScoreAdj}`,
    );
  }
  printk(
    kernel,
    3,
    `Out of memory: Killed process ${victim.pid} (${victim.comm}) total-vm:${kb(room.totalVm)}kB, anon-rss:${kb(room.anonPages)}kB, file-rss:${kb(room.filePages)}kB, shmem-rss:${kb(room.shmemPages)}kB, UID:${victim.cred.uid} pgtables:${kb(room.tables.tables + 1)}kB oom_score_adj:${victim.signal.oomScoreAdj}`,
  );
  kernel.tracing.event("oom:mark_victim", {
    pid: victim.pid,
    comm: victim.comm,
    total_vm: kb(room.totalVm),
    anon_rss: kb(room.anonPages),
    file_rss: kb(room.filePages),
    shmem_rss: kb(room.shmemPages),
    uid: victim.cred.uid,
    pgtables: kb(room.tables.tables + 1),
    oom_score_adj: victim.signal.oomScoreAdj,
  });
  for (const task of kernel.tasks) {
    if (task.mm === room && !isUnkillable(task)) kill(task);
  }
  reap(room);
  printk(
    kernel,
    6,
    `oom_reaper: reaped process ${victim.pid} (${victim.comm}), now anon-rss:${kb(room.anonPages)}kB, file-rss:${kb(room.filePages)}kB, shmem-rss:${kb(room.shmemPages)}kB`,
  );
}

/** A victim that sleeps gives its private pages back at once. @linux mm/oom_kill.c `__oom_reap_task_mm` */
function reap(mm: Mm): void {
  mm.isUnstable = true;
  for (const vma of mm.vmas) {
    if (!vma.isAnonymous && (vma.flags & VM_SHARED) !== 0) continue;
    zapRange(vma, vma.start, vma.end, { dropMarkers: true });
  }
}

/** @linux kernel/signal.c `do_send_sig_info` with SEND_SIG_PRIV */
function kill(task: Task): void {
  for (const thread of task.signal.threads) {
    thread.pending.signal |= 1n << BigInt(SIGKILL - 1);
    thread.sigpending = true;
    thread.kernel.sched.tryToWakeUp(thread, TASK_INTERRUPTIBLE | TASK_WAKEKILL);
  }
}
