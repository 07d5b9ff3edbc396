/** Globals of a cell that the language's own Compartment does not have, or has without a seed. */

import type { VirtualClock } from "./clock.ts";

export interface EndowmentSources {
  readonly clock: VirtualClock;
  /** The current run's numbers in [0, 1). */
  readonly random: () => number;
}

/** Midnight of the day on which Linux 6.18 was released: each run begins then. */
const EPOCH_MS = Date.UTC(2025, 10, 30);

type Callback = (...values: unknown[]) => void;

/** Made after the lockdown; the realm hardens all of it. */
export function makeEndowments({ clock, random }: EndowmentSources): Record<string, unknown> {
  const later =
    (isRepeated: boolean) =>
    (callback: Callback, delayMs = 0, ...values: unknown[]) => {
      if (typeof callback !== "function") throw new TypeError("a timer takes a function");
      return clock.set(() => callback(...values), Number(delayMs), isRepeated);
    };
  const clear = (id: unknown) => clock.clear(id);
  return {
    Float32Array,
    Float64Array,
    DataView,
    TextEncoder,
    TextDecoder,
    Math: seededMath(random),
    Date: virtualDate(() => EPOCH_MS + clock.now()),
    performance: { now: () => clock.now(), timeOrigin: EPOCH_MS },
    setTimeout: later(false),
    setInterval: later(true),
    clearTimeout: clear,
    clearInterval: clear,
    queueMicrotask: (callback: Callback) => {
      if (typeof callback !== "function") throw new TypeError("queueMicrotask takes a function");
      void Promise.resolve().then(() => callback());
    },
    structuredClone: cloneData,
  };
}

function seededMath(random: () => number): object {
  const own = Object.getOwnPropertyDescriptors(Math);
  const seeded = { value: () => random(), writable: true, enumerable: false, configurable: true };
  return Object.create(Object.prototype, { ...own, random: seeded });
}

function virtualDate(now: () => number): DateConstructor {
  const VirtualDate = class extends SharedDate {
    constructor(...parts: unknown[]) {
      // Without arguments the host's own would tell the time of day.
      if (parts.length === 0) super(now());
      else super(...(parts as [number]));
    }

    static override now(): number {
      return now();
    }
  };
  Object.defineProperty(VirtualDate, "name", { value: "Date" });
  return VirtualDate as unknown as DateConstructor;
}

/** The one that all Compartments share: it tells no time. */
const SharedDate = Date.prototype.constructor as DateConstructor;

/**
 * The host throws a `DOMException`, whose class and prototype are not the language's own and so
 * were not frozen.
 */
function cloneData(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch (error) {
    if (error instanceof Error && !(error instanceof DOMException)) throw error;
    throw new TypeError("structuredClone copies data: no functions, symbols or kernel objects");
  }
}
