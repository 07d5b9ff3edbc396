import { EventQueue, type PendingEvent } from "../hw/event-queue.ts";
import type { CurrentTask } from "./current-task.ts";
import type { BpfKernel } from "./kernel.ts";
import type { KernelMap } from "./maps/map.ts";
import type { LoadedProgram } from "./program.ts";

/** A function that is called later. */
export interface LaterFunction {
  readonly prog: LoadedProgram;
  /** In words of the program's code. */
  readonly entry: number;
}

/** A timer, a work for a kworker, or a work for a task. */
export type AsyncKind = "timer" | "work" | "task-work";

/**
 * What lies in a value of a map and calls a function of a program later.
 *
 * @linux kernel/bpf/helpers.c `struct bpf_async_cb`, `struct bpf_task_work_ctx` (6.18)
 */
export interface AsyncCallback {
  readonly id: number;
  readonly kind: AsyncKind;
  readonly map: KernelMap;
  /** The address of the value that it lies in. */
  readonly value: number;
  /** Of a timer: the clock that it goes by. */
  readonly clockId: number;
  callback: LaterFunction | undefined;
  /** Asks the machine for the call. */
  ask: (host: AsyncHost) => (() => void) | undefined;
  /** While it waits. */
  event: PendingEvent | undefined;
  /** The machine forgets that it was to call. */
  forget: () => void;
}

/** Calls the function on a CPU while that task runs there; answers how many ns it took. */
export type CallNow = (cpu: number, current: CurrentTask) => number;

/** The kernel that runs programs, which calls functions at their time. What it answers lets it forget a call. */
export interface AsyncHost {
  /** Its kernel is at work, and calls what has come due by itself. */
  readonly isBusy: boolean;
  /** In a softirq of this CPU, at `expires` in ns since boot, which moves with the time of day when `isReal`. */
  startTimer(cpu: number, expires: number, isReal: boolean, call: CallNow): () => void;
  /** In a kworker of that CPU. */
  queueWork(cpu: number, call: CallNow): () => void;
  /** Before the task goes back to user mode, for which a signal would wake it; undefined: there is no such task. */
  addTaskWork(pid: number, isSignal: boolean, call: CallNow): (() => void) | undefined;
  /** When, in ns since boot, the time of day is `ns`. */
  realToMonotonic(ns: number): number;
}

/** A function may start its timer again, for a time that has come already. */
const CALLS_MAX = 1000;
const NOBODY = (): void => {};

/**
 * All that waits to be called on one machine. As long as no kernel runs programs there, a function is called when BPF is
 * next used at its time or later.
 *
 * @linux kernel/bpf/helpers.c (6.18)
 * @simplified a function is interpreted, never compiled.
 */
export class AsyncCallbacks {
  readonly #kernel: BpfKernel;
  readonly #all = new Map<number, AsyncCallback>();
  readonly #queue = new EventQueue();
  /** Works for tasks that do not run. */
  readonly #parked: (() => void)[] = [];
  #nextId = 1;
  #host: AsyncHost | undefined;
  /** Room for an index that a function is given. */
  #cell = 0;
  /** The timer whose function is at work. */
  running: AsyncCallback | undefined = undefined;

  constructor(kernel: BpfKernel) {
    this.#kernel = kernel;
  }

  /** From now on it calls at the right time; what waits already, it is told of. */
  join(host: AsyncHost): void {
    this.#host = host;
    for (const async of this.#all.values()) {
      if (async.event !== undefined) async.forget = async.ask(host) ?? NOBODY;
    }
  }

  #ask(async: AsyncCallback, ask: (host: AsyncHost) => (() => void) | undefined): void {
    async.ask = ask;
    if (this.#host !== undefined) async.forget = ask(this.#host) ?? NOBODY;
  }

  /** The one that was made at this address of a value, undefined before. */
  at(address: number): AsyncCallback | undefined {
    return this.#all.get(this.#kernel.memory.view.getUint32(address, true));
  }

  /** @param offset of the field in the value, in bytes */
  make(address: number, kind: AsyncKind, map: KernelMap, offset: number, clockId = 0) {
    const made: AsyncCallback = {
      ...{ id: this.#nextId++, kind, map, value: address - offset, clockId },
      ...{ callback: undefined, event: undefined, forget: NOBODY, ask: () => undefined },
    };
    this.#all.set(made.id, made);
    this.#kernel.memory.view.setUint32(address, made.id, true);
    return made;
  }

  /** The function holds its program. */
  setFunction(async: AsyncCallback, callback: LaterFunction | undefined): void {
    if (callback !== undefined) this.#kernel.ref(callback.prog);
    if (async.callback !== undefined) this.#kernel.unref(async.callback.prog);
    async.callback = callback;
  }

  /** The value goes, or nobody holds its map from outside. @linux kernel/bpf/helpers.c `__bpf_async_cancel_and_free` (6.18) */
  free(address: number): void {
    const async = this.at(address);
    if (async === undefined) return;
    this.stop(async);
    this.setFunction(async, undefined);
    this.#all.delete(async.id);
    this.#kernel.memory.view.setUint32(address, 0, true);
  }

  /** Whether it waited. */
  stop(async: AsyncCallback): boolean {
    const { event } = async;
    if (event !== undefined) this.#queue.cancel(event);
    this.#leaveQueue(async);
    return event !== undefined;
  }

  #leaveQueue(async: AsyncCallback): void {
    async.event = undefined;
    async.forget();
    async.forget = NOBODY;
  }

  /** @param expires in ns since boot */
  startTimer(timer: AsyncCallback, expires: number, cpu: number, isReal: boolean): void {
    this.stop(timer);
    this.#enqueue(timer, expires, cpu);
    const call = this.#callOf(timer);
    this.#ask(timer, (host) => host.startTimer(cpu, expires, isReal, call));
  }

  queueWork(work: AsyncCallback, cpu: number): void {
    if (work.event !== undefined) return;
    this.#enqueue(work, this.#kernel.clock.now(), cpu);
    const call = this.#callOf(work);
    this.#ask(work, (host) => host.queueWork(cpu, call));
  }

  queueTaskWork(work: AsyncCallback, pid: number, isSignal: boolean, cpu: number): void {
    const host = this.#host;
    if (host === undefined) this.#enqueue(work, this.#kernel.clock.now(), cpu, pid);
    const call = this.#callOf(work);
    this.#ask(work, (by) => by.addTaskWork(pid, isSignal, call));
    // The task has ended meanwhile.
    if (host !== undefined && work.forget === NOBODY) this.setFunction(work, undefined);
  }

  realToMonotonic(ns: number): number {
    return this.#host?.realToMonotonic(ns) ?? ns;
  }

  #enqueue(async: AsyncCallback, expires: number, cpu: number, pid?: number): void {
    async.event = this.#queue.schedule(expires, () => {
      const { current } = this.#kernel;
      if (pid !== undefined && pid !== current.pid) {
        this.#parked.push(() => {
          if (async.event !== undefined) this.#enqueue(async, expires, cpu, pid);
        });
        return;
      }
      this.#leaveQueue(async);
      const who = async.kind === "work" ? kworkerOf(cpu) : current;
      this.#kernel.clock.advance(this.#call(async, cpu, who));
    });
  }

  #callOf(async: AsyncCallback): CallNow {
    return (cpu, current) => {
      if (async.event !== undefined) this.#queue.cancel(async.event);
      async.event = undefined;
      async.forget = NOBODY;
      if (!this.#kernel.memory.isReading) return this.#call(async, cpu, current);
      // A helper of a program has let the interrupt in: when that program has ended.
      this.#enqueue(async, this.#kernel.clock.now(), cpu);
      return 0;
    };
  }

  /** @linux kernel/bpf/helpers.c `bpf_timer_cb`, `bpf_wq_work`, `bpf_task_work_callback` (6.18) */
  #call(async: AsyncCallback, cpu: number, current: CurrentTask): number {
    const kernel = this.#kernel;
    const { callback, map, value } = async;
    if (callback === undefined) return 0;
    this.#cell ||= kernel.memory.alloc(8);
    const key = map.keyOfValue(value, this.#cell);
    const vm = kernel.cpu(cpu);
    const before = kernel.current;
    kernel.current = current;
    this.running = async.kind === "timer" ? async : undefined;
    vm.executed = 0;
    kernel.whileRunning(callback.prog, cpu, () =>
      vm.call(callback.prog.code, callback.entry, map.address, key, value),
    );
    this.running = undefined;
    kernel.current = before;
    // It is as if nobody had asked for it.
    if (async.kind === "task-work") this.setFunction(async, undefined);
    return vm.executed;
  }

  /** Calls all whose time has come. */
  runDue(): void {
    if (this.#kernel.memory.isReading || this.#host?.isBusy === true) return;
    for (const again of this.#parked.splice(0)) again();
    for (let left = CALLS_MAX; left > 0; left--) {
      const due = this.#queue.popDue(this.#kernel.clock.now());
      if (due === undefined) return;
      due.fire();
    }
  }

  /** Moves to `time` in ns since boot; what comes due on the way is called then. */
  advanceTo(time: number): void {
    const { clock } = this.#kernel;
    for (let next = this.#queue.nextTime(); next <= time; next = this.#queue.nextTime()) {
      clock.advanceTo(next);
      this.runDue();
    }
    clock.advanceTo(time);
  }
}

/** @simplified where no kernel runs programs there are no processes: it is none with a number. */
function kworkerOf(cpu: number): CurrentTask {
  return { pid: 0, tgid: 0, uid: 0, gid: 0, comm: `kworker/${cpu}:0` };
}
