import css from "./outputs.module.css";
import { TableOutput } from "./table-output.tsx";

/** Events as the runtime shows a trace. */
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

/** What the kernel recorded, one event a line, as `trace-cmd report` sets it. */
export function TraceOutput({ trace }: { trace: TraceData }) {
  const rows = trace.events.map((event) => [
    seconds(event.time),
    String(event.cpu),
    event.name,
    Object.entries(event.fields)
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
  ]);
  return (
    <div data-wide="">
      <TableOutput
        table={{ columns: ["time in s", "CPU", "event", "fields"], rows, numeric: [0, 1] }}
      />
      {trace.total > rows.length && (
        <p className={css["truncated"]}>{trace.total - rows.length} later events are not shown.</p>
      )}
    </div>
  );
}

function seconds(ns: number): string {
  return (ns / 1e9).toFixed(6);
}
