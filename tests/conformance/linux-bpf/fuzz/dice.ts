import { Random } from "../../../../kernel-sim/hw/random.ts";

/** Numbers at the edges of what ranges, sizes and shifts can be. */
const EDGES: readonly number[] = [
  ...[0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 56, 60, 63, 64, 65, 100, 127, 128],
  ...[255, 256, 511, 512, 513, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, -0x8000_0000],
  ...[-1, -2, -3, -4, -7, -8, -9, -16, -32, -64, -128, -129, -255, -256, -512, -0x8000, -0xffff],
];

/** A seeded source of choices. */
export class Dice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** From 0 to `n` - 1. */
  below(n: number): number {
    return (this.#random.nextInt32() >>> 0) % n;
  }

  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True in so many of a hundred cases. */
  percent(n: number): boolean {
    return this.below(100) < n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** By weight. */
  weighted<T>(rows: readonly (readonly [weight: number, choice: T])[]): T {
    let at = this.below(rows.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of rows) {
      if (at < weight) return choice;
      at -= weight;
    }
    return (rows[0] as (typeof rows)[number])[1];
  }

  /** An immediate: mostly one at an edge, else any. */
  imm(): number {
    if (this.percent(80)) return this.pick(EDGES);
    if (this.percent(50)) return this.between(-40, 600);
    return this.#random.nextInt32();
  }

  int32(): number {
    return this.#random.nextInt32();
  }

  bytes(length: number): Uint8Array {
    const isSmall = this.percent(50);
    return Uint8Array.from({ length }, () => this.below(isSmall ? 20 : 256));
  }
}
