import type { EventFields, TraceRing } from "../trace/ring.ts";
import type { Kernel } from "./kernel.ts";

/** `struct trace_event_raw_sys_enter` with the first four of its six arguments. */
const ENTER_FIELDS = ["common_pid", "id", "a0", "a1", "a2", "a3"] as const;
const EXIT_FIELDS = ["common_pid", "id", "ret"] as const;

/** Records the events of a living kernel and lets those hear of them who have asked. */
export class KernelTracing {
  readonly #kernel: Kernel;
  readonly #ring: TraceRing;
  readonly #enterEvent: number;
  readonly #exitEvent: number;
  isEnabled = true;
  /** Called with each event after it was recorded: attached programs, breakpoints. */
  listener: ((name: number, cpu: number, fields: EventFields) => void) | undefined = undefined;

  constructor(kernel: Kernel, ring: TraceRing) {
    this.#kernel = kernel;
    this.#ring = ring;
    this.#enterEvent = ring.numberEvent("raw_syscalls:sys_enter", ENTER_FIELDS);
    this.#exitEvent = ring.numberEvent("raw_syscalls:sys_exit", EXIT_FIELDS);
  }

  record(name: number, fields: EventFields): void {
    if (!this.isEnabled) return;
    const cpu = this.#kernel.current?.cpu ?? 0;
    this.#ring.record(name, this.#kernel.now(), cpu, fields);
    this.listener?.(name, cpu, fields);
  }

  /** By name; for what happens seldom. */
  event(name: string, fields: EventFields): void {
    this.record(this.#ring.nameNumber(name), fields);
  }

  sysEnter(pid: number, nr: number, a0: number, a1: number, a2: number, a3: number): void {
    if (!this.isEnabled) return;
    const cpu = this.#kernel.current?.cpu ?? 0;
    this.#ring.recordNumbers(this.#enterEvent, this.#kernel.now(), cpu, pid, nr, a0, a1, a2, a3);
    this.listener?.(this.#enterEvent, cpu, { common_pid: pid, id: nr, a0, a1, a2, a3 });
  }

  sysExit(pid: number, nr: number, ret: number): void {
    if (!this.isEnabled) return;
    const cpu = this.#kernel.current?.cpu ?? 0;
    this.#ring.recordNumbers(this.#exitEvent, this.#kernel.now(), cpu, pid, nr, ret);
    this.listener?.(this.#exitEvent, cpu, { common_pid: pid, id: nr, ret });
  }
}
