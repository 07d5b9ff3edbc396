import { areDependent, type Footprint } from "./footprint.ts";

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
  readonly footprint: Footprint;
  readonly clock: ReadonlyMap<string, number>;
  /** Its place among the steps of its thread, from 1. */
  readonly own: number;
}

/** The state in front of one step of the present run. */
interface Node {
  readonly enabled: readonly string[];
  /** Who need not go next, since that was tried before; with what their next step touches. */
  readonly sleep: Map<string, Footprint>;
  readonly backtrack: Set<string>;
  chosen: string;
  /** What the step of `chosen` touched. */
  footprint: Footprint | undefined;
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
  const nodes: Node[] = [];
  const counts = { runs: 0, pruned: 0, cut: 0 };
  for (;;) {
    if (counts.runs === limits.schedules) return { ...counts, isComplete: false };
    counts.runs++;
    const run = start();
    const end = follow(run, nodes, limits);
    if (end === "pruned") counts.pruned++;
    else if (end === "cut") counts.cut++;
    const schedule = nodes.map(({ chosen }) => chosen);
    if (end !== "pruned" && !finished(run, schedule)) return { ...counts, isComplete: false };
    if (!nextChoice(nodes)) return { ...counts, isComplete: counts.cut === 0 };
  }
}

/** Makes the steps that `nodes` say, and then others up to the end of the run. */
function follow(
  run: ControlledRun,
  nodes: Node[],
  limits: SearchLimits,
): "ended" | "pruned" | "cut" {
  const events: Event[] = [];
  /** Of each thread: its last step, and the one that has made it ready. */
  const last = new Map<string, number>();
  const wakers = new Map<string, number>();
  /** What had happened when time passed: it comes before all that follows. */
  let floor: ReadonlyMap<string, number> = new Map();
  let sleepBelow = new Map<string, Footprint>();
  for (;;) {
    let enabled = run.enabled();
    if (enabled.length === 0) {
      if (!run.letTimePass()) return "ended";
      enabled = run.enabled();
      floor = joined(events.map(({ clock }) => clock));
    }
    const depth = events.length;
    if (depth === limits.steps) return "cut";
    let node: Node | undefined = nodes[depth];
    if (node === undefined) {
      const first = enabled.find((thread) => !sleepBelow.has(thread));
      if (first === undefined) return "pruned";
      const tried = limits.reduction ? [first] : enabled;
      node = {
        enabled,
        sleep: sleepBelow,
        backtrack: new Set(tried),
        chosen: first,
        footprint: undefined,
      };
      nodes.push(node);
    }
    const { chosen, sleep } = node;
    const { footprint, woken } = run.step(chosen);
    const clocks = [floor];
    const mine = last.get(chosen);
    if (mine !== undefined) clocks.push(events[mine]!.clock);
    const waker = wakers.get(chosen) ?? -1;
    if (waker >= 0) clocks.push(events[waker]!.clock);
    wakers.delete(chosen);
    const before = joined(clocks);
    for (const event of events) {
      if (areDependent(event.footprint, footprint)) clocks.push(event.clock);
    }
    const clock = joined(clocks);
    const own = (mine === undefined ? 0 : events[mine]!.own) + 1;
    clock.set(chosen, own);
    const event = { thread: chosen, footprint, clock, own };
    if (limits.reduction) findRaces(nodes, events, event, before, waker);
    // It may keep others from ever making the step that they would have made: they are tried here, too.
    if (footprint.isGlobal) for (const other of enabled) node.backtrack.add(other);
    for (const thread of woken) wakers.set(thread, depth);
    last.set(chosen, depth);
    events.push(event);
    node.footprint = footprint;
    sleepBelow = new Map();
    if (limits.reduction) {
      for (const [thread, touches] of sleep) {
        if (!areDependent(touches, footprint) && !woken.includes(thread)) {
          sleepBelow.set(thread, touches);
        }
      }
    }
  }
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
  before: ReadonlyMap<string, number>,
  waker: number,
): void {
  // From the newest on: what is known to happen before it grows by each step that it depends on.
  const known = new Map(before);
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
function hasHappened({ thread, own }: Event, clock: ReadonlyMap<string, number>): boolean {
  return (clock.get(thread) ?? 0) >= own;
}

/** The deepest state at which somebody else is still to go next; states below it are forgotten. */
function nextChoice(nodes: Node[]): boolean {
  for (;;) {
    const node = nodes.at(-1);
    if (node === undefined) return false;
    if (node.footprint !== undefined) node.sleep.set(node.chosen, node.footprint);
    const next = [...node.backtrack].sort().find((thread) => !node.sleep.has(thread));
    if (next !== undefined) {
      node.chosen = next;
      return true;
    }
    nodes.pop();
  }
}

function joined(clocks: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const clock of clocks) mergeInto(all, clock);
  return all;
}

function mergeInto(target: Map<string, number>, clock: ReadonlyMap<string, number>): void {
  for (const [thread, steps] of clock) {
    if ((target.get(thread) ?? 0) < steps) target.set(thread, steps);
  }
}
