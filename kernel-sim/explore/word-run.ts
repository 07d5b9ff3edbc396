import type { SharedWords, ThreadProgram } from "../api-explore.ts";
import type { SystemCalls } from "../api-kernel.ts";
import { EAGAIN } from "../include/errno.ts";
import type { ReadyProgram, RunRecord } from "./concurrent-program.ts";
import type { ControlledRun } from "./dpor.ts";
import { accessFootprint, type Footprint, NOTHING } from "./footprint.ts";
import { PlainCall, type PlainRequest, plainCalls } from "./plain-call.ts";
import { PlainWord, WordAccess } from "./plain-word.ts";
import { ProgramRun } from "./program-run.ts";

const WORD_BYTES = 4;
const NOBODY: readonly string[] = Object.freeze([]);

/** A program has asked for something that takes a kernel. */
export class NeedsKernel extends Error {}

interface PlainThread {
  readonly name: string;
  readonly steps: ReturnType<ThreadProgram>;
  state: "ready" | "asleep" | "woken" | "ended";
  /** The call in which it sleeps, and the word there. */
  call: { readonly made: PlainCall; readonly word: number } | undefined;
}

interface Waiter {
  readonly thread: PlainThread;
  readonly word: number;
  readonly isPrivate: boolean;
}

/**
 * One run of threads that do nothing but load and store shared words, and wait for each other at them. No kernel takes part
 * in the first, and so little in the second that none is booted: the threads make the same steps as on a machine, with the
 * same footprints, some twenty times faster. Whatever else a thread asks for makes the run throw `NeedsKernel`: the program
 * has to be run on machines.
 */
export class WordRun implements ControlledRun {
  readonly record: RunRecord = { base: 0, returned: {}, thrown: undefined };
  readonly output = "";
  readonly #program: ReadyProgram;
  readonly #values: Int32Array;
  readonly #places: WordPlaces;
  readonly #threads: readonly PlainThread[];
  /** Who sleeps at a word, first come first. */
  readonly #waiters: Waiter[] = [];
  #enabled: readonly string[] | undefined = undefined;
  #needsKernel = false;

  /** @param places what is the same for all runs of the program */
  constructor(program: ReadyProgram, places: WordPlaces) {
    this.#program = program;
    this.#places = places;
    this.#values = Int32Array.from(program.words, ([, value]) => value);
    const sys = this.#sys();
    const words = this.#words();
    const threads = program.threads.map(({ name, program: body }): PlainThread => {
      return { name, steps: body(sys, words, undefined), state: "ready", call: undefined };
    });
    this.#threads = threads.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  enabled(): readonly string[] {
    this.#enabled ??= this.#threads
      .filter(({ state }) => state === "ready" || state === "woken")
      .map(({ name }) => name);
    return this.#enabled;
  }

  /** Threads that have not ended. */
  alive(): readonly string[] {
    return this.#threads.filter(({ state }) => state !== "ended").map(({ name }) => name);
  }

  step(name: string): { readonly footprint: Footprint; readonly woken: readonly string[] } {
    const thread = this.#threads.find((one) => one.name === name)!;
    if (thread.state === "woken") return this.#goOn(thread);
    let at: IteratorResult<unknown, unknown>;
    try {
      at = thread.steps.next(undefined as never);
    } catch {
      // As a signal that ends the process: what the kernel makes of it, it says itself.
      throw new NeedsKernel();
    }
    if (this.#needsKernel) throw new NeedsKernel();
    if (at.done === true) {
      // The last step is exit(2), which touches nothing that others see.
      this.record.returned[name] = at.value;
      this.#become(thread, "ended");
      return { footprint: NOTHING, woken: NOBODY };
    }
    const { value } = at;
    if (value instanceof WordAccess && WordAccess.isAsked(value)) {
      const index = WordAccess.perform(value, this.#values);
      return { footprint: this.#places.footprint(index, WordAccess.isWrite(value)), woken: NOBODY };
    }
    const request = value instanceof PlainCall ? PlainCall.request(value) : undefined;
    if (request === undefined) throw new NeedsKernel();
    return this.#call(thread, value as PlainCall, request);
  }

  /** Nobody sleeps for a time. */
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

  /** @linux kernel/futex/waitwake.c `futex_wait`, `futex_wake` (6.18) */
  #call(thread: PlainThread, made: PlainCall, request: PlainRequest) {
    if (request.kind === "yield") return { footprint: NOTHING, woken: NOBODY };
    const { address, isPrivate, value } = request;
    const word = this.#places.wordAt(address);
    if (word === undefined) throw new NeedsKernel();
    // The word of a futex and who waits on it are one thing.
    const footprint = this.#places.footprint(word, true);
    if (request.kind === "wait") {
      if (this.#values[word] !== (value | 0)) PlainCall.answer(made, -EAGAIN);
      else {
        thread.call = { made, word };
        this.#become(thread, "asleep");
        this.#waiters.push({ thread, word, isPrivate });
      }
      return { footprint, woken: NOBODY };
    }
    const woken = this.#waiters
      .filter((one) => one.word === word && one.isPrivate === isPrivate)
      .slice(0, value);
    for (const waiter of woken) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      this.#become(waiter.thread, "woken");
    }
    PlainCall.answer(made, woken.length);
    return { footprint, woken: woken.map((one) => one.thread.name) };
  }

  /** A call that has slept comes to its end. */
  #goOn(thread: PlainThread) {
    const { made, word } = thread.call!;
    PlainCall.answer(made, 0);
    thread.call = undefined;
    this.#become(thread, "ready");
    return { footprint: this.#places.footprint(word, true), woken: NOBODY };
  }

  #become(thread: PlainThread, state: PlainThread["state"]): void {
    thread.state = state;
    this.#enabled = undefined;
  }

  #words(): SharedWords {
    const named: Record<string, PlainWord> = {};
    this.#program.words.forEach(([name], i) => {
      named[name] = new PlainWord(i, () => this.#places.base + i * WORD_BYTES);
    });
    return Object.freeze(named);
  }

  /** Whoever asks it for what is not there gets the run ended. */
  #sys(): SystemCalls {
    const ask = (): never => {
      this.#needsKernel = true;
      throw new NeedsKernel();
    };
    const calls = plainCalls(ask);
    const get = (_: object, name: string | symbol) =>
      typeof name === "string" && Object.hasOwn(calls, name) ? calls[name] : ask();
    const door = { get, has: ask, ownKeys: ask, getOwnPropertyDescriptor: ask };
    return new Proxy(Object.freeze({}), door) as SystemCalls;
  }
}

/** What loads and stores of words touch, and where the words lie. */
export class WordPlaces {
  readonly #program: ReadyProgram;
  readonly #loads: readonly Footprint[];
  readonly #stores: readonly Footprint[];
  #base = 0;

  constructor(program: ReadyProgram) {
    this.#program = program;
    const { words } = program;
    this.#loads = words.map((_, i) => accessFootprint(i * WORD_BYTES, WORD_BYTES, false));
    this.#stores = words.map((_, i) => accessFootprint(i * WORD_BYTES, WORD_BYTES, true));
  }

  footprint(index: number, isWrite: boolean): Footprint {
    return (isWrite ? this.#stores : this.#loads)[index]!;
  }

  /** Where the first word lies on a machine of the explorer. */
  get base(): number {
    if (this.#base === 0) this.#base = new ProgramRun(this.#program).record.base;
    return this.#base;
  }

  wordAt(address: number): number | undefined {
    const index = (address - this.base) / WORD_BYTES;
    return Number.isInteger(index) && index >= 0 && index < this.#loads.length ? index : undefined;
  }
}

/** Whether a program may do without a kernel: it has neither processes nor anything to set up. */
export function mayRunPlain({ setup, threads }: ReadyProgram): boolean {
  return setup === undefined && threads.every(({ isProcess }) => !isProcess);
}
