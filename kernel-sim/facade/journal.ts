import type { LivingKernel } from "./living-kernel.ts";

/** Something that was done to a machine from outside. */
interface Input {
  /** After so many steps of its kernel. */
  readonly step: number;
  redo(machine: LivingKernel): void;
}

/**
 * What a machine's past is made of, beside its seed and its programs' tape: all that its host did, and when; and how long
 * attached BPF programs took. The kernel's own steps follow from that.
 */
export class Journal {
  readonly inputs: Input[] = [];
  /** Ns that BPF programs took at an event, by its number. */
  readonly charges = new Map<number, number>();
  /** Up to which time the steps from one on may go. */
  readonly horizons: { readonly step: number; untilNs: number }[] = [];
  /** The newest input, if it is that time has passed in which nothing happened. */
  #idle: { readonly input: Input; timeNs: number } | undefined;
  #depth = 0;

  /** From the step after `step` others on, steps go up to `untilNs`. */
  noteHorizon(step: number, untilNs: number): void {
    const last = this.horizons.at(-1);
    // A run in which nothing happened: of a terminal's machine there are thousands. Where a step was made, it may have
    // ended at its horizon.
    if (last?.step === step) last.untilNs = untilNs;
    else this.horizons.push({ step, untilNs });
  }

  /** Time passes up to `timeNs`, and nothing happens. */
  noteIdle(step: number, timeNs: number, body: () => void): void {
    // Part of another input.
    if (this.#depth > 0) {
      body();
      return;
    }
    const idle = this.#idle;
    if (idle !== undefined && idle.input === this.inputs.at(-1) && idle.input.step === step) {
      idle.timeNs = timeNs;
      body();
      return;
    }
    const added = { timeNs };
    this.note(step, (machine) => machine.passIdleTo(added.timeNs), body);
    const input = this.inputs.at(-1);
    this.#idle = input === undefined ? undefined : Object.assign(added, { input });
  }

  /** Does `body`, which changes the machine after `step` steps, and remembers how to do it again. */
  note<T>(step: number, redo: (machine: LivingKernel) => void, body: () => T): T {
    // What an input does inside is done again with it.
    if (this.#depth === 0) this.inputs.push({ step, redo });
    this.#depth++;
    try {
      return body();
    } finally {
      this.#depth--;
    }
  }
}
