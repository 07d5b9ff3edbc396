import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ControlledRun, exploreSchedules } from "./dpor.ts";
import { accessFootprint } from "./footprint.ts";

/** An instruction of a model thread: on one of a few words, or a lock and unlock of one of two locks. */
type Op =
  | { readonly kind: "load" | "store" | "add"; readonly word: number }
  | { readonly kind: "lock" | "unlock"; readonly lock: number };

/** A program of straight-line threads, run without a kernel: what the search does is compared to trying everything. */
class ModelRun implements ControlledRun {
  readonly #threads: readonly (readonly Op[])[];
  readonly #at: number[];
  readonly #registers: number[];
  readonly words = [0, 0, 0];
  readonly owners = [-1, -1];
  /** The lock on which a thread sleeps; -1: none. */
  readonly #sleepsOn: number[];

  constructor(threads: readonly (readonly Op[])[]) {
    this.#threads = threads;
    this.#at = threads.map(() => 0);
    this.#registers = threads.map((_, i) => i + 1);
    this.#sleepsOn = threads.map(() => -1);
  }

  enabled(): readonly string[] {
    return this.#threads.flatMap((ops, i) =>
      this.#at[i]! < ops.length && this.#sleepsOn[i] === -1 ? [`T${i}`] : [],
    );
  }

  step(thread: string) {
    const i = Number(thread.slice(1));
    const before = this.enabled();
    const op = this.#threads[i]![this.#at[i]!]!;
    const isBlocked = op.kind === "lock" && this.owners[op.lock] !== -1;
    // As in the kernel, it finds the lock taken, sleeps, and tries again when it was woken.
    if (isBlocked && op.kind === "lock") this.#sleepsOn[i] = op.lock;
    else this.#at[i]!++;
    const place = "word" in op ? op.word * 4 : 100 + op.lock * 4;
    if (op.kind === "load") this.#registers[i]! = this.words[op.word]!;
    else if (op.kind === "store") this.words[op.word] = this.#registers[i]! * 2 + 1;
    else if (op.kind === "add") this.words[op.word]! += this.#registers[i]!;
    else if (op.kind === "unlock") {
      this.owners[op.lock] = -1;
      for (const [k, lock] of this.#sleepsOn.entries())
        if (lock === op.lock) this.#sleepsOn[k] = -1;
    } else if (op.kind === "lock" && !isBlocked) this.owners[op.lock] = i;
    const woken = this.enabled().filter((one) => !before.includes(one) && one !== thread);
    return { footprint: accessFootprint(place, 4, op.kind !== "load"), woken };
  }

  letTimePass(): boolean {
    return false;
  }

  get state(): string {
    return JSON.stringify([this.words, this.#registers, this.#at]);
  }
}

function explored(threads: readonly (readonly Op[])[], reduction: boolean) {
  const states = new Set<string>();
  const limits = { schedules: 100_000, steps: 30, reduction };
  const result = exploreSchedules(
    () => new ModelRun(threads),
    (run) => {
      states.add(run.state);
      return true;
    },
    limits,
  );
  return { ...result, states: [...states].sort() };
}

const word = fc.integer({ min: 0, max: 2 });
const access = fc.record({
  kind: fc.constantFrom("load" as const, "store" as const, "add" as const),
  word,
});
/** A few accesses, perhaps with a lock around them, so that threads wait for each other. */
const section = fc
  .tuple(
    fc.option(fc.integer({ min: 0, max: 1 })),
    fc.array(access, { minLength: 1, maxLength: 2 }),
  )
  .map(([lock, ops]): Op[] =>
    lock === null ? ops : [{ kind: "lock", lock }, ...ops, { kind: "unlock", lock }],
  );
const thread = fc
  .array(section, { minLength: 1, maxLength: 2 })
  .map((sections) => sections.flat().slice(0, 3));

describe("the search", () => {
  test("finds the same ends as trying every order, in no more runs", () => {
    fc.assert(
      fc.property(fc.array(thread, { minLength: 2, maxLength: 3 }), (threads) => {
        const all = explored(threads, false);
        const some = explored(threads, true);
        expect(all.isComplete && some.isComplete).toBe(true);
        expect(some.states).toEqual(all.states);
        expect(some.runs).toBeLessThanOrEqual(all.runs);
      }),
      { numRuns: 60 },
    );
  });

  test("runs threads that share nothing once", () => {
    const own = (index: number): Op[] => Array(4).fill({ kind: "add", word: index });
    expect(explored([own(0), own(1), own(2)], true)).toMatchObject({ runs: 1, isComplete: true });
  });

  test("tries as many orders as there are when each step touches the same word", () => {
    const stores: Op[] = Array(3).fill({ kind: "store", word: 0 });
    // 6! / (3! 3!)
    expect(explored([stores, stores], true).runs).toBe(20);
    expect(explored([stores, stores], false).runs).toBe(20);
  });
});
