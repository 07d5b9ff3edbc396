/** A 32-bit hash of `length` bytes at `at`, four bytes a step, mixed as in MurmurHash3. */
export function hashBytes(view: DataView, at: number, length: number, seed: number): number {
  let hash = seed ^ length;
  const words = length & ~3;
  let i = 0;
  for (; i < words; i += 4) hash = mix(hash, view.getInt32(at + i, true));
  let rest = 0;
  for (; i < length; i++) rest = (rest << 8) | view.getUint8(at + i);
  if (words !== length) hash = mix(hash, rest);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

export function isEqual(view: DataView, a: number, b: number, length: number): boolean {
  const words = length & ~3;
  let i = 0;
  for (; i < words; i += 4) {
    if (view.getInt32(a + i, true) !== view.getInt32(b + i, true)) return false;
  }
  for (; i < length; i++) if (view.getUint8(a + i) !== view.getUint8(b + i)) return false;
  return true;
}
