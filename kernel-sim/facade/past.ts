import type { TraceEvent } from "../api.ts";
import type { EventKind, Past, PastKernel, Stop, StopCondition } from "../api-observe.ts";
import { facade } from "./facade.ts";
import { kernelViews } from "./kernel-view.ts";
import type { LivingKernel } from "./living-kernel.ts";
import { replay } from "./replay.ts";
import { Watch } from "./watch.ts";

const STOPS_MAX = 1000;
/** Past kernels that are kept, in case that somebody goes back to them. */
const KEPT = 4;

const NAMES: Readonly<Record<EventKind, string | undefined>> = {
  event: undefined,
  call: "raw_syscalls:sys_enter",
  switch: "sched:sched_switch",
};

/** The past of one machine, which is run again for whoever asks. */
export class PastRuns {
  readonly #source: LivingKernel;
  /** By event; the one that was asked for last stands last. */
  readonly #kept = new Map<number, LivingKernel>();
  readonly first: number;

  /** To be made when the kernel has booted. */
  constructor(source: LivingKernel) {
    this.#source = source;
    this.first = source.kernel.trace.recorded - 1;
  }

  get last(): number {
    return this.#source.kernel.trace.recorded - 1;
  }

  /** The machine as it was when event number `event` had just happened. */
  machineAt(event: number): LivingKernel {
    this.#check(event);
    const known = this.#kept.get(event);
    this.#kept.delete(event);
    const past = known ?? this.#run(event);
    this.#kept.set(event, past);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return past;
  }

  /** The number of the next event of a kind behind `from`, or of the one before it. */
  neighbour(from: number, step: 1 | -1, kind: EventKind, pid?: number): number | undefined {
    const { trace } = this.#source.kernel;
    if (!Object.hasOwn(NAMES, kind)) {
      throw new TypeError(`a kind of event is "event", "call" or "switch", not ${String(kind)}`);
    }
    const name = NAMES[kind];
    for (let event = from + step; event >= this.first && event <= this.last; event += step) {
      if (name !== undefined && trace.nameAt(event) !== name) continue;
      if (pid === undefined || trace.at(event)?.pid === pid) return event;
    }
    return undefined;
  }

  /** Where a condition holds behind `after` and before `before`; `want` says when it is enough. */
  search(
    condition: StopCondition,
    after: number,
    before: number,
    want: (stops: readonly Stop[]) => boolean,
  ): Stop[] {
    const watch = new Watch(condition);
    const stops: Stop[] = [];
    let isBegun = false;
    let failure: { readonly error: unknown } | undefined;
    replay(this.#source, (past, event) => {
      if (event >= before) return true;
      try {
        if (!isBegun) {
          // What is new with the first event that counts is no change.
          isBegun = true;
          if (event > after) watch.begin(past);
        }
        const stop = watch.look(past, event);
        if (stop === undefined || event <= after) return false;
        stops.push(stop);
        return want(stops);
      } catch (error) {
        // Code of a cell has failed, in the middle of a kernel that nobody needs any more.
        failure = { error };
        return true;
      }
    });
    if (failure !== undefined) throw failure.error;
    return stops;
  }

  #check(event: number): void {
    if (Number.isInteger(event) && event >= this.first && event <= this.last) return;
    throw new RangeError(
      `this machine has events ${this.first} to ${this.last}, and no event ${String(event)}`,
    );
  }

  #run(event: number): LivingKernel {
    // With the first one, the kernel has booted.
    if (event === this.first) return this.#source.again();
    const past = replay(this.#source, (_past, happened) => happened >= event);
    if (past.kernel.trace.recorded - 1 < event) throw new Error(TOO_LONG);
    return past;
  }
}

const TOO_LONG =
  "this machine's programs have made too many calls to be played again up to there: some million are recorded";

/** What cells see of it. */
export function pastFacade(runs: PastRuns): Past {
  return facade({
    get first() {
      return runs.first;
    },
    get last() {
      return runs.last;
    },
    at: (event: number) => momentFacade(runs, event),
    find: (condition: StopCondition, after = -1) =>
      runs.search(condition, after, Infinity, () => true)[0],
    findLast: (condition: StopCondition, before = Infinity) =>
      runs.search(condition, -1, before, () => false).at(-1),
    findAll: (condition: StopCondition) =>
      Object.freeze(runs.search(condition, -1, Infinity, ({ length }) => length === STOPS_MAX)),
  } satisfies Past);
}

function momentFacade(past: PastRuns, event: number): PastKernel {
  // Looked for now, so that a wrong number is told where it was written; later it may have to be run again.
  past.machineAt(event);
  const kernel = () => past.machineAt(event).kernel;
  const go = (step: 1 | -1, kind: EventKind, pid?: number): PastKernel | undefined => {
    const at = past.neighbour(event, step, kind, pid);
    return at === undefined ? undefined : momentFacade(past, at);
  };
  return facade({
    event,
    time: kernel().now(),
    last: kernel().trace.at(event) as TraceEvent | undefined,
    get consoleOutput() {
      return past.machineAt(event).output();
    },
    ...kernelViews(kernel),
    forward: (kind: EventKind = "event", pid?: number) => go(1, kind, pid),
    back: (kind: EventKind = "event", pid?: number) => go(-1, kind, pid),
  } satisfies PastKernel);
}
