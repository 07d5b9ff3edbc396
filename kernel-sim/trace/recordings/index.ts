import type { Recording, TraceEvent } from "../../api.ts";
import { tracepointFormat } from "../formats.ts";
import { second } from "./second.ts";

/** What real machines recorded, for `machine.replay()`. */
export const recordings: Readonly<Record<"second", Recording>> = Object.freeze({
  second: decoded(second),
});

interface Encoded {
  readonly title: string;
  readonly tracepoints: readonly string[];
  readonly strings: readonly string[];
  readonly lines: string;
}

function decoded({ title, tracepoints, strings, lines }: Encoded): Recording {
  let time = 0;
  const formats = tracepoints.map((name) => tracepointFormat(name)!);
  const events = lines.split("\n").map((line, seq): TraceEvent => {
    const [elapsed = 0, cpu = 0, pid = 0, tracepoint = 0, ...values] = line
      .split(" ")
      .map((digits) => Number.parseInt(digits, 36));
    time += elapsed * 1000;
    const name = tracepoints[tracepoint]!;
    const fields: Record<string, number | string> = { common_pid: pid };
    formats[tracepoint]!.fields.forEach(({ name: field, kind }, i) => {
      const value = values[i]!;
      fields[field] = kind === "text" || kind === "string" ? strings[value]! : value;
    });
    return Object.freeze({ seq, time, cpu, pid, name, fields: Object.freeze(fields) });
  });
  return Object.freeze({ title, events: Object.freeze(events) });
}
