import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { Aftermath, Attack } from "./driver.ts";

export interface AttackCase {
  readonly name: string;
  /** What must stay true. */
  readonly property: string;
  readonly cells: readonly string[];
  /** Whether the attack reached what it wanted. */
  readonly reached: (aftermath: Aftermath) => boolean;
}

/** What ordinary code computes where nobody has changed the language. */
export const SANE = "1,4,9 true 3 0";

/** The thread has ended before it could say anything. */
const BROKEN: Aftermath = { texts: [], bytes: 0, sanity: "broken", hung: false, frames: [] };

/** Two tests: the attack fails against the realm, and works where there is none. */
export function attack({ name, property, cells, reached }: AttackCase): void {
  test(`${property}: ${name}`, async () => {
    const aftermath = await runIn({ cells, defended: true });
    expect(reached(aftermath), JSON.stringify(aftermath)).toBe(false);
    expect(aftermath.sanity).toBe(SANE);
    expect(aftermath.hung).toBe(false);
  });

  test(`control, without the realm: ${name}`, async () => {
    const aftermath = await runIn({ cells, defended: false });
    expect(reached(aftermath), JSON.stringify(aftermath)).toBe(true);
  });
}

/** The last text that the last cell left behind. */
export function lastText({ texts }: Aftermath): string {
  return texts.at(-1)?.at(-1) ?? "";
}

function runIn(attackData: Attack): Promise<Aftermath> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./driver.ts", import.meta.url), { workerData: attackData });
    worker.once("message", (text: string) => {
      resolve(JSON.parse(text));
      void worker.terminate();
    });
    worker.once("error", reject);
    worker.once("exit", () => resolve(BROKEN));
  });
}
