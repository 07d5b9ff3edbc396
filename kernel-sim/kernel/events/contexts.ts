import { CLONE_THREAD } from "../../include/uapi/sched.ts";
import { hasFlag } from "../clone-flags.ts";
import type { CloneArgs } from "../fork.ts";
import type { Kernel } from "../kernel.ts";
import type { RunQueue } from "../sched/runqueue.ts";
import type { Task } from "../task.ts";
import {
  ATTR_ENABLE_ON_EXEC,
  ATTR_INHERIT,
  ATTR_INHERIT_THREAD,
  ATTR_REMOVE_ON_EXEC,
} from "./attr.ts";
import { type PerfCounter, PerfEvent } from "./perf-event.ts";

/** What the scheduler and others tell of, as long as there are events. */
export interface PerfWatcher {
  switched(rq: RunQueue, prev: Task | undefined, next: Task | undefined): void;
  /** A task will run on another CPU. */
  migrated(task: Task): void;
  faulted(task: Task, isMajor: boolean): void;
  executed(task: Task): void;
}

interface CpuCounts {
  minor: number;
  major: number;
  migrations: number;
}

/**
 * Which events are counted for which task and CPU.
 *
 * @linux include/linux/perf_event.h `struct perf_event_context`, `struct perf_cpu_context` (6.18)
 */
export class PerfContexts implements PerfWatcher {
  readonly kernel: Kernel;
  readonly #ofTask = new Map<Task, PerfEvent[]>();
  readonly #ofCpu: PerfEvent[][];
  readonly #counts: CpuCounts[];
  readonly #migrated = new Set<Task>();
  /** How an event stops hearing of the place in the kernel that it counts. */
  readonly #watched = new Map<PerfEvent, () => void>();
  #lastId = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.#ofCpu = kernel.sched.runQueues.map(() => []);
    this.#counts = kernel.sched.runQueues.map(() => ({ minor: 0, major: 0, migrations: 0 }));
    const { taskForked } = kernel.hooks;
    kernel.hooks.taskForked = (task, child, args) => {
      taskForked(task, child, args);
      this.#inherit(task, child, args);
    };
    kernel.hooks.taskExits.push((task) => this.#exited(task));
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /** In ns since boot: CPUs do not all stand at the same. */
  time(cpu: number): number {
    return Math.max(this.kernel.now(), this.kernel.sched.runQueues[cpu]!.now);
  }

  /** Where an event is counted, or would be. */
  cpuOf({ task, cpu }: PerfEvent): number {
    return task?.cpu ?? cpu;
  }

  read(counter: PerfCounter, cpu: number): number {
    const { minor, major, migrations } = this.#counts[cpu]!;
    switch (counter) {
      case "clock":
        return this.time(cpu);
      case "faults":
        return minor + major;
      case "minor":
        return minor;
      case "major":
        return major;
      case "migrations":
        return migrations;
      case "switches":
        return this.kernel.sched.runQueues[cpu]!.nrSwitches;
      default:
        return 0;
    }
  }

  /** @linux kernel/events/core.c `perf_install_in_context` (6.18) */
  add(event: PerfEvent): void {
    const { task, cpu, hook } = event;
    this.kernel.perf = this;
    if (task === undefined) {
      this.#ofCpu[cpu]!.push(event);
      event.schedIn(cpu);
    } else {
      this.#ofTask.set(task, [...(this.#ofTask.get(task) ?? []), event]);
      if (this.kernel.sched.runQueues[task.cpu]!.current === task) event.schedIn(task.cpu);
    }
    if (hook === undefined) return;
    const stop = this.kernel.hooks.perfPlaces?.watch(hook, (at) => event.hit(at));
    if (stop !== undefined) this.#watched.set(event, stop);
  }

  remove(event: PerfEvent): void {
    event.schedOut();
    this.#watched.get(event)?.();
    this.#watched.delete(event);
    const { task, cpu } = event;
    const left = this.#of(task, cpu).filter((each) => each !== event);
    if (task === undefined) this.#ofCpu[cpu] = left;
    else if (left.length > 0) this.#ofTask.set(task, left);
    else this.#ofTask.delete(task);
    const hasNone = this.#ofTask.size === 0 && this.#ofCpu.every((events) => events.length === 0);
    if (hasNone) this.kernel.perf = undefined;
  }

  #of(task: Task | undefined, cpu: number): readonly PerfEvent[] {
    return task === undefined ? this.#ofCpu[cpu]! : (this.#ofTask.get(task) ?? []);
  }

  /** @linux kernel/events/core.c `__perf_event_task_sched_out`, `__perf_event_task_sched_in` (6.18) */
  switched(rq: RunQueue, prev: Task | undefined, next: Task | undefined): void {
    for (const event of this.#of(undefined, rq.cpu)) event.update();
    if (prev !== undefined) for (const event of this.#of(prev, rq.cpu)) event.schedOut();
    if (next === undefined) return;
    for (const event of this.#of(next, rq.cpu)) event.schedIn(rq.cpu);
    if (this.#migrated.delete(next)) this.#count(next, rq.cpu, "migrations");
  }

  migrated(task: Task): void {
    this.#migrated.add(task);
  }

  faulted(task: Task, isMajor: boolean): void {
    this.#count(task, task.cpu, isMajor ? "major" : "minor");
  }

  /** Who wants samples hears of it at once. */
  #count(task: Task, cpu: number, counter: keyof CpuCounts): void {
    this.#counts[cpu]![counter]++;
    for (const event of [...this.#of(task, cpu), ...this.#of(undefined, cpu)]) {
      if (event.isSampling) event.update();
    }
  }

  /** @linux kernel/events/core.c `perf_event_exec` (6.18) */
  executed(task: Task): void {
    for (const event of this.#of(task, task.cpu)) {
      if ((event.attr.flags & ATTR_ENABLE_ON_EXEC) !== 0) event.enable();
      if ((event.attr.flagsHigh & ATTR_REMOVE_ON_EXEC) !== 0) this.remove(event);
    }
  }

  /** @linux kernel/events/core.c `inherit_task_group` (6.18) */
  #inherit(task: Task, child: Task, args: CloneArgs): void {
    const copies = new Map<PerfEvent, PerfEvent>();
    for (const event of this.#of(task, task.cpu)) {
      const { attr, source, cpu } = event;
      if ((attr.flags & ATTR_INHERIT) === 0) continue;
      const isForThreads = (attr.flagsHigh & ATTR_INHERIT_THREAD) !== 0;
      if (isForThreads && !hasFlag(args.flags, CLONE_THREAD)) continue;
      const parent = event.parent ?? event;
      const copy = new PerfEvent(this, attr, source, { task: child, cpu, parent });
      copies.set(event, copy);
      const leader = copies.get(event.leader);
      if (leader !== undefined && leader !== copy) {
        copy.leader = leader;
        leader.siblings.push(copy);
      }
      if (event.isOn) copy.enable();
      parent.children.add(copy);
      this.add(copy);
    }
  }

  /** @linux kernel/events/core.c `perf_event_exit_task` (6.18) */
  #exited(task: Task): void {
    for (const event of this.#of(task, task.cpu)) {
      this.remove(event);
      event.parent?.childEnded(event);
    }
    this.#migrated.delete(task);
  }
}
