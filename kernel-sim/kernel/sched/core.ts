import { invariant } from "../../hw/simulator-bug.ts";
import type { EventFields } from "../../trace/ring.ts";
import type { Kernel } from "../kernel.ts";
import { TASK_IDLE, TASK_RUNNING } from "../state.ts";
import type { Task } from "../task.ts";
import type { SchedClass } from "./class.ts";
import { dlSchedClass } from "./deadline.ts";
import { NO_BOOST, SCHED_DEADLINE, SCHED_NORMAL } from "./entity.ts";
import { fairSchedClass } from "./fair.ts";
import { rtSchedClass } from "./rt.ts";
import { RunQueue } from "./runqueue.ts";

/** By rank: the first that has somebody decides. */
const CLASSES: readonly SchedClass[] = Object.freeze([dlSchedClass, rtSchedClass, fairSchedClass]);

/** Priorities from here on are of the fair class. */
const MAX_RT_PRIO = 100;

const SWITCH_FIELDS = [
  "prev_comm",
  "prev_pid",
  "prev_prio",
  "prev_state",
  "next_comm",
  "next_pid",
  "next_prio",
] as const;
const SWITCH_TEXTS = ["prev_comm", "next_comm"] as const;
const WAKEUP_FIELDS = ["comm", "pid", "prio", "target_cpu"] as const;
const WAKEUP_TEXTS = ["comm"] as const;

/**
 * Which task runs where.
 *
 * @linux kernel/sched/core.c (6.18)
 */
export class Scheduler {
  readonly #kernel: Kernel;
  readonly runQueues: readonly RunQueue[];
  /** Who runs next, whatever the classes say. */
  #chosen: Task | undefined = undefined;
  readonly #switchEvent: number;
  readonly #wakeupEvent: number;
  readonly #wakeupNewEvent: number;

  constructor(kernel: Kernel, cpus: number) {
    this.#kernel = kernel;
    this.runQueues = Array.from({ length: cpus }, (_, cpu) => new RunQueue(cpu));
    this.#switchEvent = kernel.tracing.numberEvent(
      "sched:sched_switch",
      SWITCH_FIELDS,
      SWITCH_TEXTS,
    );
    this.#wakeupEvent = kernel.tracing.numberEvent(
      "sched:sched_wakeup",
      WAKEUP_FIELDS,
      WAKEUP_TEXTS,
    );
    this.#wakeupNewEvent = kernel.tracing.numberEvent(
      "sched:sched_wakeup_new",
      WAKEUP_FIELDS,
      WAKEUP_TEXTS,
    );
  }

  /** Makes `task` ready if its state is one of `mode`; answers whether it did. @linux `try_to_wake_up` */
  tryToWakeUp(task: Task, mode: number): boolean {
    const { probes } = this.#kernel;
    if (probes === undefined) return this.#wakeUp(task, mode);
    const args = () => [{ struct: "task_struct", of: task }, mode, 0];
    return Boolean(probes.call("try_to_wake_up", args, () => this.#wakeUp(task, mode)));
  }

  #wakeUp(task: Task, mode: number): boolean {
    if ((task.state & mode) === 0) return false;
    this.#kernel.probes?.event("sched:sched_waking", () => wakeupFields(task));
    task.state = TASK_RUNNING;
    // It has said that it will sleep, but has not left its CPU yet: it just goes on.
    if (this.runQueues[task.cpu]!.current === task) return true;
    this.#migrate(task, this.#selectCpu(task), true);
    this.#traceWakeup(this.#wakeupEvent, task);
    return true;
  }

  /** The first run of a new task. @linux `wake_up_new_task` */
  wakeUpNewTask(task: Task): void {
    task.state = TASK_RUNNING;
    const rq = this.#selectCpu(task);
    task.se.vruntime = Math.max(task.se.vruntime, rq.fair.minVruntime);
    this.#activate(task, rq, false);
    this.#traceWakeup(this.#wakeupNewEvent, task);
  }

  /** A policy, priority or affinity changes by `change`; the task is queued anew. */
  changeAttributes(task: Task, change: () => void): void {
    const rq = this.runQueues[task.cpu]!;
    const isQueued = task.se.isQueued;
    const before = classOf(task);
    if (isQueued) this.#dequeue(rq, task);
    change();
    // It has not been charged by the fair class meanwhile.
    if (before !== fairSchedClass && classOf(task) === fairSchedClass) {
      task.se.vruntime = Math.max(task.se.vruntime, rq.fair.minVruntime);
    }
    if (isQueued)
      this.#migrate(task, task.se.mayRunOn(task.cpu) ? rq : this.#selectCpu(task), false);
    else if (rq.current === task) {
      this.#reschedule(rq, task);
    }
  }

  /** A ready task that its class has kept off the queue may run again. */
  requeue(task: Task): void {
    if (!task.se.isQueued) return;
    const rq = this.runQueues[task.cpu]!;
    this.#dequeue(rq, task);
    this.#activate(task, rq, false);
  }

  /** Makes a ready task the next one on its CPU: for who tries other schedules. */
  choose(task: Task): void {
    const { current } = this.runQueues[task.cpu]!;
    if (current !== undefined) current.needResched = true;
    this.#chosen = task;
  }

  /** Takes the running task off `rq` and puts the next one on it. */
  schedule(rq: RunQueue): Task | undefined {
    const prev = rq.current;
    if (prev !== undefined) {
      prev.needResched = false;
      rq.current = undefined;
      if (prev.state === TASK_RUNNING) this.#putPrev(rq, prev);
    }
    const next = this.#pickChosen(rq) ?? this.#pickNext(rq) ?? this.#pull(rq);
    if (next !== undefined) {
      next.se.isQueued = false;
      if (next.cpu !== rq.cpu) this.#traceMigrate(next, rq.cpu);
      next.cpu = rq.cpu;
      next.se.execStart = rq.now;
    }
    rq.current = next;
    if (prev !== next) this.#contextSwitch(rq, prev, next);
    return next;
  }

  #putPrev(rq: RunQueue, prev: Task): void {
    if (prev.se.mayRunOn(rq.cpu)) {
      classOf(prev).putPrev(rq, prev);
      prev.se.isQueued = true;
    } else {
      this.#migrate(prev, this.#selectCpu(prev), false);
    }
  }

  /** Charges the running task of `rq` with `ns`. */
  account(rq: RunQueue, task: Task, ns: number): void {
    task.se.sumExecRuntime += ns;
    classOf(task).update(rq, task, ns);
  }

  /** A timer tick on a busy CPU. @linux `sched_tick` */
  tick(rq: RunQueue): void {
    const { current } = rq;
    if (current === undefined) return;
    const isHigherWaiting = CLASSES.some(
      (schedClass) => rank(schedClass) < rank(classOf(current)) && schedClass.tasks(rq).length > 0,
    );
    if (isHigherWaiting || classOf(current).tick(rq, current)) current.needResched = true;
  }

  /** `sched_yield(2)`. */
  yieldCurrent(task: Task): void {
    const rq = this.runQueues[task.cpu]!;
    classOf(task).yieldTask(rq, task);
    task.needResched = true;
  }

  /** Ready tasks of a CPU, without the running one. */
  queued(rq: RunQueue): Task[] {
    return CLASSES.flatMap((schedClass) => [...schedClass.tasks(rq)]);
  }

  /** To where it may have been before. @linux kernel/sched/core.c `set_task_cpu` (6.18) */
  #migrate(task: Task, rq: RunQueue, isWakeup: boolean): void {
    if (task.cpu !== rq.cpu) this.#traceMigrate(task, rq.cpu);
    this.#activate(task, rq, isWakeup);
  }

  #traceMigrate(task: Task, to: number): void {
    this.#kernel.perf?.migrated(task);
    this.#kernel.probes?.event("sched:sched_migrate_task", () => ({
      ...wakeupFields(task),
      orig_cpu: task.cpu,
      dest_cpu: to,
    }));
  }

  #activate(task: Task, rq: RunQueue, isWakeup: boolean): void {
    // The text is not made for each wake-up.
    if (task.se.isQueued) invariant(false, `task ${task.pid} is queued twice`);
    task.cpu = rq.cpu;
    classOf(task).enqueue(rq, task, isWakeup);
    task.se.isQueued = true;
    this.#kernel.cpuIsBusy(rq);
    const { current } = rq;
    if (current !== undefined && this.#preempts(rq, task, current)) this.#reschedule(rq, current);
  }

  /** @linux kernel/sched/core.c `resched_curr` (6.18) */
  #reschedule(rq: RunQueue, current: Task): void {
    if (current.needResched) return;
    current.needResched = true;
    this.#kernel.irq.sendReschedule(rq);
  }

  /** Takes a task from the busiest CPU, if that has two more; answers whether it did. @linux kernel/sched/fair.c `sched_balance_rq` (6.18) */
  balance(rq: RunQueue): boolean {
    const task = this.#pull(rq, rq.nrRunning + 2);
    if (task !== undefined) this.#migrate(task, rq, false);
    return task !== undefined;
  }

  #preempts(rq: RunQueue, woken: Task, current: Task): boolean {
    const ofWoken = classOf(woken);
    const ofCurrent = classOf(current);
    if (ofWoken !== ofCurrent) return rank(ofWoken) < rank(ofCurrent);
    return ofWoken.preempts(rq, woken, current);
  }

  #dequeue(rq: RunQueue, task: Task): void {
    classOf(task).dequeue(rq, task);
    task.se.isQueued = false;
  }

  #pickChosen(rq: RunQueue): Task | undefined {
    return this.#chosen === undefined ? undefined : this.#takeChosen(rq);
  }

  #takeChosen(rq: RunQueue): Task | undefined {
    const task = this.#chosen;
    if (task === undefined || task.cpu !== rq.cpu || !task.se.isQueued) return undefined;
    this.#chosen = undefined;
    this.#dequeue(rq, task);
    return task;
  }

  #pickNext(rq: RunQueue): Task | undefined {
    if (rq.dl.tasks.length > 0) return dlSchedClass.pickNext(rq);
    if (rq.rt.tasks.length > 0) return rtSchedClass.pickNext(rq);
    return fairSchedClass.pickNext(rq);
  }

  /** An idle CPU takes a ready task from the busiest one (`newidle_balance`). */
  #pull(rq: RunQueue, min = 2): Task | undefined {
    return this.runQueues.length === 1 ? undefined : this.#pullFromBusiest(rq, min);
  }

  #pullFromBusiest(rq: RunQueue, min: number): Task | undefined {
    let busiest: RunQueue | undefined;
    for (const other of this.runQueues) {
      if (other === rq || other.nrRunning < min) continue;
      if (busiest === undefined || other.nrRunning > busiest.nrRunning) busiest = other;
    }
    if (busiest === undefined) return undefined;
    const task = this.queued(busiest).find((queued) => queued.se.mayRunOn(rq.cpu));
    if (task === undefined) return undefined;
    this.#dequeue(busiest, task);
    task.se.vruntime += rq.fair.minVruntime - busiest.fair.minVruntime;
    return task;
  }

  /** The CPU it ran on last if that is idle, else an idle one, else the least loaded one. */
  #selectCpu(task: Task): RunQueue {
    const last = this.runQueues[task.cpu]!;
    return this.runQueues.length === 1 ? last : this.#selectAmong(task, last);
  }

  #selectAmong(task: Task, last: RunQueue): RunQueue {
    if (task.se.mayRunOn(last.cpu) && last.nrRunning === 0) return last;
    let best: RunQueue | undefined;
    for (const rq of this.runQueues) {
      if (!task.se.mayRunOn(rq.cpu)) continue;
      if (best === undefined || rq.nrRunning < best.nrRunning) best = rq;
    }
    invariant(best !== undefined, `task ${task.pid} may run on no CPU`);
    if (task.se.mayRunOn(last.cpu) && last.nrRunning <= best.nrRunning) return last;
    return best;
  }

  #contextSwitch(rq: RunQueue, prev: Task | undefined, next: Task | undefined): void {
    rq.nrSwitches++;
    if (prev !== undefined) {
      if (prev.state === TASK_RUNNING) prev.nivcsw++;
      else prev.nvcsw++;
    }
    this.#kernel.perf?.switched(rq, prev, next);
    this.#kernel.charge(rq, this.#kernel.costs.contextSwitchNs);
    this.#traceSwitch(rq.cpu, prev, next);
  }

  #traceWakeup(event: number, task: Task): void {
    const { tracing, current } = this.#kernel;
    const { commText, pid, cpu } = task;
    if (current === undefined) tracing.numbers(event, commText, pid, task.se.prio, cpu);
    else tracing.fourOf(current, event, commText, pid, task.se.prio, cpu);
  }

  #traceSwitch(cpu: number, prev: Task | undefined, next: Task | undefined): void {
    const { tracing } = this.#kernel;
    const state = prev === undefined ? 0 : reportedState(prev);
    if (prev === undefined || next === undefined) {
      tracing.switchedIdle(this.#switchEvent, cpu, prev, state, next);
    } else tracing.switched(this.#switchEvent, cpu, prev, state, next);
  }
}

function wakeupFields({ comm, pid, se, cpu }: Task): EventFields {
  return { comm, pid, prio: se.prio, target_cpu: cpu };
}

/** States that a trace can tell apart, and two that it adds. @linux include/linux/sched.h (6.18) */
const TASK_REPORT = 0x7f;
const TASK_REPORT_IDLE = 0x80;
const TASK_REPORT_MAX = 0x100;

function rank(schedClass: SchedClass): number {
  return CLASSES.indexOf(schedClass);
}

/** The class of a task's policy, or that of the priority that is lent to it. @linux `__setscheduler_class` */
export function classOf(task: Task): SchedClass {
  const { se } = task;
  return se.policy === SCHED_NORMAL && se.boostPrio === NO_BOOST
    ? fairSchedClass
    : classOfOther(task);
}

function classOfOther(task: Task): SchedClass {
  if (task.se.boostPrio !== NO_BOOST) return classOfPrio(task.se.prio);
  if (task.se.policy === SCHED_DEADLINE) return dlSchedClass;
  return task.se.isRealtime ? rtSchedClass : fairSchedClass;
}

function classOfPrio(prio: number): SchedClass {
  if (prio < 0) return dlSchedClass;
  return prio < MAX_RT_PRIO ? rtSchedClass : fairSchedClass;
}

/**
 * The one bit that a trace shows of a task's state; preempted while runnable: TASK_REPORT_MAX, shown as "R+".
 *
 * @linux include/trace/events/sched.h `__trace_sched_switch_state`, include/linux/sched.h `task_state_index` (6.18)
 */
function reportedState({ state, exitState }: Task): number {
  if (state === TASK_RUNNING) return TASK_REPORT_MAX;
  if ((state & TASK_IDLE) === TASK_IDLE) return TASK_REPORT_IDLE;
  const reported = (state | exitState) & TASK_REPORT;
  return reported === 0 ? 0 : 1 << (31 - Math.clz32(reported));
}
