import type { SharedWords, ThreadProgram } from "../api-explore.ts";
import type { SystemCalls } from "../api-kernel.ts";
import type { ReadyProgram, RunRecord } from "./concurrent-program.ts";
import type { ControlledRun } from "./dpor.ts";
import { accessFootprint, type Footprint, NOTHING } from "./footprint.ts";
import { PlainWord, WordAccess } from "./plain-word.ts";

const WORD_BYTES = 4;
const NOBODY: readonly string[] = Object.freeze([]);

/** A program has asked for something that takes a kernel. */
export class NeedsKernel extends Error {}

/**
 * One run of a program that does nothing but load and store shared words. No kernel takes part in that, so none is booted:
 * its threads make the same steps as on a machine, with the same footprints, some hundred times faster. A program that
 * touches `sys` makes the run throw `NeedsKernel`, and has to be run on a machine.
 */
export class WordRun implements ControlledRun {
  readonly record: RunRecord = { base: 0, returned: {}, thrown: undefined };
  readonly output = "";
  readonly #program: ReadyProgram;
  readonly #values: Int32Array;
  readonly #places: WordPlaces;
  readonly #threads = new Map<string, ReturnType<ThreadProgram>>();
  #alive: string[];
  readonly #state: { needsKernel: boolean } = { needsKernel: false };

  /** @param places what loads and stores of these words touch, the same for all runs */
  constructor(program: ReadyProgram, places: WordPlaces) {
    this.#program = program;
    this.#places = places;
    this.#values = Int32Array.from(program.words, ([, value]) => value);
    const sys = kernelDoor(this.#state);
    const words = this.#words();
    for (const { name, program: body } of program.threads) {
      this.#threads.set(name, body(sys, words, undefined));
    }
    this.#alive = [...this.#threads.keys()].sort();
  }

  enabled(): readonly string[] {
    return this.#alive;
  }

  /** Threads that have not ended. */
  alive(): readonly string[] {
    return this.#alive;
  }

  step(name: string): { readonly footprint: Footprint; readonly woken: readonly string[] } {
    const thread = this.#threads.get(name)!;
    // The last step is exit(2), which touches nothing that others see.
    let footprint = NOTHING;
    let at: IteratorResult<unknown, unknown>;
    try {
      at = thread.next(undefined as never);
    } catch {
      // As a signal that ends the process: what the kernel makes of it, it says itself.
      throw new NeedsKernel();
    }
    if (at.done === true) {
      this.record.returned[name] = at.value;
      this.#alive = this.#alive.filter((one) => one !== name);
    } else {
      const { value } = at;
      if (!(value instanceof WordAccess && WordAccess.isAsked(value))) throw new NeedsKernel();
      const index = WordAccess.perform(value, this.#values);
      footprint = this.#places.footprint(index, WordAccess.isWrite(value));
    }
    if (this.#state.needsKernel) throw new NeedsKernel();
    return { footprint, woken: NOBODY };
  }

  /** Nobody ever sleeps. */
  letTimePass(): boolean {
    return false;
  }

  words(): Record<string, number> {
    const values: Record<string, number> = {};
    this.#program.words.forEach(([name], i) => {
      values[name] = this.#values[i]!;
    });
    return values;
  }

  #words(): SharedWords {
    const named: Record<string, PlainWord> = {};
    this.#program.words.forEach(([name], i) => {
      named[name] = new PlainWord(i, () => this.#askKernel());
    });
    return Object.freeze(named);
  }

  #askKernel(): never {
    this.#state.needsKernel = true;
    throw new NeedsKernel();
  }
}

/** What loads and stores of words touch. */
export class WordPlaces {
  readonly #loads: readonly Footprint[];
  readonly #stores: readonly Footprint[];

  constructor({ words }: ReadyProgram) {
    this.#loads = words.map((_, i) => accessFootprint(i * WORD_BYTES, WORD_BYTES, false));
    this.#stores = words.map((_, i) => accessFootprint(i * WORD_BYTES, WORD_BYTES, true));
  }

  footprint(index: number, isWrite: boolean): Footprint {
    return (isWrite ? this.#stores : this.#loads)[index]!;
  }
}

/** Whether a program may do without a kernel: it has neither processes nor anything to set up. */
export function mayRunPlain({ setup, threads }: ReadyProgram): boolean {
  return setup === undefined && threads.every(({ isProcess }) => !isProcess);
}

/** Stands for `sys` where no kernel is: whoever looks at it gets the run ended. */
function kernelDoor(state: { needsKernel: boolean }): SystemCalls {
  const ask = (): never => {
    state.needsKernel = true;
    throw new NeedsKernel();
  };
  const door = { get: ask, has: ask, ownKeys: ask, getOwnPropertyDescriptor: ask };
  return new Proxy(Object.freeze({}), door) as SystemCalls;
}
