/** Functions of BPF programs that the kernel calls later. @linux kernel/bpf/helpers.c (6.18) */
import type { AsyncHost, CallNow } from "../bpf/async.ts";
import type { CurrentTask } from "../bpf/current-task.ts";
import { bpfTaskOf } from "./bpf-task.ts";
import type { Kernel } from "./kernel.ts";
import { pidTask } from "./pid.ts";
import { PF_EXITING, type Task } from "./task.ts";
import { taskWorkAdd } from "./task-work.ts";
import { HrTimer } from "./time/hrtimer.ts";
import { NSEC_PER_SEC } from "./time/time64.ts";
import { timekeeperOf } from "./time/timekeeping.ts";

/** What is to be called: where, and when. */
type Wish =
  | {
      readonly kind: "timer";
      readonly cpu: number;
      readonly expires: number;
      readonly isReal: boolean;
    }
  | { readonly kind: "work"; readonly cpu: number }
  | { readonly kind: "task-work"; readonly pid: number; readonly isSignal: boolean };

/** One call. Another machine that plays the past of this one has no programs: it lets the same things come of it. */
interface Call {
  readonly wish: Wish;
  /** How long it took. */
  ns: number;
  /** What the function has asked for, and what it wanted no longer. */
  readonly asked: Call[];
  readonly dropped: Call[];
}

/**
 * @param note is told of what comes from outside of such a call, and does it again on another machine
 * @simplified a kworker works at once, whatever its CPU does, and its thread goes on sleeping.
 */
export class BpfCallbacks implements AsyncHost {
  readonly #kernel: Kernel;
  readonly #note: (redo: (other: BpfCallbacks) => void) => void;
  /** Those that wait, and what lets the kernel forget them. */
  readonly #waiting = new Map<Call, () => void>();
  /** The one that goes on. */
  #running: Call | undefined;

  constructor(kernel: Kernel, note: (redo: (other: BpfCallbacks) => void) => void) {
    this.#kernel = kernel;
    this.#note = note;
  }

  get isBusy(): boolean {
    return this.#kernel.current !== undefined || this.#kernel.interrupted !== undefined;
  }

  startTimer(cpu: number, expires: number, isReal: boolean, call: CallNow): () => void {
    return this.#ask({ kind: "timer", cpu, expires, isReal }, call);
  }

  queueWork(cpu: number, call: CallNow): () => void {
    return this.#ask({ kind: "work", cpu }, call);
  }

  addTaskWork(pid: number, isSignal: boolean, call: CallNow): (() => void) | undefined {
    const task = this.#taskOf(pid);
    // One that ends does no more work: nothing is to wait for it.
    if (task === undefined || (task.flags & PF_EXITING) !== 0) return undefined;
    return this.#ask({ kind: "task-work", pid, isSignal }, call);
  }

  realToMonotonic(ns: number): number {
    const sec = Math.floor(ns / NSEC_PER_SEC);
    return timekeeperOf(this.#kernel).realToMonotonic({ sec, nsec: ns % NSEC_PER_SEC });
  }

  #ask(wish: Wish, callNow: CallNow): () => void {
    const call: Call = { wish, ns: 0, asked: [], dropped: [] };
    if (this.#running !== undefined) this.#running.asked.push(call);
    else this.#note((other) => other.#wait(call, undefined));
    this.#wait(call, callNow);
    return () => {
      if (!this.#waiting.has(call)) return;
      if (this.#running !== undefined) this.#running.dropped.push(call);
      else this.#note((other) => other.#forget(call));
      this.#forget(call);
    };
  }

  #forget(call: Call): void {
    this.#waiting.get(call)?.();
    this.#waiting.delete(call);
  }

  #wait(call: Call, callNow: CallNow | undefined): void {
    this.#waiting.set(call, this.#arm(call, callNow));
  }

  /** Answers what lets the kernel forget it. */
  #arm(call: Call, callNow: CallNow | undefined): () => void {
    const kernel = this.#kernel;
    const { wish } = call;
    if (wish.kind === "timer") {
      const { cpu, expires, isReal } = wish;
      const fire = () => this.#call(call, callNow, cpu, this.#interruptedOn(cpu));
      const timer = new HrTimer(kernel, fire, isReal ? "real" : "monotonic", "soft");
      timer.start(expires, cpu);
      return () => timer.cancel();
    }
    if (wish.kind === "work") {
      const fire = () => this.#call(call, callNow, wish.cpu, this.#kworkerOf(wish.cpu));
      const event = kernel.events.schedule(kernel.now(), fire);
      return () => kernel.events.cancel(event);
    }
    const task = this.#taskOf(wish.pid);
    if (task === undefined) return () => {};
    const work = () => this.#call(call, callNow, task.cpu, bpfTaskOf(task));
    taskWorkAdd(task, work, wish.isSignal);
    return () => {};
  }

  #call(call: Call, callNow: CallNow | undefined, cpu: number, current: CurrentTask): void {
    // Forgotten while it was on its way.
    if (!this.#waiting.delete(call)) return;
    this.#running = call;
    if (callNow !== undefined) call.ns = callNow(cpu, current);
    else {
      for (const next of call.asked) this.#wait(next, undefined);
      for (const next of call.dropped) this.#forget(next);
    }
    this.#running = undefined;
    this.#kernel.irq.chargeProgram(cpu, call.ns);
  }

  #taskOf(pid: number): Task | undefined {
    return pidTask(this.#kernel.initPidNs.pids.get(pid), "pid");
  }

  #interruptedOn(cpu: number): CurrentTask {
    const { current, sched } = this.#kernel;
    return taskOr(current ?? sched.runQueues[cpu]!.current, `swapper/${cpu}`);
  }

  #kworkerOf(cpu: number): CurrentTask {
    const name = `kworker/${cpu}:0`;
    const kworker = [...this.#kernel.tasks].find(({ comm }) => comm.startsWith(`${name}-`));
    return taskOr(kworker, name);
  }
}

/** @param comm of a thread that is no task of the machine */
function taskOr(task: Task | undefined, comm: string): CurrentTask {
  return task === undefined ? { pid: 0, tgid: 0, uid: 0, gid: 0, comm } : bpfTaskOf(task);
}
