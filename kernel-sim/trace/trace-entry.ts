import type { BpfMemory } from "../bpf/memory.ts";
import type { TracepointFormat } from "./formats.ts";
import type { EventFields } from "./ring.ts";

/** Room for the fixed fields and for strings behind them. */
export const TRACE_ENTRY_BYTES_MAX = 512;

/** Writes an event as the structure that programs at its tracepoint get. */
export function writeEntry(
  memory: BpfMemory,
  at: number,
  format: TracepointFormat,
  fields: EventFields,
): void {
  const { bytes, view } = memory;
  bytes.fill(0, at, at + TRACE_ENTRY_BYTES_MAX);
  view.setUint16(at, format.id, true);
  const pid = Number(fields["common_pid"] ?? 0);
  view.setInt32(at + 4, pid, true);
  let strings = fixedBytes(format);
  for (const { name, offset, size, kind } of format.fields) {
    const place = at + offset;
    // Some events are about whoever they happen to.
    const value = fields[name] ?? (name === "pid" ? pid : 0);
    switch (kind) {
      case "text":
        writeText(bytes, place, String(fields[name] ?? ""), size);
        break;
      case "string": {
        const text = String(fields[name] ?? "");
        const length = writeText(bytes, at + strings, text, TRACE_ENTRY_BYTES_MAX - strings);
        view.setUint32(place, (length << 16) | strings, true);
        strings += length;
        break;
      }
      case "address":
        view.setUint32(place, Number(value));
        break;
      case "mapped":
        view.setUint16(place + 10, 0xffff);
        view.setUint32(place + 12, Number(fields[name.slice(0, -"_v6".length)] ?? 0));
        break;
      case "args":
        for (let i = 0; i < 6; i++) writeNumber(view, place + i * 8, 8, fields[`a${i}`] ?? 0);
        break;
      default:
        writeNumber(view, place, size, value);
    }
  }
}

/** How many bytes a program at the tracepoint may read. @linux kernel/trace/trace_events.c `trace_event_get_offsets` (6.18) */
export function fixedBytes({ fields }: TracepointFormat): number {
  let end = 0;
  // Each event that a program hears asks for it: nothing is allocated.
  for (const { offset, size } of fields) end = Math.max(end, offset + size);
  return end;
}

/** Writes `text` with its final 0 and answers how many bytes that took. */
export function writeText(bytes: Uint8Array, at: number, text: string, room: number): number {
  const length = Math.min(text.length, room - 1);
  for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  bytes[at + length] = 0;
  return length + 1;
}

function writeNumber(
  view: DataView,
  at: number,
  size: number,
  value: string | number | bigint,
): void {
  if (size === 8) view.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), true);
  else if (size === 4) view.setInt32(at, Number(value), true);
  else if (size === 2) view.setInt16(at, Number(value), true);
  else view.setInt8(at, Number(value));
}
