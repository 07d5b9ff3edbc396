/** The Advanced Encryption Standard. @spec FIPS 197 @linux lib/crypto/aes.c (6.18) */

export const AES_BLOCK_BYTES = 16;
/** As many bytes may a key have. */
const KEY_SIZES: readonly number[] = [16, 24, 32];
const WORD_BYTES = 4;

const [SBOX, INVERSE_SBOX] = substitutions();

/** Doubles a number of the field of 256 elements that AES reckons in. */
function doubled(a: number): number {
  return ((a << 1) ^ (a >> 7 === 0 ? 0 : 0x11b)) & 0xff;
}

function product(a: number, b: number): number {
  let sum = 0;
  for (let factor = a, rest = b; rest !== 0; rest >>= 1) {
    if ((rest & 1) !== 0) sum ^= factor;
    factor = doubled(factor);
  }
  return sum;
}

/** What each byte is replaced by: its inverse in the field, turned and mixed with itself; and the way back. */
function substitutions(): readonly [Uint8Array, Uint8Array] {
  const there = new Uint8Array(256);
  const back = new Uint8Array(256);
  // 3 makes all elements but 0, and its inverse 0xf6 makes their inverses.
  for (let i = 0, element = 1, inverse = 1; i < 256; i++) {
    const byte = i === 255 ? 0 : element;
    const of = i === 255 ? 0 : inverse;
    const turned = of ^ (of << 1) ^ (of << 2) ^ (of << 3) ^ (of << 4);
    there[byte] = (turned ^ (turned >> 8) ^ 0x63) & 0xff;
    back[there[byte]!] = byte;
    element = product(element, 3);
    inverse = product(inverse, 0xf6);
  }
  return [there, back];
}

/**
 * The keys of all rounds, 16 bytes each; undefined: a key has another length.
 *
 * @linux lib/crypto/aes.c `aes_expandkey` (6.18)
 */
export function aesExpandKey(key: Uint8Array): Uint8Array | undefined {
  if (!KEY_SIZES.includes(key.length)) return undefined;
  const expanded = new Uint8Array((key.length / WORD_BYTES + 7) * AES_BLOCK_BYTES);
  expanded.set(key);
  let constant = 1;
  const word = new Uint8Array(WORD_BYTES);
  for (let at = key.length; at < expanded.length; at += WORD_BYTES) {
    word.set(expanded.subarray(at - WORD_BYTES, at));
    const place = at % key.length;
    if (place === 0) {
      word.set([word[1]!, word[2]!, word[3]!, word[0]!]);
      substitute(word, SBOX);
      word[0]! ^= constant;
      constant = doubled(constant);
    } else if (key.length === 32 && place === AES_BLOCK_BYTES) substitute(word, SBOX);
    for (let i = 0; i < WORD_BYTES; i++)
      expanded[at + i] = expanded[at + i - key.length]! ^ word[i]!;
  }
  return expanded;
}

function substitute(bytes: Uint8Array, box: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = box[bytes[i]!]!;
}

/** @param keys as `aesExpandKey` has made them. @linux lib/crypto/aes.c `aes_encrypt` (6.18) */
export function aesEncrypt(keys: Uint8Array, block: Uint8Array): Uint8Array {
  const state = block.slice();
  const last = keys.length - AES_BLOCK_BYTES;
  mixKey(state, keys, 0);
  for (let at = AES_BLOCK_BYTES; at <= last; at += AES_BLOCK_BYTES) {
    substitute(state, SBOX);
    shiftRows(state, 1);
    if (at < last) mixColumns(state, ENCRYPTING);
    mixKey(state, keys, at);
  }
  return state;
}

/** @param keys as `aesExpandKey` has made them. @linux lib/crypto/aes.c `aes_decrypt` (6.18) */
export function aesDecrypt(keys: Uint8Array, block: Uint8Array): Uint8Array {
  const state = block.slice();
  const last = keys.length - AES_BLOCK_BYTES;
  for (let at = last; at > 0; at -= AES_BLOCK_BYTES) {
    mixKey(state, keys, at);
    if (at < last) mixColumns(state, DECRYPTING);
    shiftRows(state, 3);
    substitute(state, INVERSE_SBOX);
  }
  mixKey(state, keys, 0);
  return state;
}

function mixKey(state: Uint8Array, keys: Uint8Array, at: number): void {
  for (let i = 0; i < AES_BLOCK_BYTES; i++) state[i]! ^= keys[at + i]!;
}

/** The block is four columns; row `i` goes `i * by` columns to the left. */
function shiftRows(state: Uint8Array, by: number): void {
  const before = state.slice();
  for (let i = 0; i < AES_BLOCK_BYTES; i++) {
    state[i] = before[(i + WORD_BYTES * (i % WORD_BYTES) * by) % AES_BLOCK_BYTES]!;
  }
}

/** By how much each byte of a column goes into the first of the mixed one, and so on around. */
const ENCRYPTING = [2, 3, 1, 1];
const DECRYPTING = [14, 11, 13, 9];

function mixColumns(state: Uint8Array, factors: readonly number[]): void {
  const before = state.slice();
  for (let i = 0; i < AES_BLOCK_BYTES; i++) {
    const column = i - (i % WORD_BYTES);
    state[i] = factors.reduce(
      (sum, factor, k) => sum ^ product(before[column + ((i + k) % WORD_BYTES)]!, factor),
      0,
    );
  }
}
