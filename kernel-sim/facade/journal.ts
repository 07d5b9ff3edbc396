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
  #inputsAtHorizon = 0;
  #depth = 0;

  /** From the step after `step` others on, steps go up to `untilNs`. */
  noteHorizon(step: number, untilNs: number): void {
    const last = this.horizons.at(-1);
    // Without an input in between, a run up to there is as good as two: of a terminal's machine there are thousands.
    const isSameRun = this.inputs.length === this.#inputsAtHorizon;
    this.#inputsAtHorizon = this.inputs.length;
    if (last !== undefined && isSameRun && untilNs >= last.untilNs) last.untilNs = untilNs;
    else this.horizons.push({ step, untilNs });
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
