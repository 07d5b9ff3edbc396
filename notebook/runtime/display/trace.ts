/** Events that the kernel recorded. */

import { ownData } from "./inspect.ts";

const MOST_EVENTS = 5_000;
const EVENTS_AS_TEXT = 200;

export interface TraceData {
  readonly total: number;
  readonly events: readonly {
    readonly seq: number;
    readonly time: number;
    readonly cpu: number;
    readonly name: string;
    readonly fields: Readonly<Record<string, string>>;
  }[];
}

/** Answers the events when `value` is a trace or a recording, otherwise undefined. */
export function traceOf(value: object): TraceData | undefined {
  const events = ownData(value, "events");
  const isTrace = typeof events === "function" && typeof ownData(value, "count") === "function";
  const found: unknown = isTrace ? events.call(value) : events;
  if (!Array.isArray(found) || (!isTrace && typeof ownData(value, "title") !== "string")) {
    return undefined;
  }
  const shown = found.slice(0, MOST_EVENTS).map(eventOf);
  return { total: found.length, events: shown };
}

export function traceAsText({ total, events }: TraceData): string {
  const lines = events.slice(0, EVENTS_AS_TEXT).map(({ time, cpu, name, fields }) => {
    const words = Object.entries(fields).map(([field, value]) => `${field}=${value}`);
    return `${(time / 1e9).toFixed(6)} [${cpu}] ${name}: ${words.join(" ")}`;
  });
  const more = total - lines.length;
  if (total === 0) return "no events";
  return [...lines, ...(more > 0 ? [`… ${more} more events`] : [])].join("\n");
}

function eventOf(event: unknown): TraceData["events"][number] {
  if (typeof event !== "object" || event === null) throw new TypeError("not an event");
  const fields = ownData(event, "fields");
  const texts: Record<string, string> = {};
  if (typeof fields === "object" && fields !== null) {
    for (const name of Object.keys(fields)) texts[name] = wordOf(ownData(fields, name));
  }
  return {
    seq: numberOf(event, "seq"),
    time: numberOf(event, "time"),
    cpu: numberOf(event, "cpu"),
    name: wordOf(ownData(event, "name")),
    fields: texts,
  };
}

function numberOf(event: object, field: string): number {
  const value = ownData(event, field);
  if (typeof value !== "number") throw new TypeError(`an event has no ${field}`);
  return value;
}

function wordOf(value: unknown): string {
  const isWord =
    typeof value === "string" || typeof value === "number" || typeof value === "bigint";
  return isWord ? String(value).slice(0, 200) : "?";
}
