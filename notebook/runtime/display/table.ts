/** Lists of records as tables. */

import type { TableData } from "#notebook/document";
import { DEFAULT_LIMITS, inspect, ownData } from "./inspect.ts";

const MOST_ROWS = 10_000;
const MOST_COLUMNS = 30;
const MOST_TEXT = 2_000;
/** A text form of more rows helps nobody. */
const ROWS_AS_TEXT = 200;

const CELL_LIMITS = { ...DEFAULT_LIMITS, depth: 2, items: 20, characters: MOST_TEXT };

/** Answers a table when `value` is a list of plain records, otherwise undefined. */
export function tableOf(value: unknown): TableData | undefined {
  if (!Array.isArray(value)) return undefined;
  const length = Number(ownData(value, "length"));
  if (length === 0 || length > MOST_ROWS) return undefined;
  const records: object[] = [];
  for (let index = 0; index < length; index++) {
    const record = ownData(value, index);
    if (!isPlainRecord(record)) return undefined;
    records.push(record);
  }
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  if (columns.length === 0 || columns.length > MOST_COLUMNS) return undefined;
  const values = records.map((record) => columns.map((column) => ownData(record, column)));
  return {
    columns,
    rows: values.map((row) => row.map(cellText)),
    numeric: columns.flatMap((_, index) =>
      values.every((row) => isNumeric(row[index])) ? index : [],
    ),
  };
}

/** A table in letters of equal width. */
export function tableAsText({ columns, rows, numeric }: TableData): string {
  const shown = rows.slice(0, ROWS_AS_TEXT);
  const widths = columns.map((column, index) =>
    shown.reduce((most, row) => Math.max(most, (row[index] ?? "").length), column.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return numeric.includes(index) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  const more = rows.length - shown.length;
  const lines = [line(columns), rule, ...shown.map(line)];
  if (more > 0) lines.push(`… ${more} more rows`);
  return lines.join("\n");
}

function isPlainRecord(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  try {
    const prototype = Reflect.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype;
  } catch {
    return false;
  }
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint" || value === undefined;
}

function cellText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "string") return inspect(value, CELL_LIMITS);
  return value.length > MOST_TEXT ? `${value.slice(0, MOST_TEXT)}…` : value;
}
