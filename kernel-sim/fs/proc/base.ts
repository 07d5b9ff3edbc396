import type { PidNamespace } from "../../kernel/pid.ts";
import type { Task } from "../../kernel/task.ts";
import type { Inode } from "../fs.ts";
import { procPidStat, procPidStatus, procTidChildren } from "./array.ts";
import {
  commOperations,
  ioText,
  personalityText,
  syscallText,
  timerslackOperations,
} from "./base-files.ts";
import { linkToCwd, linkToExe, linkToRoot } from "./base-links.ts";
import {
  auxvOperations,
  cmdlineOperations,
  environOperations,
  memOperations,
  mmSeqOperations,
} from "./base-mem.ts";
import { procFdDir, procFdinfoDir } from "./fd.ts";
import { procPidLimits } from "./limits.ts";
import { mountOperations, procMountinfo, procMounts, procMountstats } from "./mounts.ts";
import { procNsDir } from "./namespaces.ts";
import { oomAdjOperations, oomScoreAdjOperations, oomScoreText } from "./oom.ts";
import { instantiatePidDir, lnk, one, type PidEntry, reg } from "./pid-entry.ts";
import { procNetDir } from "./proc-net.ts";
import { procPidSched } from "./sched.ts";
import { procSmaps, procSmapsRollup } from "./smaps.ts";
import { procTaskDir } from "./task-dir.ts";
import { procPidMaps, procPidStatm } from "./task-mmu.ts";

/** The one range of ids that the one user namespace has. */
const ID_MAP = "         0          0 4294967295\n";

/**
 * The files of /proc/PID and of /proc/PID/task/TID, in the order in which they are listed. A file that is
 * the process's alone is left out of a thread's directory.
 *
 * @linux fs/proc/base.c `tgid_base_stuff`, `tid_base_stuff` (6.18)
 */
function entries(isWhole: boolean): readonly PidEntry[] {
  const whole = (entry: PidEntry): PidEntry[] => (isWhole ? [entry] : []);
  const thread = (entry: PidEntry): PidEntry[] => (isWhole ? [] : [entry]);
  const status = (task: Task, ns: PidNamespace) => procPidStatus(task, ns);
  return Object.freeze([
    ...whole(procTaskDir(() => TID_ENTRIES)),
    procFdDir,
    procFdinfoDir,
    procNsDir,
    procNetDir,
    reg("environ", 0o400, environOperations),
    reg("auxv", 0o400, auxvOperations),
    one("status", 0o444, status),
    one("personality", 0o400, personalityText),
    one("limits", 0o444, procPidLimits),
    one("sched", 0o644, procPidSched),
    reg("comm", 0o644, commOperations),
    one("syscall", 0o400, syscallText),
    reg("cmdline", 0o444, cmdlineOperations),
    one("stat", 0o444, (task, ns, reader) => procPidStat(reader, task, ns, isWhole)),
    one("statm", 0o444, (task) => procPidStatm(task.mm)),
    reg("maps", 0o444, mmSeqOperations(procPidMaps)),
    ...thread(one("children", 0o444, procTidChildren)),
    reg("mem", 0o600, memOperations),
    lnk("cwd", linkToCwd),
    lnk("root", linkToRoot),
    lnk("exe", linkToExe),
    reg("mounts", 0o444, mountOperations(procMounts)),
    reg("mountinfo", 0o444, mountOperations(procMountinfo)),
    ...whole(reg("mountstats", 0o400, mountOperations(procMountstats))),
    reg("smaps", 0o444, mmSeqOperations(procSmaps)),
    reg("smaps_rollup", 0o444, mmSeqOperations(procSmapsRollup)),
    one("wchan", 0o444, () => "0"),
    one("cgroup", 0o444, () => "0::/\n"),
    one("oom_score", 0o444, oomScoreText),
    reg("oom_adj", 0o644, oomAdjOperations),
    reg("oom_score_adj", 0o644, oomScoreAdjOperations),
    one("loginuid", 0o444, () => "4294967295"),
    one("sessionid", 0o444, () => "4294967295"),
    one("io", 0o400, ioText(isWhole)),
    one("uid_map", 0o644, () => ID_MAP),
    one("gid_map", 0o644, () => ID_MAP),
    one("projid_map", 0o644, () => ID_MAP),
    one("setgroups", 0o644, () => "allow\n"),
    ...whole(reg("timerslack_ns", 0o666, timerslackOperations)),
  ]);
}

const TID_ENTRIES = entries(false);
const TGID_ENTRIES = entries(true);

/** The directory of a process. @linux fs/proc/base.c `proc_pid_instantiate` (6.18) */
export function procPidInstantiate(parent: Inode, task: Task): Inode {
  return instantiatePidDir(parent, task, TGID_ENTRIES);
}
