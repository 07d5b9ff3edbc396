import { EACCES, EINVAL, EPERM, ESRCH } from "../include/errno.ts";
import { findTaskByVpid, findVpid, type Pid, pidTask } from "./pid.ts";
import type { SyscallTable } from "./syscall.ts";
import { PF_FORKNOEXEC, type Task } from "./task.ts";

/** Who a task is, its group and its session. @linux kernel/sys.c (6.18) */
export const pgrpSyscalls: SyscallTable = {
  getpid: (task) => task.tgidNr(),
  gettid: (task) => task.pidNr(),
  getppid: (task) => task.realParent.tgidNr(task.pidNs()),
  getpgrp: (task) => task.pgrpNr(),
  getpgid: (task, pid) => numberOf(task, pid | 0, ({ signal }) => signal.pgrp),
  getsid: (task, pid) => numberOf(task, pid | 0, ({ signal }) => signal.session),
  setpgid: (task, pid, pgid) => sysSetpgid(task, pid | 0, pgid | 0),
  setsid: sysSetsid,
  set_tid_address: sysSetTidAddress,
};

function numberOf(task: Task, pid: number, identity: (target: Task) => Pid): number {
  const target = pid === 0 ? task : findTaskByVpid(task, pid);
  return target === undefined ? -ESRCH : identity(target).nr(task.pidNs());
}

/** @linux kernel/sys.c `SYSCALL_DEFINE2(setpgid)` (6.18) */
function sysSetpgid(task: Task, rawPid: number, rawPgid: number): number {
  const leader = task.groupLeader;
  const pid = rawPid === 0 ? leader.pidNr(task.pidNs()) : rawPid;
  const pgid = rawPgid === 0 ? pid : rawPgid;
  if (pgid < 0) return -EINVAL;
  const target = findTaskByVpid(task, pid);
  if (target === undefined) return -ESRCH;
  if (!target.isThreadGroupLeader) return -EINVAL;
  if (target.realParent.signal === task.signal) {
    if (target.signal.session !== leader.signal.session) return -EPERM;
    if ((target.flags & PF_FORKNOEXEC) === 0) return -EACCES;
  } else if (target !== leader) return -ESRCH;
  if (target.signal.isLeader) return -EPERM;
  let pgrp: Pid = target.threadPid;
  if (pgid !== pid) {
    const wanted = findVpid(task, pgid);
    const member = pidTask(wanted, "pgid");
    if (wanted === undefined || member === undefined) return -EPERM;
    if (member.signal.session !== leader.signal.session) return -EPERM;
    pgrp = wanted;
  }
  changePgrp(target, pgrp);
  return 0;
}

function changePgrp(task: Task, pgrp: Pid): void {
  const old = task.signal.pgrp;
  if (old === pgrp) return;
  pgrp.attach("pgid", task);
  task.signal.pgrp = pgrp;
  old.detach("pgid", task);
}

/** @linux kernel/sys.c `ksys_setsid` (6.18) */
function sysSetsid(task: Task): number {
  const leader = task.groupLeader;
  const { signal } = leader;
  const sid = leader.threadPid;
  if (signal.isLeader) return -EPERM;
  // Another process is left in the group that this one has once led.
  if (sid.tasks.pgid.size > 0) return -EPERM;
  signal.isLeader = true;
  const old = signal.session;
  if (old !== sid) {
    sid.attach("sid", leader);
    signal.session = sid;
    old.detach("sid", leader);
  }
  changePgrp(leader, sid);
  signal.tty = undefined;
  return sid.nr(task.pidNs());
}

/** @linux kernel/fork.c `SYSCALL_DEFINE1(set_tid_address)` (6.18) */
function sysSetTidAddress(task: Task, addr: number): number {
  task.clearChildTid = addr;
  return task.pidNr();
}
