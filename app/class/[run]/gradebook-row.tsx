import { memo } from "react";
import { counted } from "#notebook/document";
import type { GradebookCell } from "#server/queries";
import controls from "../../controls.module.css";
import { printPoints } from "../points.ts";
import { attemptsUrl } from "../urls.ts";
import css from "./gradebook.module.css";
import type { ExerciseColumn } from "./gradebook-columns.ts";
import type { ShownRow } from "./gradebook-wire.ts";

interface GradebookRowProps {
  run: string;
  row: ShownRow;
  exercises: readonly ExerciseColumn[];
  pointsMax: number;
  /** Where only some rows are drawn: which one it is, 1 for the first student. */
  index?: number;
  /** Where only some columns are drawn: of the exercises those from `from` to before `to`. */
  from?: number;
  to?: number;
  /** Where only some rows are drawn: the cell that Tab comes to, if it is one of this row. */
  current?: number | undefined;
}

/** One student: a cell for each exercise that leads to its attempts, and the sum. */
export const GradebookRow = memo(function GradebookRow(props: GradebookRowProps) {
  const { run, row, exercises, pointsMax, index, current } = props;
  const { from = 0, to = exercises.length } = props;
  const last = exercises.length + 1;
  // In the table that is whole the keys find their way by themselves.
  const place = (column: number): Place | undefined =>
    index === undefined
      ? undefined
      : {
          "data-column": column,
          "aria-colindex": column + 1,
          tabIndex: current === column ? 0 : -1,
          ...(current === column ? { "data-current": "" } : {}),
        };
  return (
    <tr data-row={row.userId} data-index={index} aria-rowindex={index && index + HEAD_ROWS}>
      <th scope="row" className={css["student"]} title={row.username} {...place(0)}>
        {row.name}
      </th>
      {from > 0 && <td colSpan={from} aria-hidden="true" />}
      {exercises.slice(from, to).map((exercise, offset) => (
        <ScoreCell
          key={exercise.slug}
          cell={row.cells[from + offset]}
          exercise={exercise}
          url={attemptsUrl(run, exercise.slug, row.userId)}
          place={place(from + offset + 1)}
        />
      ))}
      {to < exercises.length && <td colSpan={exercises.length - to} aria-hidden="true" />}
      <td className={css["sum"]} {...place(last)}>
        {printPoints(row.points)}
      </td>
      <td
        title={row.of === pointsMax ? undefined : `of ${printPoints(row.of)}`}
        {...place(last + 1)}
      >
        {percent(row.points, row.of)}
      </td>
    </tr>
  );
});

/** Above the students: lectures, and exercises. */
export const HEAD_ROWS = 2;

interface ScoreCellProps {
  cell: GradebookCell | undefined;
  exercise: ExerciseColumn;
  url: string;
  place: Place | undefined;
}

/** Where a cell is, in a table of which only a part is drawn. */
interface Place {
  readonly "data-column": number;
  readonly "aria-colindex": number;
  readonly tabIndex: number;
}

function ScoreCell({ cell, exercise: { points, isStart }, url, place }: ScoreCellProps) {
  const start = isStart ? css["start"] : undefined;
  if (cell === undefined) {
    return (
      <td className={classes(css["none"], start)} aria-label="not tried" {...place}>
        ·
      </td>
    );
  }
  const note = noteOf(cell);
  return (
    <td className={classes(start, note === undefined ? undefined : css[note.kind])} {...place}>
      <a className={css["cell"]} href={url} tabIndex={place === undefined ? undefined : -1}>
        <span aria-hidden="true">
          {note !== undefined && <small className={css["note"]}>{note.text}</small>}
          {cell.attempts > 1 && <small>{cell.attempts}×</small>}
          {cell.isGiven && <small title="given by hand">✎</small>}
          {cell.isDropped && <small title="one of the lowest, left out of the sum">−</small>}
          {cell.isExcused
            ? "exc."
            : cell.best === undefined
              ? note === undefined && "–"
              : printPoints(cell.best)}
        </span>
        <span className={controls["unseen"]}>{spoken(cell, points, note)}</span>
      </a>
    </td>
  );
}

type Note = { readonly kind: "queued" | "failed" | "tampered"; readonly text: string };

/** What of the last attempt has to be seen at a glance. */
function noteOf({ last, isRegrading }: GradebookCell): Note | undefined {
  if (last === "none") return undefined;
  if (last === "ungraded") return { kind: "queued", text: "to grade" };
  if (last === "waiting") return { kind: "queued", text: "queued" };
  if (last === "running") return { kind: "queued", text: "running" };
  if (isRegrading) return { kind: "queued", text: "again" };
  if (last === "graded") return undefined;
  if (last === "tampered") return { kind: "tampered", text: "tampered" };
  return { kind: "failed", text: last === "internal-error" ? "grader failed" : last };
}

function spoken(cell: GradebookCell, points: number, note: Note | undefined): string {
  const { best, attempts, automatic, isGiven, isExcused, isDropped } = cell;
  const score = best === undefined ? "no grade yet" : `${printPoints(best)} of ${points}`;
  const tries = counted(attempts, "attempt");
  const said = [
    ...(isGiven ? [`given by hand, automatic ${automatic ?? "none"}`] : []),
    ...(isDropped ? ["left out of the sum"] : []),
  ];
  return [
    isExcused ? "excused" : score,
    tries,
    ...said,
    ...(note === undefined ? [] : [`last: ${note.text}`]),
  ].join(", ");
}

export function percent(points: number, max: number): string {
  return max === 0 ? "" : `${Math.round((100 * points) / max)}\u2009%`;
}

export function classes(...names: readonly (string | undefined)[]): string | undefined {
  return names.filter((name) => name !== undefined).join(" ") || undefined;
}
