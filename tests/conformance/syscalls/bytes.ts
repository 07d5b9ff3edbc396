import { crc32 } from "node:zlib";
import type { Int } from "./scenario.ts";

const SHOWN_BYTES_MAX = 96;

/** Bytes as the corpus records them: text, hex, or what is left of many. */
export function recordBytes(bytes: Uint8Array): unknown {
  const len = bytes.length;
  if (len > SHOWN_BYTES_MAX) {
    const byte = bytes[0] ?? 0;
    if (bytes.every((other) => other === byte)) return { len, byte };
    return { len, crc32: crc32(bytes).toString(16).padStart(8, "0") };
  }
  if (bytes.every(isShown)) return `t:${latin1(bytes)}`;
  return `x:${Buffer.from(bytes).toString("hex")}`;
}

function isShown(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Text up to the first NUL, or all of it. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** A name as text: what is not ASCII stays UTF-8. */
export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

export type FieldType = "u8" | "u16" | "s16" | "u32" | "s32" | "u64" | "s64";

const WIDTHS: Readonly<Record<FieldType, number>> = {
  u8: 1,
  u16: 2,
  s16: 2,
  u32: 4,
  s32: 4,
  u64: 8,
  s64: 8,
};

/** Writes an integer little endian, cut to its width as a C assignment does. */
export function writeInt(bytes: Uint8Array, at: number, type: FieldType, value: Int): void {
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let i = 0; i < WIDTHS[type]; i++) {
    bytes[at + i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** Reads an integer, exactly. */
export function readBig(bytes: Uint8Array, at: number, type: FieldType): bigint {
  const width = WIDTHS[type];
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return type.startsWith("s") ? BigInt.asIntN(width * 8, value) : value;
}

/** Reads an integer as a number; exact up to 2^53. */
export function readInt(bytes: Uint8Array, at: number, type: FieldType): number {
  return Number(readBig(bytes, at, type));
}

/** A field as the corpus records it: hex text from 2^53 on. */
export function recordInt(value: bigint): number | string {
  if (value >= 2n ** 53n) return `0x${value.toString(16)}`;
  return Number(value);
}
