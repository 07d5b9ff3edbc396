import { kernelExecve } from "../fs/exec.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { isSleeping } from "../kernel/sleep.ts";
import { TASK_RUNNING } from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import { VM_SHARED } from "../mm/vma.ts";
import { MachineContext } from "../user/machine-context.ts";
import {
  ANYTHING,
  accessFootprint,
  callFootprint,
  type Footprint,
  joinFootprints,
  NOTHING,
} from "./footprint.ts";

/** Machine code that touches nothing for so long makes a step of it. */
const INSTRUCTIONS_MAX = 10_000;
const SYS_ENTER = "raw_syscalls:sys_enter";

/** What a step was: an access to memory, a call that begins, or one that goes on behind a sleep. */
export type StepKind =
  | { readonly kind: "load" | "store" | "atomic"; readonly address: number; readonly bytes: number }
  | { readonly kind: "call"; readonly nr: number; readonly isResumed: boolean }
  | { readonly kind: "own" };

/** One step of one thread. */
export interface StepDone {
  readonly thread: string;
  readonly footprint: Footprint;
  readonly what: StepKind;
  /** Threads that could not run before it, and can now. */
  readonly woken: readonly string[];
  /** Of machine code: where its last instruction lay; undefined of other programs. */
  readonly ip: number | undefined;
}

/** How a machine is told what to do next; one that keeps a journal writes it down. */
export interface KernelDoors {
  /** Makes a task the next one that its CPU runs. */
  choose(task: Task): void;
  /** Gives a task the name of its thread, for who looks at it. */
  rename(task: Task, name: string): void;
  /** Makes a task a program of machine code. */
  exec(task: Task, path: string): void;
  /** From now on a task of machine code executes one instruction at a time. */
  singleStep(task: Task): void;
}

/** The doors of a machine that nobody plays again. */
export function plainDoors(kernel: Kernel): KernelDoors {
  return {
    choose: (task) => kernel.sched.choose(task),
    rename(task, name) {
      task.comm = name;
    },
    exec: becomeFile,
    singleStep(task) {
      if (task.user instanceof MachineContext) task.user.stretch = 1;
    },
  };
}

/** The task becomes the executable `path`, as if it had called execve. */
export function becomeFile(task: Task, path: string): void {
  const result = kernelExecve(task, path, [path], []);
  if (isSleeping(result) || result < 0) throw new Error(`${path} cannot be run`);
}

/**
 * A kernel with one CPU whose tasks run as somebody else says, a step at a time: up to the next load, store or system call,
 * which is made, or to where a call sleeps. Threads are called by names that do not depend on the order of their birth.
 */
export class ControlledKernel {
  readonly kernel: Kernel;
  readonly #doors: KernelDoors;
  readonly #names = new Map<Task, string>();
  readonly #births = new Map<string, number>();
  readonly #strangers: Set<Task>;
  #footprint: Footprint = NOTHING;
  #what: StepKind = OWN;

  constructor(kernel: Kernel, doors: KernelDoors) {
    this.kernel = kernel;
    this.#doors = doors;
    this.#strangers = new Set(kernel.tasks);
  }

  /** From now on steps are looked at. */
  begin(): void {
    const { kernel } = this;
    kernel.tracing.observer = () => this.#observe();
    kernel.onAccess = (address, bytes, kind) => {
      const { current } = kernel;
      if (current?.user instanceof MachineContext) {
        this.#noteInstruction(current, address, bytes, kind);
        return;
      }
      const isWrite = kind !== "load";
      this.#footprint = accessFootprint(address, bytes, isWrite);
      this.#what = { kind, address, bytes };
    };
  }

  end(): void {
    this.kernel.tracing.observer = undefined;
    this.kernel.onAccess = undefined;
  }

  /** Tasks that have come since the beginning and have no name yet, oldest first. */
  newTasks(): Task[] {
    return [...this.kernel.tasks].filter(
      (task) => !this.#strangers.has(task) && !this.#names.has(task),
    );
  }

  name(task: Task, name: string): void {
    this.#names.set(task, name);
    this.#doors.rename(task, name);
  }

  /** A named task becomes machine code, an instruction at a time. */
  becomeMachineCode(task: Task, path: string): void {
    this.#doors.exec(task, path);
    this.#doors.singleStep(task);
  }

  taskOf(name: string): Task | undefined {
    for (const [task, known] of this.#names) if (known === name) return task;
    return undefined;
  }

  /** Threads that can make a step, in the order of their names. */
  enabled(): string[] {
    const names: string[] = [];
    for (const [task, name] of this.#names) {
      if (task.state === TASK_RUNNING && task.exitState === 0) names.push(name);
    }
    return names.length < 2 ? names : names.sort();
  }

  /** Threads that have not ended. */
  alive(): string[] {
    const names: string[] = [];
    for (const [task, name] of this.#names) if (task.exitState === 0) names.push(name);
    return names.sort();
  }

  /** Nobody is ready: lets time pass to the next thing that happens by itself. */
  letTimePass(): boolean {
    const { kernel } = this;
    while (this.enabled().length === 0) {
      if (!kernel.step() && !kernel.advanceToNextEvent()) return false;
    }
    return true;
  }

  /** The step of one thread. */
  step(name: string): StepDone {
    const task = this.taskOf(name);
    if (task === undefined || task.state !== TASK_RUNNING || task.exitState !== 0) {
      throw new Error(`${name} cannot make a step there`);
    }
    const before = this.enabled();
    const isResumed = task.kstack !== undefined;
    // A call that has slept goes on; what it touches stands in its registers.
    this.#footprint = isResumed ? callFootprint(task, task.regs.origAx) : NOTHING;
    this.#what = isResumed ? { kind: "call", nr: task.regs.origAx, isResumed } : OWN;
    let ip: number | undefined;
    for (let n = 0; n < INSTRUCTIONS_MAX; n++) {
      if (!(task.user instanceof MachineContext)) {
        this.stepTask(task);
        break;
      }
      // Of machine code the next instruction that touches what others can reach: nobody sees those before it.
      ip = task.user.hasTrap ? ip : task.regs.ip;
      this.stepTask(task);
      const isSeen = this.#footprint !== NOTHING || this.#what !== OWN;
      if (isSeen || task.state !== TASK_RUNNING || task.exitState !== 0) break;
    }
    for (const child of this.newTasks()) this.#baptise(child, name);
    const woken = this.enabled().filter((one) => !before.includes(one));
    return { thread: name, footprint: this.#footprint, what: this.#what, woken, ip };
  }

  /** An access of machine code: an instruction may make several. */
  #noteInstruction(
    { mm }: Task,
    address: number,
    bytes: number,
    kind: "load" | "store" | "atomic",
  ): void {
    const vma = mm?.vmas.find(({ start, end }) => start <= address && address < end);
    const isReachable = (mm?.users ?? 0) > 1 || ((vma?.flags ?? 0) & VM_SHARED) !== 0;
    if (!isReachable) return;
    const added = accessFootprint(address, bytes, kind !== "load");
    this.#footprint = joinFootprints(this.#footprint, added);
    const { kind: before } = this.#what;
    const isBoth = (before === "load" || before === "store") && before !== kind;
    this.#what = { kind: isBoth ? "atomic" : kind, address, bytes };
  }

  /** What is due happens, and then the task runs up to its next trap. */
  stepTask(task: Task): void {
    const { kernel } = this;
    const rq = kernel.sched.runQueues[task.cpu]!;
    while (kernel.isDue(rq)) kernel.step();
    if (rq.current !== task || task.needResched) this.#doors.choose(task);
    kernel.step();
  }

  #observe(): void {
    const { trace, current } = this.kernel;
    if (current === undefined || trace.nameAt(trace.recorded - 1) !== SYS_ENTER) return;
    const nr = current.regs.origAx;
    // A program that could not go on without the kernel: a fault, and then a call.
    this.#footprint = this.#footprint === NOTHING ? callFootprint(current, nr) : ANYTHING;
    this.#what = { kind: "call", nr, isResumed: false };
  }

  /** Children of a thread are called after it, in their order. */
  #baptise(task: Task, parent: string): void {
    const born = (this.#births.get(parent) ?? 0) + 1;
    this.#births.set(parent, born);
    this.#names.set(task, `${parent}.${born}`);
    this.#doors.singleStep(task);
  }
}

const OWN: StepKind = Object.freeze({ kind: "own" });
