import type { KernelMap } from "./maps/map.ts";
import type { LoadedProgram } from "./program.ts";

/** The function that a timer calls. */
export interface TimerCallback {
  readonly prog: LoadedProgram;
  /** In words of the program's code. */
  readonly entry: number;
}

/** A timer in a value of a map. @linux kernel/bpf/helpers.c `struct bpf_hrtimer` (6.18) */
export class BpfTimer {
  readonly id: number;
  readonly map: KernelMap;
  /** The address of the value that it lies in. */
  readonly value: number;
  callback: TimerCallback | undefined = undefined;
  /** In ns since boot; undefined: it does not run. */
  expires: number | undefined = undefined;

  constructor(id: number, map: KernelMap, value: number) {
    this.id = id;
    this.map = map;
    this.value = value;
  }
}

/** All timers of programs on one machine. */
export class BpfTimers {
  readonly #timers = new Map<number, BpfTimer>();
  #nextId = 1;
  /** The one whose callback is at work. */
  running: BpfTimer | undefined = undefined;

  make(map: KernelMap, value: number): BpfTimer {
    const timer = new BpfTimer(this.#nextId++, map, value);
    this.#timers.set(timer.id, timer);
    return timer;
  }

  byId(id: number): BpfTimer | undefined {
    return this.#timers.get(id);
  }

  delete(id: number): void {
    this.#timers.delete(id);
  }

  /** The one whose time came first, no longer running; undefined: none has come. */
  takeExpired(now: number): BpfTimer | undefined {
    let first: BpfTimer | undefined;
    for (const timer of this.#timers.values()) {
      const { expires } = timer;
      if (expires === undefined || expires > now) continue;
      if (first === undefined || expires < first.expires!) first = timer;
    }
    if (first !== undefined) first.expires = undefined;
    return first;
  }
}
