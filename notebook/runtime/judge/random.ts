/** Random choices of a test: the same seed gives the same ones, in every engine. */

import type { SeededRandom } from "../exercise-api.ts";
import { seededRandom } from "../realm/random.ts";

/** A generator for one test in one run. */
export function testRandom(seed: number, testId: string): SeededRandom {
  const next = seededRandom(mix(seed, testId));
  const word = () => Math.floor(next() * 2 ** 32);
  const bigint = (min: bigint, max: bigint): bigint => {
    const choices = max - min + 1n;
    if (choices <= 0n) throw new RangeError(`there is no number from ${min} to ${max}`);
    let bits = 0n;
    // 64 bits more than needed: the remainder favours nothing noticeably.
    for (let size = choices << 64n; size > 0n; size >>= 32n) bits = (bits << 32n) | BigInt(word());
    return min + (bits % choices);
  };
  const int = (min: number, max: number): number => {
    if (!Number.isInteger(min) || !Number.isInteger(max) || max < min) {
      throw new RangeError(`there is no whole number from ${min} to ${max}`);
    }
    if (max - min >= 2 ** 32) return Number(bigint(BigInt(min), BigInt(max)));
    return min + Math.floor(next() * (max - min + 1));
  };
  const pick = <T>(choices: readonly T[]): T => {
    if (choices.length === 0) throw new RangeError("there is nothing to pick from");
    return choices[int(0, choices.length - 1)] as T;
  };
  return {
    seed,
    int,
    bigint,
    pick,
    bytes: (length) => Uint8Array.from({ length }, () => int(0, 255)),
    shuffle: (items) => shuffled(items, int),
  };
}

function shuffled<T>(items: readonly T[], int: SeededRandom["int"]): readonly T[] {
  const rest = [...items];
  const drawn: T[] = [];
  while (rest.length > 0) drawn.push(...rest.splice(int(0, rest.length - 1), 1));
  return drawn;
}

/** Two tests with the same seed still get numbers of their own. */
function mix(seed: number, text: string): number {
  let hash = seed | 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}
