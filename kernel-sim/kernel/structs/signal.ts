/** What the threads of a process share, and its identities, as programs see them. */
import {
  at,
  fields,
  inside,
  ring,
  type StructTable,
  type StructTables,
} from "../../bpf/structs/members.ts";
import type { Pid, PidNamespace, PidType } from "../pid.ts";
import type { Rlimit, Sigaction, SighandStruct, SignalStruct } from "../signal-struct.ts";

/** @linux include/linux/sched/signal.h `struct signal_struct` (6.18) */
const signalStruct: StructTable<SignalStruct> = {
  live: ({ threads }) => threads.filter(({ exitState }) => exitState === 0).length,
  nr_threads: ({ threads }) => threads.length,
  thread_head: (of) => {
    const nodes = of.threads.map((thread) => at("task_struct", thread, "thread_node"));
    return ring([at("signal_struct", of, "thread_head"), ...nodes], 0);
  },
  curr_target: ({ currTarget }) => at("task_struct", currTarget),
  shared_pending: (of) => fields({ signal: fields({ sig: [of.sharedPending.signal] }) }),
  group_exit_code: ({ groupExitCode }) => groupExitCode,
  group_exec_task: ({ groupExecTask }) => at("task_struct", groupExecTask),
  group_stop_count: ({ groupStopCount }) => groupStopCount,
  flags: ({ flags }) => flags,
  is_child_subreaper: ({ isChildSubreaper }) => isChildSubreaper,
  has_child_subreaper: ({ hasChildSubreaper }) => hasChildSubreaper,
  timer_create_restore_ids: ({ isRestoringTimerIds }) => isRestoringTimerIds,
  it_real_incr: ({ itRealIncr }) => itRealIncr,
  pids: ({ threads, pgrp, session }) => {
    const leader = threads[0]?.groupLeader.threadPid;
    return [undefined, at("pid", leader), at("pid", pgrp), at("pid", session)];
  },
  tty_old_pgrp: ({ ttyOldPgrp }) => at("pid", ttyOldPgrp),
  leader: ({ isLeader }) => isLeader,
  tty: ({ tty }) => at("tty_struct", tty as object | undefined),
  utime: ({ utime }) => utime,
  stime: ({ stime }) => stime,
  cutime: ({ cutime }) => cutime,
  cstime: ({ cstime }) => cstime,
  nvcsw: ({ nvcsw }) => nvcsw,
  nivcsw: ({ nivcsw }) => nivcsw,
  cnvcsw: ({ cnvcsw }) => cnvcsw,
  cnivcsw: ({ cnivcsw }) => cnivcsw,
  min_flt: ({ minFlt }) => minFlt,
  maj_flt: ({ majFlt }) => majFlt,
  cmin_flt: ({ cminFlt }) => cminFlt,
  cmaj_flt: ({ cmajFlt }) => cmajFlt,
  inblock: ({ inblock }) => inblock,
  oublock: ({ oublock }) => oublock,
  cinblock: ({ cinblock }) => cinblock,
  coublock: ({ coublock }) => coublock,
  maxrss: ({ maxrss }) => maxrss,
  cmaxrss: ({ cmaxrss }) => cmaxrss,
  ioac: ({ ioac }) => inside("task_io_accounting", ioac),
  rlim: ({ rlim }) => rlim.map((limit) => inside("rlimit", limit)),
  oom_score_adj: ({ oomScoreAdj }) => oomScoreAdj,
  oom_score_adj_min: ({ oomScoreAdjMin }) => oomScoreAdjMin,
};

/** @linux include/uapi/linux/resource.h `struct rlimit` (6.18) */
const rlimit: StructTable<Rlimit> = {
  rlim_cur: ({ cur }) => cur,
  rlim_max: ({ max }) => max,
};

/** @linux include/linux/sched/signal.h `struct sighand_struct` (6.18) */
const sighandStruct: StructTable<SighandStruct> = {
  count: ({ count }) => count,
  action: ({ action }) => action.map((each) => fields({ sa: inside("sigaction", each) })),
};

/** @linux include/linux/signal_types.h `struct sigaction` (6.18) */
const sigaction: StructTable<Sigaction> = {
  sa_handler: ({ handler }) => handler,
  sa_flags: ({ flags }) => flags,
  sa_restorer: ({ restorer }) => restorer,
  sa_mask: ({ mask }) => fields({ sig: [mask] }),
};

/** In Linux's order. @linux include/linux/pid_types.h `enum pid_type` (6.18) */
export const PID_TYPES: readonly PidType[] = ["pid", "tgid", "pgid", "sid"];
const UPID_BYTES = 16;

/** @linux include/linux/pid.h `struct pid` (6.18) */
const pid: StructTable<Pid> = {
  sizeof: ({ numbers }) => UPID_BYTES * numbers.length,
  level: ({ ns }) => ns.level,
  tasks: ({ tasks }) =>
    PID_TYPES.map((type, i) =>
      fields({ first: at("task_struct", [...tasks[type]].at(-1), `pid_links[${i}]`) }),
    ),
  numbers: ({ numbers }) =>
    numbers.map(({ nr, ns }) => fields({ nr, ns: at("pid_namespace", ns) })),
};

/** @linux include/linux/pid_namespace.h `struct pid_namespace` (6.18) */
export const pidNamespace: StructTable<PidNamespace> = {
  child_reaper: ({ childReaper }) => at("task_struct", childReaper),
  level: ({ level }) => level,
  pid_max: ({ pidMax }) => pidMax,
  parent: ({ parent }) => at("pid_namespace", parent),
  reboot: ({ reboot }) => reboot,
};

export const signalStructs: StructTables = {
  signal_struct: signalStruct,
  rlimit,
  sighand_struct: sighandStruct,
  sigaction,
  pid,
};
