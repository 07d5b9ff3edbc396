import { areDependent, type Footprint, NOTHING } from "./footprint.ts";

/** What a search needs of one run of a program: who could go on, and what a step of somebody did. */
export interface ControlledRun {
  enabled(): readonly string[];
  step(thread: string): { readonly footprint: Footprint; readonly woken: readonly string[] };
  /** Nobody is ready: time passes until somebody is; false: never. */
  letTimePass(): boolean;
}

export interface SearchLimits {
  /** Runs, those that were given up included. */
  readonly schedules: number;
  /** Steps of one run. */
  readonly steps: number;
  /** False: every order of all steps, also of those that do not touch each other. */
  readonly reduction: boolean;
}

export interface SearchResult {
  readonly runs: number;
  /** Runs that would only have led to what was seen before. */
  readonly pruned: number;
  /** Runs that had more steps than allowed. */
  readonly cut: number;
  /** No limit ended the search. */
  readonly isComplete: boolean;
}

/** A step that was made, and what happened before it: the number of steps of each thread, by clocks. */
interface Event {
  readonly thread: string;
  /** Its thread's place in all clocks. */
  readonly index: number;
  readonly footprint: Footprint;
  readonly woken: readonly string[];
  readonly clock: Clock;
  /** Its place among the steps of its thread, from 1. */
  readonly own: number;
}

/** Steps of each thread that have happened, by the thread's number. */
type Clock = Int32Array;

/** The state in front of one step of the present run. */
interface Node {
  readonly enabled: readonly string[];
  /** Who need not go next, since that was tried before; with what their next step touches. */
  readonly sleep: Map<string, Footprint>;
  readonly backtrack: Set<string>;
  /** Nobody was ready, and time has passed. */
  readonly isLater: boolean;
  /** What had happened when time passed last: it comes before all that follows. */
  readonly floor: Clock;
  chosen: string;
  /** The step of `chosen`. */
  event: Event | undefined;
}

/**
 * Runs a program under every schedule that can make a difference, from its beginning each time: two schedules that differ
 * only in the order of steps which touch nothing in common lead to the same state, and one of them is enough.
 *
 * After C. Flanagan and P. Godefroid, "Dynamic partial-order reduction for model checking software" (POPL 2005), with the
 * source sets of P. Abdulla, S. Aronis, B. Jonsson and K. Sagonas (POPL 2014) and P. Godefroid's sleep sets.
 *
 * @param start begins a run
 * @param finished is told of each run that has come to its end, with who made each step
 */
export function exploreSchedules<Run extends ControlledRun>(
  start: () => Run,
  finished: (run: Run, schedule: readonly string[]) => boolean,
  limits: SearchLimits,
): SearchResult {
  const search = new Search(limits);
  const counts = { runs: 0, pruned: 0, cut: 0 };
  for (;;) {
    if (counts.runs === limits.schedules) return { ...counts, isComplete: false };
    counts.runs++;
    const run = start();
    const end = search.follow(run);
    if (end === "pruned") counts.pruned++;
    else if (end === "cut") counts.cut++;
    if (end !== "pruned" && !finished(run, search.schedule())) {
      return { ...counts, isComplete: false };
    }
    if (!search.nextChoice()) return { ...counts, isComplete: counts.cut === 0 };
  }
}

/** The way that the present run takes, and what is left to be tried beside it. */
class Search {
  readonly #limits: SearchLimits;
  readonly #nodes: Node[] = [];
  /** Threads by name, numbered as they came. */
  readonly #numbers = new Map<string, number>();

  constructor(limits: SearchLimits) {
    this.#limits = limits;
  }

  schedule(): string[] {
    return this.#nodes.map(({ chosen }) => chosen);
  }

  /** Makes the steps that were chosen, and then others up to the end of the run. */
  follow(run: ControlledRun): "ended" | "pruned" | "cut" {
    const { steps, reduction } = this.#limits;
    const nodes = this.#nodes;
    const events: Event[] = [];
    // The same steps as in the run before: what there is to know of them is known.
    while (events.length < nodes.length - 1) {
      const { isLater, chosen, event } = nodes[events.length]!;
      if (isLater) run.letTimePass();
      run.step(chosen);
      events.push(event!);
    }
    /** Of each thread: its last step, and the one that has made it ready. */
    const last = new Map<string, number>();
    const wakers = new Map<string, number>();
    for (let i = 0; i < events.length; i++) {
      const { thread, woken } = events[i]!;
      wakers.delete(thread);
      for (const one of woken) wakers.set(one, i);
      last.set(thread, i);
    }
    let floor = nodes.at(-1)?.floor ?? NOTHING_BEFORE;
    let sleepBelow: ReadonlyMap<string, Footprint> = nodes.at(-1)?.sleep ?? NOBODY;
    for (;;) {
      const depth = events.length;
      let node: Node | undefined = nodes[depth];
      if (node !== undefined) {
        if (node.isLater) run.letTimePass();
      } else {
        let enabled = run.enabled();
        const isLater = enabled.length === 0;
        if (isLater) {
          if (!run.letTimePass()) return "ended";
          enabled = run.enabled();
          floor = this.#clock(floor);
          for (const { clock } of events) mergeInto(floor, clock);
        }
        if (depth === steps) return "cut";
        const first = enabled.find((thread) => !sleepBelow.has(thread));
        if (first === undefined) return "pruned";
        const backtrack = new Set(reduction ? [first] : enabled);
        const sleep = new Map(sleepBelow);
        node = { enabled, sleep, backtrack, isLater, floor, chosen: first, event: undefined };
        nodes.push(node);
      }
      const { chosen, sleep } = node;
      const { footprint, woken } = run.step(chosen);
      const mine = events[last.get(chosen) ?? -1];
      const waker = wakers.get(chosen) ?? -1;
      const before = this.#clock(floor);
      if (mine !== undefined) mergeInto(before, mine.clock);
      if (waker >= 0) mergeInto(before, events[waker]!.clock);
      wakers.delete(chosen);
      const clock = before.slice();
      if (footprint !== NOTHING) {
        for (const event of events) {
          if (areDependent(event.footprint, footprint)) mergeInto(clock, event.clock);
        }
      }
      const own = (mine?.own ?? 0) + 1;
      const index = this.#number(chosen);
      clock[index] = own;
      const event = { thread: chosen, index, footprint, woken, clock, own };
      if (reduction && footprint !== NOTHING) findRaces(nodes, events, event, before, waker);
      // It may keep others from ever making the step that they would have made: they are tried here, too.
      if (footprint.isGlobal) for (const other of node.enabled) node.backtrack.add(other);
      for (const thread of woken) wakers.set(thread, depth);
      last.set(chosen, depth);
      events.push(event);
      node.event = event;
      sleepBelow = reduction && sleep.size > 0 ? stillAsleep(sleep, event) : NOBODY;
    }
  }

  /** The deepest state at which somebody else is still to go next; states below it are forgotten. */
  nextChoice(): boolean {
    const nodes = this.#nodes;
    for (;;) {
      const node = nodes.at(-1);
      if (node === undefined) return false;
      if (node.event !== undefined) node.sleep.set(node.chosen, node.event.footprint);
      const next = [...node.backtrack].sort().find((thread) => !node.sleep.has(thread));
      if (next !== undefined) {
        node.chosen = next;
        node.event = undefined;
        return true;
      }
      nodes.pop();
    }
  }

  #number(thread: string): number {
    const known = this.#numbers.get(thread);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(thread, number);
    return number;
  }

  /** A copy of a clock with room for all threads that are known, and for a new one. */
  #clock(from: Clock): Clock {
    const clock = new Int32Array(Math.max(CLOCK_THREADS, this.#numbers.size + 1));
    clock.set(from);
    return clock;
  }
}

const CLOCK_THREADS = 8;
const NOTHING_BEFORE: Clock = new Int32Array(0);
const NOBODY: ReadonlyMap<string, Footprint> = new Map();

/** Whose next step does not touch what this one has touched: it leads nowhere else behind it. */
function stillAsleep(
  sleep: ReadonlyMap<string, Footprint>,
  { footprint, woken }: Event,
): ReadonlyMap<string, Footprint> {
  const below = new Map<string, Footprint>();
  for (const [thread, touches] of sleep) {
    if (!areDependent(touches, footprint) && !woken.includes(thread)) below.set(thread, touches);
  }
  return below;
}

/**
 * The new step races with earlier ones of other threads: nothing between them forces their order. For each, the other order
 * has to be tried, from the state in front of the earlier one.
 *
 * @param before what has happened before it by its thread's own order and by its waking
 */
function findRaces(
  nodes: readonly Node[],
  events: readonly Event[],
  added: Event,
  before: Clock,
  waker: number,
): void {
  // From the newest on: what is known to happen before it grows by each step that it depends on.
  const known = before.slice();
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]!;
    if (event.thread === added.thread || hasHappened(event, known)) continue;
    if (!areDependent(event.footprint, added.footprint)) continue;
    mergeInto(known, event.clock);
    if (i !== waker) addReversal(nodes[i]!, events, i, added);
  }
}

/** Lets somebody go at the state in front of step `at` who leads to `added` without that step. */
function addReversal(node: Node, events: readonly Event[], at: number, added: Event): void {
  const first = events[at]!;
  // Who can begin a run of what does not depend on step `at`, up to the new one.
  const initials: string[] = [];
  const seen: Event[] = [];
  for (const event of [...events.slice(at + 1), added]) {
    if (event !== added && hasHappened(first, event.clock)) continue;
    const isFirst = !seen.some((one) => hasHappened(one, event.clock));
    if (isFirst && !initials.includes(event.thread)) initials.push(event.thread);
    seen.push(event);
  }
  const possible = initials.filter((one) => node.enabled.includes(one));
  if (possible.some((one) => node.backtrack.has(one))) return;
  const [choice] = possible;
  if (choice !== undefined) node.backtrack.add(choice);
  else for (const one of node.enabled) node.backtrack.add(one);
}

/** Whether a step comes before everything that has this clock. */
function hasHappened({ index, own }: Event, clock: Clock): boolean {
  return (clock[index] ?? 0) >= own;
}

/** The later one of two, thread by thread; `target` has room for all threads of `clock`. */
function mergeInto(target: Clock, clock: Clock): void {
  for (let i = 0; i < clock.length; i++) {
    const steps = clock[i]!;
    if (steps > target[i]!) target[i] = steps;
  }
}
