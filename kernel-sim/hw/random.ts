/**
 * The machine's seeded generator: xoshiro128++, four 32-bit words of state filled by splitmix32.
 * The same seed gives the same numbers in every engine, since only 32-bit integers are used.
 */
export class Random {
  readonly #state = new Int32Array(4);

  constructor(seed: number) {
    let x = seed | 0;
    // The upper half of a large seed must matter, too.
    let high = Math.floor(seed / 2 ** 32) | 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) | 0;
      let z = x ^ high;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
      high = Math.imul(high, 0x85ebca6b);
    }
    if ((this.#state[0]! | this.#state[1]! | this.#state[2]! | this.#state[3]!) === 0) {
      this.#state[0] = 1;
    }
  }

  /** The next 32 bits, as a signed number. */
  nextInt32(): number {
    const s = this.#state;
    const s0 = s[0]!;
    const s1 = s[1]!;
    const s2 = s[2]! ^ s0;
    const s3 = s[3]! ^ s1;
    const sum = (s0 + s[3]!) | 0;
    s[1] = s1 ^ s2;
    s[0] = s0 ^ s3;
    s[2] = s2 ^ (s1 << 9);
    s[3] = (s3 << 11) | (s3 >>> 21);
    return (((sum << 7) | (sum >>> 25)) + s0) | 0;
  }
}
