"use client";

import type { Gradebook } from "#server/queries";
import css from "./gradebook.module.css";
import type { GradebookColumns } from "./gradebook-columns.ts";
import { GradebookFoot, GradebookHead } from "./gradebook-head.tsx";
import { GradebookRow } from "./gradebook-row.tsx";
import type { ShownRow } from "./gradebook-wire.ts";

/** So many exercises have room side by side on a sheet of paper. */
const COLUMNS_A_SHEET = 9;

interface PrintedBookProps {
  run: string;
  rows: readonly ShownRow[];
  book: Pick<Gradebook, "shown" | "means" | "meanPoints" | "pointsMax">;
  columns: GradebookColumns;
  /** How many there are in the run. */
  students: number;
}

/** The gradebook on paper: all students, and then all of them again with the next exercises. */
export function PrintedBook({ run, rows, book, columns, students }: PrintedBookProps) {
  return (
    <div className={css["sheets"]} data-printed="">
      {sheetsOf(columns).map(({ from, to, ...sheet }) => (
        <table key={from} className={css["book"]} aria-label="Gradebook">
          <GradebookHead book={book} columns={sheet} students={students} />
          <tbody>
            {rows.map((row) => (
              <GradebookRow
                key={row.userId}
                run={run}
                row={{ ...row, cells: row.cells.slice(from, to) }}
                exercises={sheet.exercises}
                pointsMax={book.pointsMax}
              />
            ))}
          </tbody>
          <GradebookFoot
            book={{ ...book, means: book.means.slice(from, to) }}
            exercises={sheet.exercises}
          />
        </table>
      ))}
    </div>
  );
}

interface Sheet extends GradebookColumns {
  readonly from: number;
  readonly to: number;
}

/** Columns as they stand on one sheet after another; a lecture may go on from one to the next. */
export function sheetsOf(columns: GradebookColumns): Sheet[] {
  const { exercises, lectures } = columns;
  const titles = lectures.flatMap(({ title, exercises: count }) => Array(count).fill(title));
  const sheets: Sheet[] = [];
  for (let from = 0; from < exercises.length; from += COLUMNS_A_SHEET) {
    const to = Math.min(from + COLUMNS_A_SHEET, exercises.length);
    const counts = new Map<string, number>();
    for (const title of titles.slice(from, to)) counts.set(title, (counts.get(title) ?? 0) + 1);
    sheets.push({
      ...columns,
      from,
      to,
      exercises: exercises.slice(from, to),
      lectures: [...counts].map(([title, count]) => ({ title, exercises: count })),
    });
  }
  return sheets;
}
