import { type InterruptController, MachineIrq } from "../arch/x86/irq.ts";
import type { Binfmt } from "../fs/binprm.ts";
import type { ByteString } from "../fs/fs.ts";
import { Clock } from "../hw/clock.ts";
import { type Costs, SERVER_COSTS } from "../hw/costs.ts";
import { EventQueue } from "../hw/event-queue.ts";
import { Random } from "../hw/random.ts";
import { ENOSYS } from "../include/errno.ts";
import { TraceRing } from "../trace/ring.ts";
import type { Cred, UserStruct } from "./cred.ts";
import { UserStruct as User } from "./cred.ts";
import { runStep } from "./entry/step.ts";
import type { PerfWatcher } from "./events/contexts.ts";
import type { FunctionProbes } from "./function-probes.ts";
import type { KernelHooks } from "./hooks.ts";
import { noHooks } from "./hooks.ts";
import { KernelTracing } from "./kernel-tracing.ts";
import { PidNamespace } from "./pid.ts";
import { schedBalanceTrigger } from "./sched/balance.ts";
import { Scheduler } from "./sched/core.ts";
import type { RunQueue } from "./sched/runqueue.ts";
import { TASK_NORMAL } from "./state.ts";
import type { SyscallFn } from "./syscall.ts";
import { Sysctl } from "./sysctl.ts";
import type { Task } from "./task.ts";
import { HrTimer } from "./time/hrtimer.ts";
import type { UserContext } from "./user-context.ts";

/** Starts a program with its arguments and its environment (`NAME=value`). */
export type ProgramLoader = (
  argv: readonly ByteString[],
  envp: readonly ByteString[],
) => UserContext;

/** What a CPU does for `ns`: its task's own code, the kernel for its task, an interrupt, what an interrupt has left. */
export type StretchWatcher = (
  rq: RunQueue,
  kind: "user" | "kernel" | "interrupt" | "softirq",
  ns: number,
) => void;

export interface KernelOptions {
  readonly seed: number;
  readonly cpus: number;
  readonly costs?: Costs;
  readonly clock?: Clock;
  readonly trace?: TraceRing;
  /** The time of day at boot, in ns since 1970. */
  readonly wallClockNs?: number;
  /** Of physical memory; at most 4 GiB. */
  readonly memoryBytes?: number;
  /** A kernel that is over: this one has its system call tables and its frames, and need not make them again. */
  readonly like?: Kernel;
  /** False: its timers never interrupt. Default true. */
  readonly hasTimer?: boolean;
  /** Default "apic". */
  readonly interruptController?: InterruptController;
}

const DEFAULT_MEMORY_BYTES = 2 ** 30;

/** 2025-12-01T00:00:00Z, the day after Linux 6.18: when a machine thinks it has booted. */
const DEFAULT_WALL_CLOCK_NS = 1_764_547_200 * 1e9;
/** `TICK_NSEC` with CONFIG_HZ=250. */
const TICK_NS = 4_000_000;

/**
 * One running kernel on its machine: all state hangs here, so two machines share nothing.
 *
 * CPUs work in steps. Always the one whose own time is least makes the next step: a stretch of user
 * code up to its next trap, or of a system call up to its end or its next sleep. All that a step does
 * happens at the time at which it begins; its costs are added when it ends. So events are recorded in
 * the order of time, and the same seed gives the same order.
 */
export class Kernel {
  readonly clock: Clock;
  readonly costs: Costs;
  readonly events = new EventQueue();
  readonly random: Random;
  readonly trace: TraceRing;
  readonly tracing: KernelTracing;
  /** What hangs on its functions; undefined: nothing does. */
  probes: FunctionProbes | undefined = undefined;
  /** Who counts for events of perf; undefined: there are none. */
  perf: PerfWatcher | undefined = undefined;
  readonly sched: Scheduler;
  /** Interrupt controllers, and the ways into the kernel behind them. */
  readonly irq: MachineIrq;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly hasTimer: boolean;
  readonly initPidNs = new PidNamespace(undefined);
  /** All threads, in the order of birth. */
  readonly tasks = new Set<Task>();
  readonly users = new Map<number, UserStruct>();
  /** By number of the x86-64 table. */
  readonly syscalls: (SyscallFn | undefined)[];
  /** By number of the i386 table, for 32-bit programs. */
  readonly syscalls32: (SyscallFn | undefined)[];
  /** All of them by name. */
  readonly syscallNames: Map<string, SyscallFn>;
  readonly hooks: KernelHooks = noHooks();
  readonly sysctl = new Sysctl();
  /** Open files of the whole machine (`get_nr_files`). */
  nrFiles = 0;
  /** Formats of executables, in the order in which they are asked. */
  readonly binfmts: Binfmt[] = [];
  /** Somebody has switched the machine off: nothing runs any more. */
  isHalted = false;
  /** Programs that run beside the processor, by the name that a note of their file has. */
  readonly programs = new Map<string, ProgramLoader>();
  /** Called between two steps: the debug mode of tests (`check-kernel.ts`). */
  onStep: (() => void) | undefined = undefined;
  /** Called with each stretch of a CPU's time that begins at its `now`: who watches where time goes. */
  onStretch: StretchWatcher | undefined = undefined;
  /** How many steps and events there were: with what the host did between them, all that a machine's past is made of. */
  steps = 0;
  /** Called with each load and store of a TypeScript program, when it is done: who looks for races. */
  onAccess:
    | ((address: number, bytes: number, kind: "load" | "store" | "atomic") => void)
    | undefined = undefined;
  /** Called when a step may go up to another time than the last one: what a step does depends on it. */
  onUntil: ((untilNs: number) => void) | undefined = undefined;
  #until = Infinity;
  /** The task whose step is running; undefined in an event. */
  current: Task | undefined = undefined;
  /** The CPU that serves an interrupt. */
  interrupted: RunQueue | undefined = undefined;
  /** The time of day when the machine booted, in ns since 1970; clock_settime moves it. */
  wallClockBootNs: number;
  readonly hostName: string = "kernelbook";
  #nextAnonymousDev = 1;
  #nextInode = 4_026_532_000;
  /** Anything that subsystems keep for the whole machine, by name of the subsystem. */
  readonly subsystems = new Map<string, unknown>();

  constructor(options: KernelOptions) {
    this.syscalls = options.like?.syscalls ?? [];
    this.syscalls32 = options.like?.syscalls32 ?? [];
    this.syscallNames = options.like?.syscallNames ?? new Map();
    this.clock = options.clock ?? new Clock();
    this.costs = options.costs ?? SERVER_COSTS;
    this.random = new Random(options.seed);
    this.trace = options.trace ?? new TraceRing();
    this.tracing = new KernelTracing(this, this.trace);
    this.cpus = options.cpus;
    this.memoryBytes = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
    this.hasTimer = options.hasTimer ?? true;
    this.sched = new Scheduler(this, options.cpus);
    for (const rq of this.sched.runQueues) rq.nextTick = TICK_NS;
    this.irq = new MachineIrq(this, options.interruptController ?? "apic");
    this.irq.init();
    this.wallClockBootNs = options.wallClockNs ?? DEFAULT_WALL_CLOCK_NS;
  }

  /** Ns since boot (CLOCK_MONOTONIC). */
  now(): number {
    return this.clock.now();
  }

  /** Ns since 1970 (CLOCK_REALTIME). */
  wallClock(): number {
    return this.wallClockBootNs + this.clock.now();
  }

  /** The user accounting of `uid`. */
  user(uid: number): UserStruct {
    let user = this.users.get(uid);
    if (user === undefined) {
      user = new User(uid);
      this.users.set(uid, user);
    }
    return user;
  }

  /** The system call `name` of 64-bit programs; one that answers -ENOSYS when there is none. */
  syscallByName(name: string): SyscallFn {
    return this.syscallNames.get(name) ?? (() => -ENOSYS);
  }

  /** What one machine needs once and makes when it is first asked for. */
  subsystem<T>(name: string, make: () => T): T {
    if (!this.subsystems.has(name)) this.subsystems.set(name, make());
    return this.subsystems.get(name) as T;
  }

  /** A device number for a file system without a device (`get_anon_bdev`). */
  anonymousDev(): number {
    return this.#nextAnonymousDev++;
  }

  /** An inode number of a pseudo file (namespaces, pidfds). */
  pseudoInode(): number {
    return this.#nextInode++;
  }

  /** Adds `ns` to what the step on `rq` costs. */
  charge(rq: RunQueue, ns: number): void {
    rq.spent += ns;
  }

  /** Adds `ns` of kernel time to the running step. */
  chargeCurrent(ns: number): void {
    const task = this.current;
    if (task !== undefined) this.sched.runQueues[task.cpu]!.spent += ns;
  }

  /** Starts a timer that calls `callback` at `end` in ns since boot; Infinity starts none. */
  startTimer(end: number, callback: () => void): HrTimer | undefined {
    if (end === Infinity) return undefined;
    const timer = new HrTimer(this, callback);
    timer.start(end);
    return timer;
  }

  /**
   * The same for what need not be exact: it is called in a softirq behind the timer's interrupt.
   *
   * @linux kernel/time/timer.c `add_timer` (6.18)
   * @simplified it ends at its ns, not at the next jiffy.
   */
  addTimer(end: number, callback: () => void): HrTimer | undefined {
    if (end === Infinity) return undefined;
    const timer = new HrTimer(this, callback, "monotonic", "wheel");
    timer.start(end);
    return timer;
  }

  /** A CPU that was idle has something to do: its time is that of the others. */
  cpuIsBusy(rq: RunQueue): void {
    if (rq.current !== undefined || rq.now >= this.clock.now()) return;
    rq.idleNs += this.clock.now() - rq.now;
    rq.now = this.clock.now();
    rq.nextTick = Math.ceil((rq.now + 1) / TICK_NS) * TICK_NS;
  }

  /** The driver of a program that waits for the host has something for it. */
  wakeHostWaiter(task: Task): void {
    this.sched.tryToWakeUp(task, TASK_NORMAL);
  }

  /**
   * Runs until no task is ready at the present time; time-outs that lie ahead are not waited for.
   * Answers the number of steps; stops after `limit`.
   */
  runReady(limit = Infinity): number {
    let steps = 0;
    while (steps < limit && this.step()) steps++;
    return steps;
  }

  /** Runs until nothing is ready and no timer is left, or `untilNs` is reached. */
  run(untilNs = Infinity, limit = Infinity): number {
    let steps = 0;
    while (steps < limit) {
      if (this.step(untilNs)) steps++;
      else if (!this.advanceToNextEvent(untilNs)) break;
    }
    return steps;
  }

  /** All CPUs are idle: goes to the time of the next event and lets it happen. */
  advanceToNextEvent(untilNs = Infinity): boolean {
    const time = this.events.nextTime();
    if (time === Infinity || time > untilNs || this.isHalted) return false;
    this.#fireEvent(time);
    return true;
  }

  /** All CPUs are idle until `time`: nothing happens up to there. */
  advanceIdleTo(time: number): void {
    this.clock.advanceTo(time);
  }

  /** One step of the CPU that is furthest behind, or an event that is due. False: nothing is ready. */
  step(untilNs = Infinity): boolean {
    const rq = this.isHalted ? undefined : this.#nextCpu();
    if (rq === undefined || rq.now > untilNs) return false;
    const eventTime = this.events.nextTime();
    if (eventTime <= rq.now) {
      this.#fireEvent(eventTime);
      return true;
    }
    if (untilNs !== this.#until) {
      this.#until = untilNs;
      this.onUntil?.(untilNs);
    }
    this.steps++;
    this.clock.advanceTo(rq.now);
    if (rq.now >= rq.nextTick && this.hasTimer) this.#tick(rq);
    else {
      // User code runs no further than to where something else may happen.
      rq.horizon = Math.min(this.hasTimer ? rq.nextTick : Infinity, eventTime, untilNs);
      runStep(this, rq);
    }
    if (this.irq.isPending) this.irq.service();
    this.onStep?.();
    return true;
  }

  /** Whether the next step of a CPU is an event or a tick, and none of its task. */
  isDue(rq: RunQueue): boolean {
    return this.events.nextTime() <= rq.now || (this.hasTimer && rq.now >= rq.nextTick);
  }

  /** Who may send a signal in the kernel's own name: root's credentials. */
  get initCred(): Cred | undefined {
    return this.initPidNs.childReaper?.cred;
  }

  #tick(rq: RunQueue): void {
    rq.nextTick = (Math.floor(rq.now / TICK_NS) + 1) * TICK_NS;
    this.irq.timerExpired(rq, () => {
      this.sched.tick(rq);
      if (rq.current !== undefined) this.hooks.tick(rq.current);
      schedBalanceTrigger(this, rq);
    });
  }

  #nextCpu(): RunQueue | undefined {
    const queues = this.sched.runQueues;
    if (queues.length > 1) return this.#nextOf(queues);
    const only = queues[0]!;
    return only.isIdle ? undefined : only;
  }

  #nextOf(queues: readonly RunQueue[]): RunQueue | undefined {
    let next: RunQueue | undefined;
    for (const rq of queues) {
      if (!rq.isIdle && (next === undefined || rq.now < next.now)) next = rq;
    }
    return next;
  }

  #fireEvent(time: number): void {
    this.steps++;
    this.clock.advanceTo(time);
    const event = this.events.popDue(time);
    event?.fire();
    this.onStep?.();
  }
}
