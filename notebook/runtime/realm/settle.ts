/** Waits for what code answers, and lets the virtual clock run while it waits. */

import type { VirtualClock } from "./clock.ts";

/** Nearly every call answers within so many jobs of promises; a turn of the host costs more than they do. */
const JOBS = 1000;

export type Answer =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly thrown: unknown };

/**
 * Calls `action`; while its promise is open and nothing else can go on, the next timer fires.
 *
 * @param waitsForOthers with no timer set, somebody outside may still answer the promise
 */
export async function settle(
  action: () => unknown,
  clock: VirtualClock,
  waitsForOthers: boolean,
): Promise<Answer> {
  let answer: Answer | undefined;
  const done = answerOf(action).then((found) => {
    answer = found;
  });
  for (let jobs = 0; jobs < JOBS && answer === undefined; jobs++) await undefined;
  while (answer === undefined) {
    await Promise.race([done, nextTurn()]);
    if (answer !== undefined) break;
    try {
      if (clock.fireNext()) continue;
    } catch (thrown) {
      return { kind: "threw", thrown };
    }
    if (!waitsForOthers) return { kind: "threw", thrown: waitsForNothing(clock) };
    await Promise.race([done, clock.nextSet()]);
  }
  return answer;
}

async function answerOf(action: () => unknown): Promise<Answer> {
  try {
    return { kind: "returned", value: await action() };
  } catch (thrown) {
    return { kind: "threw", thrown };
  }
}

function waitsForNothing(clock: VirtualClock): Error {
  return clock.isIdle
    ? new Error("This waits for a promise that nothing will ever answer.")
    : new RangeError("Timers fired 10,000 times in this run; it ends here.");
}

interface Turns {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel: typeof globalThis.MessageChannel;
}

// Taken before any other code could replace them. In Deno a look at `setImmediate` alone loads all timers of Node.
const host = globalThis as unknown as Turns;
const { MessageChannel } = host;
const setImmediate = "Deno" in globalThis ? undefined : host.setImmediate;

/** Resolves when all that is ready now has run. Real timers would be slowed to 4 ms in a browser. */
export function nextTurn(): Promise<void> {
  if (setImmediate !== undefined) return new Promise((resolve) => void setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
