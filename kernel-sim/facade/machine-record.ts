import type { BootOptions, TraceEvent } from "../api.ts";
import { Clock } from "../hw/clock.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { TraceRing } from "../trace/ring.ts";
import { Tape, TapePlayer } from "../user/tape.ts";
import { Journal } from "./journal.ts";
import type { LivingKernel } from "./living-kernel.ts";

/** How a machine is started, to start it again. */
type Start = (
  options: BootOptions,
  cpus: number,
  clock: Clock,
  trace: TraceRing,
  player: TapePlayer,
) => LivingKernel;

/** All that a machine's past is made of: how it was started, what was done to it, and what its programs have done. */
export class MachineRecord {
  readonly journal = new Journal();
  readonly #boot: BootState;
  readonly #written = new Tape();
  readonly #player: TapePlayer | undefined;
  /** The time at which the host was last left alone with the clock. */
  #leftAt = 0;

  /** @param player plays what the programs of another machine have done, so that this one becomes what that one was */
  constructor(boot: BootState, player: TapePlayer | undefined) {
    this.#boot = boot;
    this.#player = player;
  }

  /** Where the answers that its programs get are recorded, or come from. */
  get tape(): Tape | TapePlayer {
    return this.#player ?? this.#written;
  }

  /** The kernel has booted: from now on what the host does to it counts. */
  begin(kernel: Kernel): void {
    this.leaveClock(kernel);
    kernel.onUntil = (untilNs) => this.journal.noteHorizon(kernel.steps, untilNs);
  }

  /** The same machine at its beginning. It becomes what this one was when the journal's inputs are done again. */
  again(start: Start): LivingKernel {
    const { options, cpus, time, events } = this.#boot;
    const clock = new Clock();
    clock.advanceTo(time);
    const trace = new TraceRing();
    for (const event of events) recordAgain(trace, event);
    return start(
      { ...options, timeline: false },
      cpus,
      clock,
      trace,
      new TapePlayer(this.#written),
    );
  }

  /** What the host does from here on happens later by as much as the clock goes on meanwhile. */
  leaveClock(kernel: Kernel): void {
    this.#leftAt = kernel.now();
  }

  /** BPF programs that are run from outside take time, too. */
  noteClock(kernel: Kernel): void {
    const now = kernel.now();
    if (now === this.#leftAt) return;
    this.#leftAt = now;
    this.journal.note(
      kernel.steps,
      (machine) => machine.kernel.clock.advanceTo(now),
      () => {},
    );
  }

  /** BPF programs at the newest event have taken `ns`. */
  noteCharge(kernel: Kernel, ns: number): void {
    const { charges } = this.journal;
    const event = kernel.trace.recorded - 1;
    charges.set(event, (charges.get(event) ?? 0) + ns);
  }
}

/** What makes the events from number `from` on happen on another machine: they were recorded by the host, as a replay. */
export function recordingOf(kernel: Kernel, from: number): (machine: LivingKernel) => void {
  const events = kernel.trace.events().filter(({ seq }) => seq >= from);
  return ({ kernel: other }) => {
    for (const event of events) {
      other.clock.advanceTo(event.time);
      recordAgain(other.trace, event);
      other.tracing.observer?.();
    }
  };
}

/** How a machine was started. */
interface BootState {
  readonly options: BootOptions;
  readonly cpus: number;
  readonly time: number;
  /** What its trace had recorded before: replayed recordings. */
  readonly events: readonly TraceEvent[];
}

function recordAgain(trace: TraceRing, { name, time, cpu, fields, pid }: TraceEvent): void {
  trace.record(trace.nameNumber(name), time, cpu, fields, pid);
}
