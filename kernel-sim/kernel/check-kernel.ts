import { disks } from "../drivers/block/disk.ts";
import { checkMm } from "../mm/check-mm.ts";
import { checkFiles } from "./check-files.ts";
import { checkFamilies, checkPids } from "./check-pids.ts";
import type { Kernel } from "./kernel.ts";
import { checkRtMutexes } from "./locking/check-rtmutex.ts";
import { EXIT_DEAD, TASK_DEAD, TASK_RUNNING } from "./state.ts";
import type { Task } from "./task.ts";
import type { WaitQueueHead } from "./wait.ts";

/** What is wrong in a whole machine between two of its steps, in words; empty when all adds up. */
export function checkKernel(kernel: Kernel): string[] {
  const wrong: string[] = [];
  checkRunQueues(kernel, wrong);
  checkTime(kernel, wrong);
  for (const task of kernel.tasks) {
    checkState(task, wrong);
    checkSleep(task, wrong);
    checkSignals(task, wrong);
  }
  checkFamilies(kernel, wrong);
  checkPids(kernel, wrong);
  checkShared(kernel, wrong);
  checkFiles(kernel, wrong);
  for (const disk of disks(kernel).values()) wrong.push(...disk.problems());
  wrong.push(...checkMm(kernel), ...checkRtMutexes(kernel));
  return wrong;
}

/**
 * Checks the machine after each of its steps, and tells `report` what is wrong: the debug mode of tests.
 * Answers a function that ends it.
 */
export function watchKernel(
  kernel: Kernel,
  report: (wrong: readonly string[]) => void,
): () => void {
  const everybody = new Set<Task>();
  kernel.onStep = () => {
    for (const task of kernel.tasks) everybody.add(task);
    const wrong = checkKernel(kernel);
    checkShares(kernel, everybody, wrong);
    if (wrong.length > 0) report(wrong);
  };
  return () => {
    kernel.onStep = undefined;
  };
}

function name(task: Task): string {
  return `task ${task.pid} (${task.comm})`;
}

function checkRunQueues(kernel: Kernel, wrong: string[]): void {
  const places = new Map<Task, number>();
  for (const rq of kernel.sched.runQueues) {
    const { current } = rq;
    if (current !== undefined) {
      places.set(current, (places.get(current) ?? 0) + 1);
      if (current.cpu !== rq.cpu) wrong.push(`${name(current)} runs on another CPU than its own`);
      if (current.se.isQueued) wrong.push(`${name(current)} runs and is queued`);
    }
    for (const task of kernel.sched.queued(rq)) {
      places.set(task, (places.get(task) ?? 0) + 1);
      if (!task.se.isQueued) wrong.push(`${name(task)} is in a queue and does not know it`);
      if (task.cpu !== rq.cpu) wrong.push(`${name(task)} is queued on another CPU than its own`);
    }
  }
  for (const [task, times] of places) {
    if (times > 1) wrong.push(`${name(task)} is queued or running ${times} times`);
    if (task.state !== TASK_RUNNING) {
      wrong.push(`${name(task)} is queued or running in state ${task.state}`);
    }
    if (!kernel.tasks.has(task)) wrong.push(`${name(task)} is queued or running and released`);
  }
  for (const task of kernel.tasks) {
    const isThrottled = task.se.isQueued && task.se.isDlThrottled;
    if (task.state === TASK_RUNNING && !places.has(task) && !isThrottled) {
      wrong.push(`${name(task)} is runnable and in no queue`);
    }
  }
}

/** All the time of a CPU has gone somewhere, and nobody's time is a fraction. */
function checkTime(kernel: Kernel, wrong: string[]): void {
  for (const rq of kernel.sched.runQueues) {
    const spent = rq.userNs + rq.niceNs + rq.systemNs + rq.irqNs + rq.softirqNs + rq.idleNs;
    if (spent !== rq.now || !Number.isSafeInteger(spent)) {
      wrong.push(`CPU ${rq.cpu} is at ${rq.now} ns, of which ${spent} are accounted for`);
    }
  }
  for (const task of kernel.tasks) {
    const { utime, stime, se } = task;
    if (utime + stime !== se.sumExecRuntime) {
      wrong.push(`${name(task)} ran ${se.sumExecRuntime} ns: ${utime} user and ${stime} system`);
    }
  }
}

/** What all tasks there ever were have used is what the CPUs have spent, besides the way into idleness. */
function checkShares(kernel: Kernel, everybody: ReadonlySet<Task>, wrong: string[]): void {
  let user = 0;
  let system = 0;
  for (const task of everybody) {
    user += task.utime;
    system += task.stime;
  }
  for (const rq of kernel.sched.runQueues) {
    user -= rq.userNs + rq.niceNs;
    system -= rq.systemNs - rq.unownedNs;
  }
  if (user !== 0) wrong.push(`the tasks' user time differs from the CPUs' by ${user} ns`);
  if (system !== 0) wrong.push(`the tasks' system time differs from the CPUs' by ${system} ns`);
}

function checkState(task: Task, wrong: string[]): void {
  const isDead = task.exitState !== 0;
  if (isDead !== (task.state === TASK_DEAD)) {
    wrong.push(`${name(task)} has state ${task.state} and exit state ${task.exitState}`);
  }
  if (!isDead) return;
  if (task.exitState === EXIT_DEAD) wrong.push(`${name(task)} is dead and not released`);
  if (task.mm !== undefined) wrong.push(`${name(task)} is a zombie with memory`);
  if (task.kstack !== undefined) wrong.push(`${name(task)} is a zombie in a system call`);
  if (task.children.length > 0) wrong.push(`${name(task)} is a zombie with children`);
}

/** Who waits on a queue is alive and in the kernel; who sleeps on one stands in it. */
function checkSleep(task: Task, wrong: string[]): void {
  const { waitingOn, kernel } = task;
  if (waitingOn !== undefined) {
    if (task.kstack === undefined) wrong.push(`${name(task)} waits on a queue in user mode`);
    else if (task.state !== TASK_RUNNING && !waitingOn.entries().some((e) => e.task === task)) {
      wrong.push(`${name(task)} sleeps on a queue that does not know it`);
    }
  }
  for (const queue of queuesOf(task)) {
    for (const { task: waiter } of queue.entries()) {
      if (waiter === undefined) continue;
      if (!kernel.tasks.has(waiter)) wrong.push(`${name(waiter)} is released and waits on a queue`);
      else if (waiter.kstack === undefined) {
        wrong.push(`${name(waiter)} stands in a wait queue and does not sleep`);
      }
    }
  }
}

function* queuesOf(task: Task): Generator<WaitQueueHead> {
  yield task.signal.waitChldexit;
  yield task.signal.pidfdWait;
  yield task.threadPid.waitPidfd;
  yield task.sighand.signalfdWqh;
  for (const queue of [task.waitingOn, task.trappingWait, task.vforkDone]) {
    if (queue !== undefined) yield queue;
  }
}

/** What is queued is in the set, and who has a signal to take knows of it. */
function checkSignals(task: Task, wrong: string[]): void {
  for (const pending of [task.pending, task.signal.sharedPending]) {
    for (const { info } of pending.queue) {
      if ((pending.signal & (1n << BigInt(info.signo - 1))) === 0n) {
        wrong.push(`${name(task)} has signal ${info.signo} queued and not in its set`);
      }
    }
  }
  const isTold = task.sigpending || task.exitState !== 0;
  if (!isTold && (task.pending.signal & ~task.blocked) !== 0n) {
    wrong.push(`${name(task)} has a signal to take and does not know it`);
  }
}

/** Structures that tasks share have as many users as there are tasks that have them. */
function checkShared(kernel: Kernel, wrong: string[]): void {
  const users = new Map<object, number>();
  const processes = new Map<object, number>();
  const add = (to: Map<object, number>, what: object | undefined) => {
    if (what !== undefined) to.set(what, (to.get(what) ?? 0) + 1);
  };
  const PF_EXITING = 0x4;
  for (const task of kernel.tasks) {
    add(processes, task.cred.user);
    add(users, task.mm);
    add(users, task.sighand);
    if ((task.flags & PF_EXITING) !== 0) continue;
    add(users, task.files);
    add(users, task.fs);
  }
  for (const task of kernel.tasks) {
    const { mm, files, fs, sighand } = task;
    const counts: [string, object | undefined, number][] = [
      ["address space", mm, mm?.users ?? 0],
      ["table of signal handlers", sighand, sighand.count],
    ];
    if ((task.flags & PF_EXITING) === 0) {
      counts.push(["descriptor table", files, files.users], ["place", fs, fs.users]);
    }
    for (const [what, shared, count] of counts) {
      const known = shared === undefined ? 0 : users.get(shared);
      if (known !== count) {
        wrong.push(`the ${what} of ${name(task)} counts ${count} users, ${known} are known`);
      }
    }
  }
  for (const user of kernel.users.values()) {
    const known = processes.get(user) ?? 0;
    if (user.processes !== known) {
      wrong.push(`user ${user.uid} has ${known} processes, ${user.processes} are counted`);
    }
  }
}
