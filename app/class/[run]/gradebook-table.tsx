"use client";

import { type ReactNode, useRef } from "react";
import type { Gradebook } from "#server/queries";
import css from "./gradebook.module.css";
import type { GradebookColumns } from "./gradebook-columns.ts";
import { GradebookGrid } from "./gradebook-grid.tsx";
import { GradebookFoot, GradebookHead } from "./gradebook-head.tsx";
import { GradebookRow } from "./gradebook-row.tsx";
import type { ShownRow } from "./gradebook-wire.ts";
import { PrintedBook } from "./printed-book.tsx";
import { ScrolledBook } from "./scrolled-book.tsx";
import { useAllRows } from "./use-all-rows.ts";
import { usePrinting } from "./use-printing.ts";

interface GradebookTableProps {
  run: string;
  book: Pick<Gradebook, "shown" | "means" | "meanPoints" | "pointsMax"> & {
    /** Of this page. */
    readonly rows: readonly ShownRow[];
  };
  columns: GradebookColumns;
  /** How many there are in the run. */
  students: number;
  /** How many come before this page. */
  first: number;
  /** Where the rows of all pages are. */
  rowsUrl: string;
  /** The way to other pages. */
  pages: ReactNode;
}

/**
 * Students by exercises: each cell leads to its attempts. Without a script it is one page of them,
 * whole; where there are more, a script gets all rows and makes one table of them that scrolls.
 */
export function GradebookTable(props: GradebookTableProps) {
  const { run, book, columns, students, first, rowsUrl, pages } = props;
  const { rows, shown, pointsMax } = book;
  const { exercises } = columns;
  const scroller = useRef<HTMLDivElement>(null);
  const all = useAllRows(shown > rows.length ? rowsUrl : undefined, book);
  const isPrinting = usePrinting();
  const head = <GradebookHead book={book} columns={columns} students={students} />;
  const foot = <GradebookFoot book={book} exercises={exercises} />;
  return (
    <>
      <div className={css["scroller"]} ref={scroller}>
        {all === undefined ? (
          <GradebookGrid name={run}>
            {head}
            <tbody>
              {rows.map((row) => (
                <GradebookRow
                  key={row.userId}
                  run={run}
                  row={row}
                  exercises={exercises}
                  pointsMax={pointsMax}
                />
              ))}
            </tbody>
            {foot}
          </GradebookGrid>
        ) : (
          <ScrolledBook
            run={run}
            rows={all}
            exercises={exercises}
            pointsMax={pointsMax}
            first={first}
            scroller={scroller}
            head={head}
            foot={foot}
          />
        )}
      </div>
      {isPrinting && <PrintedBook rows={all ?? rows} {...{ run, book, columns, students }} />}
      <p className={css["key"]}>
        <span>· not tried</span>
        <span>
          <small>3×</small> attempts, where there are several
        </span>
        <span>means: of those who tried the exercise; for the sum, of all shown</span>
        <span className={css["keys"]}>
          arrow keys move, Enter opens the attempts, S sorts by an exercise
        </span>
      </p>
      {all === undefined && pages}
    </>
  );
}
