/** Seeded random numbers: the same seed gives the same numbers in every engine. */

/** A generator of numbers in [0, 1) with 32 random bits. */
export function seededRandom(seed: number): () => number {
  // A counter that is mixed (Steele, Lea, Flood: SplitMix), in 32 bits.
  let counter = seed | 0;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let mixed = counter ^ (counter >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  };
}
