"use client";

import { useState } from "react";
import type { TableData } from "#notebook/document";
import css from "./outputs.module.css";

/** Rows that stay visible of a long table, and how many come with each request for more. */
const SHOWN = 20;
const MORE = 500;

/** Characters up to which a column is never broken into lines, and what the text column holds. */
const UNBROKEN_CHARS = 32;
const TEXT_COLUMN_CHARS = 92;
/** Between two columns, as wide as so many characters. */
const GAP_CHARS = 4;

/** One number or some bytes in hexadecimal: digits that are compared place by place. */
const HEX = /^(0x[0-9a-f]+|[0-9a-f]{2}( [0-9a-f]{2})+)$/;

/**
 * Rows and columns; numbers stand right, in lining figures. What is short stays in one line, and a
 * table that the text column does not hold takes the margin too; what is wider still scrolls.
 */
export function TableOutput({ table }: { table: TableData }) {
  const [shown, setShown] = useState(SHOWN);
  const hidden = table.rows.length - shown;
  const numeric = new Set(table.numeric);
  const widths = columnWidths(table);
  const align = (column: number) => {
    if (numeric.has(column)) return css["right"];
    return (widths[column] ?? 0) > UNBROKEN_CHARS ? css["broken"] : undefined;
  };
  if (table.columns.length === 0) return <p className={css["truncated"]}>An empty table.</p>;
  const isWide = isWiderThanText(widths);
  return (
    <div data-wide={isWide ? "" : undefined} className={css["scroll"]}>
      <table className={css["table"]}>
        <thead>
          <tr>
            {table.columns.map((column, place) => (
              <th key={column} scope="col" className={align(place)}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {numbered(table.rows.slice(0, shown)).map(({ key, item: row }) => (
            <tr key={key}>
              {numbered(row).map(({ key: place, item: text }) => (
                <td key={place} className={align(place)}>
                  {HEX.test(text) ? <code>{text}</code> : text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {hidden > 0 && (
        <button type="button" className={css["more"]} onClick={() => setShown(shown + MORE)}>
          Show {Math.min(hidden, MORE)} more rows of {table.rows.length}
        </button>
      )}
    </div>
  );
}

/** Rows are only ever added at the end, so a place is a name. */
function numbered<T>(items: readonly T[]): readonly { key: number; item: T }[] {
  return items.map((item, key) => ({ key, item }));
}

/** Of each column the longest text, in characters. */
function columnWidths({ columns, rows }: TableData): readonly number[] {
  const widths = columns.map((column) => column.length);
  for (const row of rows) {
    for (const [place, text] of row.entries()) {
      widths[place] = Math.max(widths[place] ?? 0, text.length);
    }
  }
  return widths;
}

function isWiderThanText(widths: readonly number[]): boolean {
  const chars = widths.map((width) => Math.min(width, UNBROKEN_CHARS) + GAP_CHARS);
  return chars.reduce((sum, width) => sum + width, 0) > TEXT_COLUMN_CHARS;
}
