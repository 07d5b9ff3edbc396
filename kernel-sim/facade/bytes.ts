import type { BytesLike } from "../api.ts";

/**
 * The bytes that a key or value stands for: bytes as they are, an integer little-endian in `size`
 * bytes. Throws a RangeError when they do not fill exactly `size` bytes.
 */
export function bytesOf(value: BytesLike, size: number, what: string): Uint8Array<ArrayBuffer> {
  if (typeof value === "number" || typeof value === "bigint")
    return integerBytes(value, size, what);
  const length = value.length;
  if (length !== size) {
    throw new RangeError(`the ${what} has ${size} bytes, not ${length}`);
  }
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = byteOf(value[i], what);
  return bytes;
}

function byteOf(byte: unknown, what: string): number {
  if (typeof byte === "number" && Number.isInteger(byte) && byte >= 0 && byte <= 255) return byte;
  throw new RangeError(
    `each byte of the ${what} is a whole number from 0 to 255, not ${String(byte)}`,
  );
}

function integerBytes(value: number | bigint, size: number, what: string): Uint8Array<ArrayBuffer> {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`the ${what} ${value} is not a whole number; use a bigint above 2^53`);
  }
  const bits = BigInt(size) * 8n;
  const whole = BigInt(value);
  if (whole < -(1n << (bits - 1n)) || whole >= 1n << bits) {
    throw new RangeError(`the ${what} ${whole} does not fit into ${size} bytes`);
  }
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(size * 8, whole);
  for (let i = 0; i < size && rest !== 0n; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** The unsigned little-endian number in `bytes`. */
export function uintOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
