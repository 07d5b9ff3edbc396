"use client";

import { useState } from "react";
import type { TableData } from "#notebook/document";
import css from "./outputs.module.css";

/** Rows that stay visible of a long table, and how many come with each request for more. */
const SHOWN = 20;
const MORE = 500;

/** Rows and columns; numbers stand right, in lining figures. */
export function TableOutput({ table }: { table: TableData }) {
  const [shown, setShown] = useState(SHOWN);
  const hidden = table.rows.length - shown;
  const numeric = new Set(table.numeric);
  const align = (column: number) => (numeric.has(column) ? css["right"] : undefined);
  if (table.columns.length === 0) return <p className={css["truncated"]}>An empty table.</p>;
  return (
    <div className={css["scroll"]}>
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
                  {text}
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
