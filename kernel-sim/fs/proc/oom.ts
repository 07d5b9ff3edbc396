import { EACCES, EINVAL, ESRCH } from "../../include/errno.ts";
import { CAP_SYS_RESOURCE } from "../../include/uapi/capability.ts";
import { capable } from "../../kernel/cred.ts";
import type { Task } from "../../kernel/task.ts";
import { kstrtoll } from "../../lib/kstrtox.ts";
import { memoryOf } from "../../mm/mm-init.ts";
import { oomBadness } from "../../mm/oom-kill.ts";
import type { ByteString, FileOperations } from "../fs.ts";
import { advance, writtenText } from "./base-files.ts";
import { getProcTask } from "./internal.ts";
import { pidSeqOperations } from "./pid-entry.ts";

const OOM_SCORE_ADJ_MIN = -1000;
const OOM_SCORE_ADJ_MAX = 1000;
/** The old scale: -17 for "never", then -16 to 15. */
const OOM_DISABLE = -17;
const OOM_ADJUST_MAX = 15;
const PROC_NUMBUF = 13;

/** How likely the process is to be killed when memory runs out: 0 to 2000. @linux fs/proc/base.c `proc_oom_score` */
export function oomScoreText(task: Task): ByteString {
  const { totalPages } = memoryOf(task.kernel).allocator;
  const badness = oomBadness(task, totalPages);
  if (badness === undefined) return "0\n";
  return `${Math.trunc(((1000 + Math.trunc((badness * 1000) / totalPages)) * 2) / 3)}\n`;
}

/** /proc/PID/oom_score_adj. @linux fs/proc/base.c `oom_score_adj_write` (6.18) */
export const oomScoreAdjOperations: FileOperations = pidSeqOperations(
  (task) => `${task.signal.oomScoreAdj}\n`,
  {
    writeIter(iocb, iter) {
      const total = iter.count;
      const text = writtenText(iter, PROC_NUMBUF - 1);
      if (typeof text === "number") return text;
      const adj = kstrtoll(text);
      if (adj === undefined || adj < OOM_SCORE_ADJ_MIN || adj > OOM_SCORE_ADJ_MAX) return -EINVAL;
      const error = setOomAdj(iocb.task, getProcTask(iocb.file.inode), adj, false);
      return error < 0 ? error : advance(iocb, total);
    },
  },
);

/** /proc/PID/oom_adj, the same in the old scale. @linux fs/proc/base.c `oom_adj_write` (6.18) */
export const oomAdjOperations: FileOperations = pidSeqOperations(
  (task) => `${oldScale(task.signal.oomScoreAdj)}\n`,
  {
    writeIter(iocb, iter) {
      const total = iter.count;
      const text = writtenText(iter, PROC_NUMBUF - 1);
      if (typeof text === "number") return text;
      const adj = kstrtoll(text);
      if (adj === undefined || adj < OOM_DISABLE || adj > OOM_ADJUST_MAX) return -EINVAL;
      const scaled =
        adj === OOM_ADJUST_MAX
          ? OOM_SCORE_ADJ_MAX
          : Math.trunc((adj * OOM_SCORE_ADJ_MAX) / -OOM_DISABLE);
      const error = setOomAdj(iocb.task, getProcTask(iocb.file.inode), scaled, true);
      return error < 0 ? error : advance(iocb, total);
    },
  },
);

function oldScale(adj: number): number {
  if (adj === OOM_SCORE_ADJ_MAX) return OOM_ADJUST_MAX;
  const scaled = Math.trunc((adj * -OOM_DISABLE) / OOM_SCORE_ADJ_MAX);
  return Math.max(OOM_DISABLE, Math.min(OOM_ADJUST_MAX, scaled));
}

/**
 * Lower than somebody with CAP_SYS_RESOURCE has set it needs that capability; who shares the memory shares
 * the value.
 *
 * @linux fs/proc/base.c `__set_oom_adj` (6.18)
 */
function setOomAdj(task: Task, target: Task | undefined, adj: number, isLegacy: boolean): number {
  if (target === undefined) return -ESRCH;
  const mayLower = capable(task.cred, CAP_SYS_RESOURCE);
  const { signal, mm } = target;
  const least = isLegacy ? signal.oomScoreAdj : signal.oomScoreAdjMin;
  if (adj < least && !mayLower) return -EACCES;
  const isTold = (other: Task) => other.signal === signal || (mm !== undefined && other.mm === mm);
  for (const other of task.kernel.tasks) {
    // The child of a vfork has its parent's memory for a moment only.
    if (!isTold(other) || (other.signal !== signal && target.vforkDone !== undefined)) continue;
    other.signal.oomScoreAdj = adj;
    if (!isLegacy && mayLower) other.signal.oomScoreAdjMin = adj;
  }
  return 0;
}
