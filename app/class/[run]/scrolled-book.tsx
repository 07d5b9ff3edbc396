"use client";

import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import {
  Fragment,
  type ReactNode,
  type RefObject,
  useCallback,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import css from "./gradebook.module.css";
import type { ExerciseColumn } from "./gradebook-columns.ts";
import { GradebookRow, HEAD_ROWS } from "./gradebook-row.tsx";
import type { ShownRow } from "./gradebook-wire.ts";
import { useScrolledKeys } from "./use-scrolled-keys.ts";

/** Of a row, where letters have their usual size. */
const ROW_PX = 29;
/** Of an exercise's column, as the style sheet has it. */
const COLUMN_PX = 80;
/** Drawn besides those in sight, on each side. */
const OVERSCAN = 12;
const OVERSCAN_COLUMNS = 4;

interface ScrolledBookProps {
  run: string;
  rows: readonly ShownRow[];
  exercises: readonly ExerciseColumn[];
  pointsMax: number;
  /** Which row the table that was here before began with; 0 is the first student. */
  first: number;
  scroller: RefObject<HTMLDivElement | null>;
  head: ReactNode;
  foot: ReactNode;
}

/**
 * Thousands of students in one table that scrolls: only rows and columns near what is in sight are drawn.
 * How high the rest is stands in empty rows, the one thing here that a style sheet cannot know.
 */
export function ScrolledBook(props: ScrolledBookProps) {
  const { run, rows, exercises, pointsMax, first, scroller, head, foot } = props;
  const table = useRef<HTMLTableElement>(null);
  const [rowPx, setRowPx] = useState(ROW_PX);
  const { current, handlers } = useScrolledKeys(table, {
    name: run,
    rows,
    columns: exercises.length + 3,
  });
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN,
    // What was in sight stays there.
    initialOffset: () => (scroller.current?.scrollTop ?? 0) + first * ROW_PX,
    // The row in which one is is drawn wherever one scrolls, and from when one goes there.
    rangeExtractor: useCallback((range: Range) => withRow(range, current.row - 1), [current.row]),
  });
  const across = useVirtualizer({
    horizontal: true,
    count: exercises.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => COLUMN_PX,
    overscan: OVERSCAN_COLUMNS,
    initialOffset: () => scroller.current?.scrollLeft ?? 0,
  });
  // A table that is moved in by keys is a grid.
  useLayoutEffect(() => table.current?.setAttribute("role", "grid"), []);
  useLayoutEffect(() => {
    // Who has larger letters has higher rows.
    const drawn = table.current?.querySelector("tbody tr[data-index]");
    const px = drawn?.getBoundingClientRect().height ?? rowPx;
    if (Math.abs(px - rowPx) < 0.1) return;
    setRowPx(px);
    virtual.measure();
  }, [virtual, rowPx]);
  const laidOut = useRef(rowPx);
  useLayoutEffect(() => {
    if (rowPx === laidOut.current) return;
    // What is in sight stays there.
    if (scroller.current !== null) scroller.current.scrollTop *= rowPx / laidOut.current;
    laidOut.current = rowPx;
  }, [scroller, rowPx]);
  const items = virtual.getVirtualItems();
  const columns = across.getVirtualItems();
  const drawn = { from: columns.at(0)?.index ?? 0, to: (columns.at(-1)?.index ?? 0) + 1 };
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <table
      className={`${css["book"]} ${css["fixed"]}`}
      ref={table}
      aria-label="Gradebook"
      aria-rowcount={rows.length + HEAD_ROWS + 1}
      aria-colcount={exercises.length + 3}
      {...handlers}
    >
      <colgroup>
        <col className={css["studentColumn"]} />
        <col span={exercises.length} className={css["exerciseColumn"]} />
        <col className={css["exerciseColumn"]} />
        <col className={css["percentColumn"]} />
      </colgroup>
      {head}
      <tbody>
        {items.map((item, place) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const above = item.start - (items[place - 1]?.end ?? 0);
          const index = item.index + 1;
          const isCurrent = current.row === index;
          return (
            <Fragment key={row.userId}>
              {above > 0 && <Gap px={above} />}
              <GradebookRow
                run={run}
                row={row}
                exercises={exercises}
                pointsMax={pointsMax}
                index={index}
                // Keys move in all of the row that they are in.
                {...(isCurrent ? { current: current.column } : drawn)}
              />
            </Fragment>
          );
        })}
        {below > 0 && <Gap px={below} />}
      </tbody>
      {foot}
    </table>
  );
}

function withRow(range: Range, row: number): number[] {
  const near = defaultRangeExtractor(range);
  if (near.includes(row) || row < 0 || row >= range.count) return near;
  return [...near, row].sort((a, b) => a - b);
}

/** As high as the rows that are not drawn. */
function Gap({ px }: { px: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it has the focus
    <tr aria-hidden="true" className={css["gap"]}>
      <td style={{ height: px }} />
    </tr>
  );
}
