import type { ReadyProgram } from "../explore/concurrent-program.ts";
import { Clock } from "../hw/clock.ts";
import { TraceRing } from "../trace/ring.ts";
import { LivingKernel } from "./living-kernel.ts";
import { type End, type Found, valueText } from "./schedule-search.ts";
import { stepListing } from "./schedule-steps.ts";

/** What an inspector shows of a search, and of one schedule of it: plain data. */
export interface ExplorationView {
  readonly schedules: number;
  readonly failing: number;
  readonly pruned: number;
  readonly isComplete: boolean;
  readonly ends: readonly EndView[];
  /** Which of them is shown step by step. */
  readonly end: number;
  /** The threads that make its steps, and the shared words. */
  readonly threads: readonly string[];
  readonly words: readonly string[];
  readonly steps: readonly StepView[];
  /** What this end has otherwise than another one, and how many schedules that one has. */
  readonly differs: readonly {
    readonly what: string;
    readonly here: string;
    readonly there: string;
  }[];
  /** The end that it was compared to; -1: there is none. */
  readonly comparedTo: number;
}

export interface EndView {
  readonly shared: string;
  readonly returned: string;
  readonly stuck: string;
  /** "" when nothing is wrong. */
  readonly failure: string;
  readonly schedules: number;
}

export interface StepView {
  readonly thread: string;
  readonly what: string;
  readonly kind: "access" | "call" | "own";
  /** The words afterwards. */
  readonly values: readonly number[];
  /** The last event of the step in the schedule's replay. */
  readonly event: number;
}

const ENDS_MAX = 200;
const WORDS_MAX = 16;
const TEXT_MAX = 300;

/** A search that is over, for who looks into it. */
export class ExplorationShown {
  readonly #program: ReadyProgram;
  readonly #found: Found;
  readonly #replays = new Map<number, Replayed>();

  constructor(program: ReadyProgram, found: Found) {
    this.#program = program;
    this.#found = found;
  }

  /** How many ends are shown: each has a schedule that can be replayed. */
  get ends(): number {
    return Math.min(this.#found.ends.length, ENDS_MAX);
  }

  /** @param end which one of the ends is shown step by step; without it the first failing one */
  view(end?: number): ExplorationView {
    const { schedules, pruned, isComplete } = this.#found;
    const ends = this.#found.ends.slice(0, ENDS_MAX);
    const isKnown = end !== undefined && end >= 0 && end < ends.length;
    const shown = isKnown ? end : Math.max(0, ends.findIndex(isFailing));
    const failing = this.#found.ends.filter(isFailing);
    return {
      ...{ schedules, pruned, isComplete, end: shown },
      failing: failing.reduce((sum, one) => sum + one.schedules, 0),
      ends: ends.map((one) => ({
        ...{ shared: short(one.shared), returned: short(one.returned), stuck: one.stuck },
        ...{ failure: short(one.failure), schedules: one.schedules },
      })),
      ...this.#steps(shown),
      ...compared(ends, shown),
    };
  }

  /** The machine on which the program has run under the schedule of an end. */
  machine(end: number): LivingKernel | undefined {
    return this.#replay(end)?.machine;
  }

  #steps(end: number): Pick<ExplorationView, "threads" | "words" | "steps"> {
    const schedule = this.#found.ends[end]?.schedule ?? [];
    const rows = stepListing(this.#program, schedule);
    const words = this.#program.words.map(([name]) => name).slice(0, WORDS_MAX);
    const events = this.#replay(end)?.events ?? [];
    return {
      threads: [...new Set(schedule)].sort(),
      words,
      steps: rows.map(({ thread, what, kind, shared }, i) => ({
        ...{ thread, what, kind, event: events[i] ?? 0 },
        values: words.map((name) => shared[name] ?? 0),
      })),
    };
  }

  #replay(end: number): Replayed | undefined {
    const schedule = this.#found.ends[end]?.schedule;
    if (schedule === undefined) return undefined;
    let replayed = this.#replays.get(end);
    if (replayed === undefined) {
      const machine = new LivingKernel({ seed: 1 }, 1, new Clock(), new TraceRing());
      replayed = { machine, events: machine.runSchedule(this.#program, schedule) };
      this.#replays.set(end, replayed);
    }
    return replayed;
  }
}

interface Replayed {
  readonly machine: LivingKernel;
  readonly events: readonly number[];
}

/** What a panel has room for. */
function short(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`;
}

function isFailing({ failure }: End): boolean {
  return failure !== "";
}

/** A failing end beside the most frequent good one, a good one beside the first that fails. */
function compared(
  ends: readonly End[],
  shown: number,
): Pick<ExplorationView, "differs" | "comparedTo"> {
  const here = ends[shown];
  if (here === undefined) return { differs: [], comparedTo: -1 };
  const others = ends.filter((one) => isFailing(one) !== isFailing(here));
  const other = others.toSorted((a, b) => b.schedules - a.schedules)[0];
  if (other === undefined) return { differs: [], comparedTo: -1 };
  const mine = valuesOf(here);
  const theirs = valuesOf(other);
  const differs = [...new Set([...mine.keys(), ...theirs.keys()])]
    .map((what) => ({ what, here: mine.get(what) ?? "-", there: theirs.get(what) ?? "-" }))
    .filter((row) => row.here !== row.there)
    .map(({ what, here: is, there }) => ({
      what: short(what),
      here: short(is),
      there: short(there),
    }))
    .slice(0, ENDS_MAX);
  return { differs, comparedTo: ends.indexOf(other) };
}

function valuesOf({ facts: { shared, returned, stuck } }: End): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(shared)) values.set(name, String(value));
  for (const [name, value] of Object.entries(returned)) {
    if (value !== undefined) values.set(`${name} returns`, valueText(value));
  }
  if (stuck.length > 0) values.set("wait for ever", stuck.join(" "));
  return values;
}
