import type { EventFields, TraceRing } from "../trace/ring.ts";
import { USER32_CS } from "./entry/invoke.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";

/** `struct trace_event_raw_sys_enter` with the first five of its six arguments. */
const ENTER_FIELDS = ["id", "a0", "a1", "a2", "a3", "a4"] as const;
const EXIT_FIELDS = ["id", "ret"] as const;
const IDLE_PRIO = 120;

/** Records the events of a living kernel and lets those hear of them who have asked. */
export class KernelTracing {
  readonly #kernel: Kernel;
  readonly #ring: TraceRing;
  readonly #enterEvent: number;
  readonly #exitEvent: number;
  isEnabled = true;
  /** Called with each event after it was recorded: attached programs, breakpoints. */
  listener: ((name: number, cpu: number, fields: EventFields) => void) | undefined = undefined;

  /** Called behind it, when the event has happened: who looks for a moment in time. */
  observer: (() => void) | undefined = undefined;

  constructor(kernel: Kernel, ring: TraceRing) {
    this.#kernel = kernel;
    this.#ring = ring;
    this.#enterEvent = ring.numberEvent("raw_syscalls:sys_enter", ENTER_FIELDS);
    this.#exitEvent = ring.numberEvent("raw_syscalls:sys_exit", EXIT_FIELDS);
  }

  /** @param by who has caused it, when it happens after his step. */
  record(name: number, fields: EventFields, by?: Task): void {
    if (!this.isEnabled) return;
    const { interrupted } = this.#kernel;
    const current = by ?? this.#kernel.current;
    const cpu = current?.cpu ?? interrupted?.cpu ?? 0;
    const pid = (current ?? interrupted?.current)?.pid ?? 0;
    this.#ring.record(name, this.#kernel.now(), cpu, fields, pid);
    this.listener?.(name, cpu, fields);
    this.observer?.();
  }

  /** By name; for what happens seldom. */
  event(name: string, fields: EventFields, by?: Task): void {
    this.record(this.#ring.nameNumber(name), fields, by);
  }

  /** The number of an event with at most seven numbers for fields, for `numbers`; `texts` are those of them that `text` makes. */
  numberEvent(name: string, fields: readonly string[], texts?: readonly string[]): number {
    return this.#ring.numberEvent(name, fields, texts);
  }

  /** The number of a text for `numbers`. */
  text(text: string): number {
    return this.#ring.textNumber(text);
  }

  /** Such an event, without an object for it. */
  numbers(event: number, a: number, b: number, c = 0, d = 0, e = 0, f = 0, g = 0): void {
    if (!this.isEnabled) return;
    const { current, interrupted } = this.#kernel;
    const cpu = current?.cpu ?? interrupted?.cpu ?? 0;
    const pid = (current ?? interrupted?.current)?.pid ?? 0;
    const chunk = this.#ring.begin(event, this.#kernel.now(), cpu, pid);
    chunk.putFour(a, b, c, d);
    if (e !== 0 || f !== 0 || g !== 0) chunk.putThreeMore(e, f, g);
    this.#tell(event, cpu);
  }

  /** An event of four numbers that `task` has caused. */
  fourOf(task: Task, event: number, a: number, b: number, c: number, d: number): void {
    if (!this.isEnabled) return;
    const { cpu } = task;
    this.#ring.begin(event, this.#kernel.now(), cpu, task.pid).putFour(a, b, c, d);
    this.#tell(event, cpu);
  }

  /**
   * One task leaves a CPU for another.
   *
   * @linux include/trace/events/sched.h `sched_switch`
   * @param prevState as the trace shows it
   */
  switched(event: number, cpu: number, prev: Task, prevState: number, next: Task): void {
    if (!this.isEnabled) return;
    const { pid } = prev;
    const chunk = this.#ring.begin(event, this.#kernel.now(), cpu, pid);
    chunk.putFour(prev.commText, pid, prev.se.prio, prevState);
    chunk.putThreeMore(next.commText, next.pid, next.se.prio);
    this.#tell(event, cpu);
  }

  /** To the idle task of a CPU, which is no `Task`, or from it. */
  switchedIdle(
    event: number,
    cpu: number,
    prev: Task | undefined,
    prevState: number,
    next: Task | undefined,
  ): void {
    if (!this.isEnabled) return;
    const idle = this.text(`swapper/${cpu}`);
    const pid = prev?.pid ?? 0;
    const chunk = this.#ring.begin(event, this.#kernel.now(), cpu, pid);
    chunk.putFour(prev?.commText ?? idle, pid, prev?.se.prio ?? IDLE_PRIO, prevState);
    chunk.putThreeMore(next?.commText ?? idle, next?.pid ?? 0, next?.se.prio ?? IDLE_PRIO);
    this.#tell(event, cpu);
  }

  /** The first five arguments are kept. */
  sysEnter(task: Task, nr: number): void {
    if (!this.isEnabled) return;
    const { cpu, regs } = task;
    const event = this.#enterEvent;
    const chunk = this.#ring.begin(event, this.#kernel.now(), cpu, task.pid);
    if (regs.cs === USER32_CS) {
      chunk.putFour(nr, regs.bx, regs.cx, regs.dx);
      chunk.putThreeMore(regs.si, regs.di, 0);
    } else {
      const { r10, r8 } = regs;
      chunk.putFour(nr, regs.di, regs.si, regs.dx);
      if (r10 !== 0 || r8 !== 0) chunk.putThreeMore(r10, r8, 0);
    }
    this.#tell(event, cpu);
  }

  sysExit(task: Task, nr: number, ret: number): void {
    if (!this.isEnabled) return;
    const { cpu } = task;
    const event = this.#exitEvent;
    this.#ring.begin(event, this.#kernel.now(), cpu, task.pid).putTwo(nr, ret);
    this.#tell(event, cpu);
  }

  #tell(event: number, cpu: number): void {
    if (this.listener !== undefined) this.listener(event, cpu, this.#ring.lastFields());
    if (this.observer !== undefined) this.observer();
  }
}
