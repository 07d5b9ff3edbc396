import type { MapData } from "#notebook/document";
import css from "./outputs.module.css";
import { TableOutput } from "./table-output.tsx";

/** The contents of a BPF map; of a per-CPU map one value a CPU. */
export function MapOutput({ map }: { map: MapData }) {
  const cpus = Math.max(1, ...map.entries.map((entry) => entry.values.length));
  const isPerCpu = cpus > 1;
  const columns = [
    "key",
    ...Array.from({ length: cpus }, (_, cpu) => (isPerCpu ? `CPU ${cpu}` : "value")),
  ];
  const rows = map.entries.map((entry) => [
    entry.keyAsInt ?? entry.key,
    ...entry.values.map((value) => value.asInt ?? value.hex),
  ]);
  const isNumeric = (column: number) => rows.every((row) => /^-?\d+$/.test(row[column] ?? "0"));
  const numeric = columns.flatMap((_, column) => (isNumeric(column) ? [column] : []));
  return (
    <div>
      <p className={css["facts"]}>
        <b>{map.type}</b>, key {map.keySize} B, value {map.valueSize} B, {map.entries.length} of{" "}
        {map.maxEntries} {map.maxEntries === 1 ? "entry" : "entries"}
      </p>
      {rows.length > 0 && <TableOutput table={{ columns, rows, numeric }} />}
    </div>
  );
}
