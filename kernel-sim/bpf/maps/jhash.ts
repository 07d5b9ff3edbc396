/**
 * Jenkins' hash of `length` bytes at `at`.
 *
 * @linux include/linux/jhash.h `jhash`, `jhash2` (6.18): both answer the same for the same bytes
 */
export function jhash(view: DataView, at: number, length: number, seed: number): number {
  let a = (JHASH_INITVAL + length + seed) | 0;
  let b = a;
  let c = a;
  let left = length;
  let word = at;
  for (; left > 12; left -= 12, word += 12) {
    a = (a + view.getInt32(word, true)) | 0;
    b = (b + view.getInt32(word + 4, true)) | 0;
    c = (c + view.getInt32(word + 8, true)) | 0;
    a = (a - c) ^ ((c << 4) | (c >>> 28));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 6) | (a >>> 26));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 8) | (b >>> 24));
    b = (b + a) | 0;
    a = (a - c) ^ ((c << 16) | (c >>> 16));
    c = (c + b) | 0;
    b = (b - a) ^ ((a << 19) | (a >>> 13));
    a = (a + c) | 0;
    c = (c - b) ^ ((b << 4) | (b >>> 28));
    b = (b + a) | 0;
  }
  if (left === 0) return c;
  a = (a + lastWord(view, word, left)) | 0;
  b = (b + lastWord(view, word + 4, left - 4)) | 0;
  c = (c + lastWord(view, word + 8, left - 8)) | 0;
  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
  return ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
}

const JHASH_INITVAL = 0xdeadbeef | 0;

/** Up to four bytes, of which `left` are there. */
function lastWord(view: DataView, at: number, left: number): number {
  if (left >= 4) return view.getInt32(at, true);
  let word = 0;
  for (let i = 0; i < left; i++) word |= view.getUint8(at + i) << (8 * i);
  return word;
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
