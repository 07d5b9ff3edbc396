"use client";

import type { Gradebook, GradebookCell } from "#server/queries";
import controls from "../../controls.module.css";
import { printPoints } from "../points.ts";
import { attemptsUrl } from "../urls.ts";
import css from "./gradebook.module.css";
import type {
  ExerciseColumn,
  GradebookColumns,
  SortableHead,
  Sorted,
} from "./gradebook-columns.ts";

interface GradebookTableProps {
  run: string;
  book: Pick<Gradebook, "rows" | "shown" | "means" | "meanPoints" | "pointsMax">;
  columns: GradebookColumns;
  /** How many there are in the run. */
  students: number;
}

/**
 * Students by exercises, whole without a script: each cell leads to its attempts. Drawn on the
 * server, and sent as data besides, which is smaller than the drawing.
 */
export function GradebookTable({ run, book, columns, students }: GradebookTableProps) {
  const { rows, pointsMax } = book;
  const { exercises } = columns;
  return (
    <table className={css["book"]} aria-label="Gradebook">
      <thead>
        <tr>
          <th scope="col" className={classes(css["group"], css["student"])}>
            {book.shown} of {students}
          </th>
          {columns.lectures.map((lecture) => (
            <th
              key={lecture.title}
              scope="colgroup"
              colSpan={lecture.exercises}
              className={classes(css["group"], css["start"])}
              title={lecture.title}
            >
              {lecture.title}
            </th>
          ))}
          <th scope="colgroup" colSpan={2} className={classes(css["group"], css["sum"])}>
            Sum
          </th>
        </tr>
        <tr>
          <th scope="col" className={css["student"]} aria-sort={columns.student.sorted}>
            <SortLink head={columns.student}>Student</SortLink>
          </th>
          {exercises.map((exercise) => (
            <ExerciseHead key={exercise.slug} exercise={exercise} />
          ))}
          <th scope="col" className={css["sum"]} aria-sort={columns.points.sorted}>
            <SortLink head={columns.points}>pts</SortLink>
            <br />
            of {printPoints(pointsMax)}
          </th>
          <th scope="col">%</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.userId} data-row={row.userId}>
            <th scope="row" className={css["student"]} title={row.username}>
              {row.name}
            </th>
            {exercises.map((exercise, place) => (
              <ScoreCell
                key={exercise.slug}
                cell={row.cells[place]}
                exercise={exercise}
                url={attemptsUrl(run, exercise.slug, row.userId)}
              />
            ))}
            <td className={css["sum"]}>{printPoints(row.points)}</td>
            <td title={row.of === pointsMax ? undefined : `of ${printPoints(row.of)}`}>
              {percent(row.points, row.of)}
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" className={css["student"]}>
            Mean
          </th>
          {exercises.map(({ slug, isStart }, place) => (
            <td key={slug} className={isStart ? css["start"] : undefined}>
              {book.means[place]?.toFixed(1) ?? ""}
            </td>
          ))}
          <td className={css["sum"]}>{book.meanPoints?.toFixed(1)}</td>
          <td>{percent(book.meanPoints ?? 0, pointsMax)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

function ExerciseHead({ exercise }: { exercise: ExerciseColumn }) {
  const { number, title, points, url, isOpen, isHeld, isStart, sorted } = exercise;
  return (
    <th scope="col" className={isStart ? css["start"] : undefined} aria-sort={sorted}>
      <a href={url} title={title} aria-current={isOpen ? "true" : undefined}>
        {number}
      </a>
      {isHeld && <small title="held: students do not see these grades yet"> held</small>}
      <br />
      <SortLink head={exercise} label={`Sort by ${number}, of ${points} points`}>
        of {points}
      </SortLink>
    </th>
  );
}

interface SortLinkProps {
  head: SortableHead;
  label?: string;
  children: React.ReactNode;
}

function SortLink({ head: { sortUrl, sorted }, label, children }: SortLinkProps) {
  return (
    <>
      <a data-sort="" href={sortUrl} aria-label={label}>
        {children}
      </a>
      {sorted !== undefined && <span aria-hidden="true">{ARROWS[sorted]}</span>}
    </>
  );
}

const ARROWS: Readonly<Record<NonNullable<Sorted>, string>> = {
  ascending: " \u2191",
  descending: " \u2193",
};

interface ScoreCellProps {
  cell: GradebookCell | undefined;
  exercise: ExerciseColumn;
  url: string;
}

function ScoreCell({ cell, exercise: { points, isStart }, url }: ScoreCellProps) {
  const start = isStart ? css["start"] : undefined;
  if (cell === undefined) {
    return (
      <td className={classes(css["none"], start)} aria-label="not tried">
        ·
      </td>
    );
  }
  const note = noteOf(cell);
  return (
    <td className={classes(start, note === undefined ? undefined : css[note.kind])}>
      <a className={css["cell"]} href={url}>
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
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
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

function percent(points: number, max: number): string {
  return max === 0 ? "" : `${Math.round((100 * points) / max)}\u2009%`;
}

function classes(...names: readonly (string | undefined)[]): string | undefined {
  return names.filter((name) => name !== undefined).join(" ") || undefined;
}
