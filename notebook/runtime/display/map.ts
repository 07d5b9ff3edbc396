/** The contents of a BPF map. */

import type { MapData } from "#notebook/document";
import { ownData } from "./inspect.ts";

const MOST_ENTRIES = 1_000;
const ENTRIES_AS_TEXT = 64;
const PER_CPU = /^percpu_/;

/** Answers the contents when `value` is a map, otherwise undefined. */
export function mapDataOf(value: object): MapData | undefined {
  const type = ownData(value, "type");
  const keySize = ownData(value, "keySize");
  const valueSize = ownData(value, "valueSize");
  const maxEntries = ownData(value, "maxEntries");
  const entries = ownData(value, "entries");
  if (typeof type !== "string" || typeof entries !== "function") return undefined;
  if (!isSize(keySize) || !isSize(valueSize) || !isSize(maxEntries)) return undefined;
  const found: unknown = entries.call(value);
  if (!Array.isArray(found)) return undefined;
  return {
    type,
    keySize,
    valueSize,
    maxEntries,
    entries: found.slice(0, MOST_ENTRIES).map((entry: unknown) => entryOf(entry, type, valueSize)),
  };
}

export function mapAsText({ type, keySize, valueSize, maxEntries, entries }: MapData): string {
  const head = `${type} map, key ${keySize} bytes, value ${valueSize} bytes, at most ${maxEntries} entries`;
  const lines = entries.slice(0, ENTRIES_AS_TEXT).map(({ key, keyAsInt, values }) => {
    const shown = values.map(({ hex, asInt }) => asInt ?? hex).join(", ");
    return `  ${keyAsInt ?? key}: ${shown}`;
  });
  const more = entries.length - lines.length;
  if (entries.length === 0) lines.push("  (empty)");
  if (more > 0) lines.push(`  … ${more} more entries`);
  return [head, ...lines].join("\n");
}

function entryOf(entry: unknown, type: string, valueSize: number): MapData["entries"][number] {
  const key = bytesOf(entry, "key");
  const value = bytesOf(entry, "value");
  // Each CPU's value is rounded up to 8 bytes, as bpf(2) hands them out.
  const step = PER_CPU.test(type) ? Math.ceil(valueSize / 8) * 8 : Math.max(value.length, 1);
  const values: { hex: string; asInt?: string }[] = [];
  for (let at = 0; at < value.length; at += step) {
    const one = PER_CPU.test(type) ? value.subarray(at, at + valueSize) : value;
    values.push({ hex: hexOf(one), ...intOf(one, "asInt") });
  }
  return { key: hexOf(key), ...intOf(key, "keyAsInt"), values };
}

function bytesOf(entry: unknown, field: string): Uint8Array {
  const bytes = typeof entry === "object" && entry !== null ? ownData(entry, field) : undefined;
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`a map entry has no ${field}`);
  // A copy, so that nobody can resize or detach it under our hands.
  return Uint8Array.prototype.slice.call(bytes, 0, 64 * 1024);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function intOf<K extends string>(bytes: Uint8Array, name: K): { readonly [P in K]?: string } {
  if (![1, 2, 4, 8].includes(bytes.length)) return {};
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  return { [name]: String(value) } as { readonly [P in K]?: string };
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
