import type { EventFields, TraceRing } from "../trace/ring.ts";
import { USER32_CS } from "./entry/invoke.ts";
import type { Kernel } from "./kernel.ts";
import type { Task } from "./task.ts";

/** `struct trace_event_raw_sys_enter` with the first five of its six arguments. */
const ENTER_FIELDS = ["id", "a0", "a1", "a2", "a3", "a4"] as const;
const EXIT_FIELDS = ["id", "ret"] as const;

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
    const { current, interrupted } = this.#kernel;
    const cpu = current?.cpu ?? interrupted?.cpu ?? 0;
    const pid = (current ?? interrupted?.current)?.pid ?? 0;
    this.numbersOf(cpu, pid, event, a, b, c, d, e, f, g);
  }

  /** The same for a task that is not `current`. */
  numbersOf(
    cpu: number,
    pid: number,
    event: number,
    a: number,
    b: number,
    c = 0,
    d = 0,
    e = 0,
    f = 0,
    g = 0,
  ): void {
    if (!this.isEnabled) return;
    this.#ring.recordNumbers(event, this.#kernel.now(), cpu, pid, a, b, c, d, e, f, g);
    this.listener?.(event, cpu, this.#ring.lastFields());
    this.observer?.();
  }

  /** The first five arguments are kept. */
  sysEnter(task: Task, nr: number): void {
    if (!this.isEnabled) return;
    const { pid, cpu, regs } = task;
    const now = this.#kernel.now();
    const is32Bit = regs.cs === USER32_CS;
    const a0 = is32Bit ? regs.bx : regs.di;
    const a1 = is32Bit ? regs.cx : regs.si;
    const a2 = regs.dx;
    const a3 = is32Bit ? regs.si : regs.r10;
    const a4 = is32Bit ? regs.di : regs.r8;
    this.#ring.recordNumbers(this.#enterEvent, now, cpu, pid, nr, a0, a1, a2, a3, a4);
    this.listener?.(this.#enterEvent, cpu, { id: nr, a0, a1, a2, a3, a4 });
    this.observer?.();
  }

  sysExit(task: Task, nr: number, ret: number): void {
    if (!this.isEnabled) return;
    const { pid, cpu } = task;
    this.#ring.recordNumbers(this.#exitEvent, this.#kernel.now(), cpu, pid, nr, ret);
    this.listener?.(this.#exitEvent, cpu, { id: nr, ret });
    this.observer?.();
  }
}
