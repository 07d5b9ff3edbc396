/** Tasks as programs see them. */
import {
  at,
  type Fields,
  fields,
  inside,
  ring,
  type StructTable,
  type StructTables,
} from "../../bpf/structs/members.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid, PidType } from "../pid.ts";
import { SCHED_NORMAL } from "../sched/entity.ts";
import type { Task } from "../task.ts";
import type { TaskIoAccounting } from "../task-io-accounting.ts";
import { isOnRq, isRunning } from "./sched.ts";
import { PID_TYPES } from "./signal.ts";

const siblings = ({ children }: Task) =>
  children.map((child) => at("task_struct", child, "sibling"));

const threads = ({ signal }: Task) =>
  signal.threads.map((thread) => at("task_struct", thread, "thread_node"));

const tracees = ({ ptraced }: Task) =>
  ptraced.map((each) => at("task_struct", each, "ptrace_entry"));

/** The number of a process by which it stands in that list, if it does: only first threads have a number of the other kinds. */
function pidOf(task: Task, type: PidType): Pid | undefined {
  if (type === "pid") return task.threadPid;
  const { pgrp, session } = task.signal;
  const pid = type === "tgid" ? task.groupLeader.threadPid : type === "pgid" ? pgrp : session;
  return pid?.tasks[type].has(task) === true ? pid : undefined;
}

/** Who came last comes first. @linux kernel/pid.c `attach_pid` (6.18) */
function pidLink(task: Task, type: PidType, member: string, index: number): Fields | undefined {
  const pid = pidOf(task, type);
  if (pid === undefined) return undefined;
  const all = [...pid.tasks[type]].reverse();
  const own = all.indexOf(task);
  return fields({
    next: at("task_struct", all[own + 1], member),
    pprev: own > 0 ? at("task_struct", all[own - 1], member) : at("pid", pid, `tasks[${index}]`),
  });
}

/** Task 0: the parent of the first one. @linux init/init_task.c `init_task` (6.18) */
export function bootTaskOf({ initPidNs }: Kernel): Task | undefined {
  return initPidNs.childReaper?.realParent;
}

/** Parents, children, threads of one process. */
const relatives: StructTable<Task> = {
  real_parent: ({ realParent }) => at("task_struct", realParent),
  parent: ({ parent }) => at("task_struct", parent),
  children: (of) => ring([at("task_struct", of, "children"), ...siblings(of)], 0),
  sibling: (of) => {
    const head = at("task_struct", of.realParent, "children");
    return ring([head, ...siblings(of.realParent)], 1 + of.realParent.children.indexOf(of));
  },
  group_leader: ({ groupLeader }) => at("task_struct", groupLeader),
  thread_node: (of) => {
    const head = at("signal_struct", of.signal, "thread_head");
    return ring([head, ...threads(of)], 1 + of.signal.threads.indexOf(of));
  },
  tasks: (of) => {
    const leaders = [...of.kernel.tasks].filter(({ isThreadGroupLeader }) => isThreadGroupLeader);
    const all = [bootTaskOf(of.kernel), ...leaders];
    const own = all.indexOf(of);
    if (own < 0) return undefined;
    return ring(
      all.map((task) => at("task_struct", task, "tasks")),
      own,
    );
  },
  ptraced: (of) => ring([at("task_struct", of, "ptraced"), ...tracees(of)], 0),
  ptrace_entry: (of) => {
    const own = of.parent.ptraced.indexOf(of);
    if (own < 0) return ring([at("task_struct", of, "ptrace_entry")], 0);
    return ring([at("task_struct", of.parent, "ptraced"), ...tracees(of.parent)], 1 + own);
  },
  thread_pid: ({ threadPid }) => at("pid", threadPid),
  pid_links: (of) => PID_TYPES.map((type, i) => pidLink(of, type, `pid_links[${i}]`, i)),
};

/** What it has, some of it shared with others. Task 0 has neither files nor a place. */
const belongings: StructTable<Task> = {
  mm: ({ mm }) => at("mm_struct", mm),
  active_mm: ({ mm }) => at("mm_struct", mm),
  real_cred: ({ cred }) => at("cred", cred),
  cred: ({ cred }) => at("cred", cred),
  fs: ({ fs }) => at("fs_struct", fs),
  files: ({ files }) => at("files_struct", files),
  nsproxy: ({ nsproxy }) => at("nsproxy", nsproxy),
  signal: ({ signal }) => at("signal_struct", signal),
  sighand: ({ sighand }) => at("sighand_struct", sighand),
};

/** @linux include/linux/sched.h, kernel/sched/sched.h (6.18) */
const scheduling: StructTable<Task> = {
  on_cpu: isRunning,
  recent_used_cpu: ({ cpu }) => cpu,
  wake_cpu: ({ cpu }) => cpu,
  on_rq: isOnRq,
  prio: ({ se }) => se?.prio,
  static_prio: ({ se }) => 120 + (se?.nice ?? 0),
  normal_prio: ({ se }) => se?.normalPrio,
  rt_priority: ({ se }) => se?.rtPriority,
  se: (of) => of.se && inside("sched_entity", of),
  policy: ({ se }) => se?.policy ?? SCHED_NORMAL,
  nr_cpus_allowed: ({ se }) => bitsOf(se?.cpusAllowed ?? 0n),
  cpus_ptr: (of) => at("task_struct", of, "cpus_mask"),
  cpus_mask: ({ se }) => fields({ bits: [se?.cpusAllowed ?? 0n] }),
  sched_reset_on_fork: ({ se }) => se?.resetOnFork === true,
  dl: ({ se }) =>
    se &&
    fields({
      dl_runtime: se.dlRuntime,
      dl_deadline: se.dlDeadline,
      dl_period: se.dlPeriod,
      runtime: se.dlRuntimeLeft,
      deadline: se.dlAbsDeadline,
      flags: se.dlFlags,
    }),
  timer_slack_ns: ({ timerSlackNs }) => timerSlackNs,
  default_timer_slack_ns: ({ defaultTimerSlackNs }) => defaultTimerSlackNs,
};

function bitsOf(mask: bigint): number {
  let count = 0;
  for (let left = mask; left !== 0n; left &= left - 1n) count++;
  return count;
}

/** In ns, where they are times. */
const accounts: StructTable<Task> = {
  utime: ({ utime }) => utime,
  stime: ({ stime }) => stime,
  nvcsw: ({ nvcsw }) => nvcsw,
  nivcsw: ({ nivcsw }) => nivcsw,
  start_time: ({ startTime }) => startTime,
  // The machine is never suspended.
  start_boottime: ({ startTime }) => startTime,
  min_flt: ({ minFlt }) => minFlt,
  maj_flt: ({ majFlt }) => majFlt,
  ioac: ({ ioac }) => inside("task_io_accounting", ioac),
};

const signals: StructTable<Task> = {
  ptrace: ({ ptrace }) => ptrace,
  ptrace_message: ({ ptraceMessage }) => ptraceMessage,
  exit_state: ({ exitState }) => exitState,
  exit_code: ({ exitCode }) => exitCode,
  exit_signal: ({ exitSignal }) => exitSignal,
  pdeath_signal: ({ pdeathSignal }) => pdeathSignal,
  jobctl: ({ jobctl }) => jobctl,
  blocked: ({ blocked }) => fields({ sig: [blocked] }),
  real_blocked: ({ realBlocked }) => fields({ sig: [realBlocked] }),
  saved_sigmask: ({ savedSigmask }) => fields({ sig: [savedSigmask] }),
  pending: ({ pending }) => fields({ signal: fields({ sig: [pending.signal] }) }),
  sas_ss_sp: ({ altStack }) => altStack.sp,
  sas_ss_size: ({ altStack }) => altStack.size,
  sas_ss_flags: ({ altStack }) => altStack.flags,
};

/** The first of the flags. @linux include/linux/sched.h `PFA_NO_NEW_PRIVS` (6.18) */
const PFA_NO_NEW_PRIVS = 1 << 0;
/** @linux include/linux/audit.h `AUDIT_SID_UNSET`, include/linux/uidgid.h `INVALID_UID` (6.18) */
const UNSET = 0xffff_ffff;

/** @linux include/linux/sched.h `struct task_struct` (6.18) */
const taskStruct: StructTable<Task> = {
  thread_info: ({ syscallWork, cpu }) => fields({ syscall_work: syscallWork, cpu }),
  __state: ({ state }) => state,
  flags: ({ flags }) => flags,
  personality: ({ personality }) => personality,
  pid: ({ pid }) => pid,
  tgid: ({ tgid }) => tgid,
  comm: ({ comm }) => comm,
  set_child_tid: ({ setChildTid }) => setChildTid,
  clear_child_tid: ({ clearChildTid }) => clearChildTid,
  robust_list: ({ robustList }) => robustList,
  compat_robust_list: ({ compatRobustList }) => compatRobustList,
  atomic_flags: ({ noNewPrivs }) => (noNewPrivs ? PFA_NO_NEW_PRIVS : 0),
  // Nobody logs in to be audited.
  loginuid: () => fields({ val: UNSET }),
  sessionid: () => UNSET,
  parent_exec_id: ({ parentExecId }) => parentExecId,
  self_exec_id: ({ selfExecId }) => selfExecId,
  thread: ({ fsBase, gsBase }) => fields({ fsbase: fsBase, gsbase: gsBase }),
  ...relatives,
  ...belongings,
  ...scheduling,
  ...accounts,
  ...signals,
};

/** @linux include/linux/task_io_accounting.h `struct task_io_accounting` (6.18) */
const taskIoAccounting: StructTable<TaskIoAccounting> = {
  rchar: ({ rchar }) => rchar,
  wchar: ({ wchar }) => wchar,
  syscr: ({ syscr }) => syscr,
  syscw: ({ syscw }) => syscw,
  read_bytes: ({ readBytes }) => readBytes,
  write_bytes: ({ writeBytes }) => writeBytes,
};

export const taskStructs: StructTables = {
  task_struct: taskStruct,
  task_io_accounting: taskIoAccounting,
};
