import type { Kernel } from "./kernel.ts";
import type { Pid, PidNamespace, PidType } from "./pid.ts";
import type { Task } from "./task.ts";

/** Parents, children, tracers and threads know each other, both ways. */
export function checkFamilies(kernel: Kernel, wrong: string[]): void {
  for (const task of kernel.tasks) {
    const who = `task ${task.pid}`;
    for (const child of task.children) {
      if (!kernel.tasks.has(child)) wrong.push(`${who} has a released child ${child.pid}`);
      if (child.realParent !== task)
        wrong.push(`${who} has a child ${child.pid} of another parent`);
    }
    if (new Set(task.children).size !== task.children.length) {
      wrong.push(`${who} has a child twice`);
    }
    for (const traced of task.ptraced) {
      if (traced.parent !== task || traced.ptrace === 0) {
        wrong.push(`${who} traces ${traced.pid}, which does not know it`);
      }
    }
    const { realParent, parent, groupLeader, signal } = task;
    if (!kernel.tasks.has(realParent) && realParent.pid !== 0) {
      wrong.push(`${who} has a released parent ${realParent.pid}`);
    }
    if (task.isThreadGroupLeader && !realParent.children.includes(task)) {
      wrong.push(`${who} is unknown to its parent ${realParent.pid}`);
    }
    if (task.ptrace === 0 ? parent !== realParent : !parent.ptraced.includes(task)) {
      wrong.push(`${who} tells ${parent.pid} of its end, which is neither parent nor tracer`);
    }
    checkThread(task, who, wrong);
    for (const thread of signal.threads) {
      if (thread.signal !== signal)
        wrong.push(`${who} has a thread ${thread.pid} of another process`);
      if (!kernel.tasks.has(thread)) wrong.push(`${who} has a released thread ${thread.pid}`);
    }
    if (groupLeader.signal !== signal) wrong.push(`${who} has the leader of another process`);
  }
}

function checkThread(task: Task, who: string, wrong: string[]): void {
  const { groupLeader, signal } = task;
  if (signal.threads.filter((thread) => thread === task).length !== 1) {
    wrong.push(`${who} is not once among the threads of its process`);
  }
  if (task.tgid !== groupLeader.pid) {
    wrong.push(`${who} is of process ${task.tgid}, its leader is ${groupLeader.pid}`);
  }
  if (groupLeader.realParent !== task.realParent) {
    wrong.push(`${who} has another parent than its leader`);
  }
  if (groupLeader.sighand !== task.sighand) wrong.push(`${who} has other handlers than its leader`);
  if (task.mm !== undefined && groupLeader.mm !== undefined && groupLeader.mm !== task.mm) {
    wrong.push(`${who} has other memory than its leader`);
  }
}

/** Every number leads to who has it, and every task is where its numbers say. */
export function checkPids(kernel: Kernel, wrong: string[]): void {
  const namespaces = new Set<PidNamespace>([kernel.initPidNs]);
  for (const task of kernel.tasks) {
    const { threadPid, signal } = task;
    for (const { ns, nr } of threadPid.numbers) {
      namespaces.add(ns);
      if (ns.pids.get(nr) !== threadPid)
        wrong.push(`number ${nr} does not lead to task ${task.pid}`);
    }
    if (threadPid.nr(kernel.initPidNs) !== task.pid) {
      wrong.push(`task ${task.pid} has the number ${threadPid.nr(kernel.initPidNs)}`);
    }
    expectIn(threadPid, "pid", task, wrong);
    if (!task.isThreadGroupLeader) continue;
    expectIn(threadPid, "tgid", task, wrong);
    expectIn(signal.pgrp, "pgid", task, wrong);
    expectIn(signal.session, "sid", task, wrong);
  }
  for (const ns of namespaces) {
    for (const [nr, pid] of ns.pids) {
      if (pid.nr(ns) !== nr) wrong.push(`number ${nr} leads to ${pid.nr(ns)}`);
      checkAttached(kernel, nr, pid, wrong);
    }
  }
}

function expectIn(pid: Pid, type: PidType, task: Task, wrong: string[]): void {
  if (!pid.tasks[type].has(task)) wrong.push(`task ${task.pid} is not attached as ${type}`);
}

function checkAttached(kernel: Kernel, nr: number, pid: Pid, wrong: string[]): void {
  const { tasks } = pid;
  if (tasks.pid.size > 1) wrong.push(`number ${nr} has ${tasks.pid.size} tasks`);
  if (tasks.pid.size + tasks.tgid.size + tasks.pgid.size + tasks.sid.size === 0) {
    wrong.push(`number ${nr} belongs to nobody`);
  }
  const isOf: Record<PidType, (task: Task) => boolean> = {
    pid: (task) => task.threadPid === pid,
    tgid: (task) => task.threadPid === pid && task.isThreadGroupLeader,
    pgid: (task) => task.signal.pgrp === pid,
    sid: (task) => task.signal.session === pid,
  };
  for (const type of ["pid", "tgid", "pgid", "sid"] as const) {
    for (const task of tasks[type]) {
      if (!kernel.tasks.has(task)) wrong.push(`number ${nr} has a released task as ${type}`);
      else if (!isOf[type](task)) wrong.push(`task ${task.pid} is attached to ${nr} as ${type}`);
    }
  }
}
