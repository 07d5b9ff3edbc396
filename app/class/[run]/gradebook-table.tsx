import {
  type Gradebook,
  type GradebookCell,
  type GradebookExercise,
  type GradebookOrder,
  lectureNumber,
  printOrder,
} from "#server/queries";
import controls from "../../controls.module.css";
import { attemptsUrl, type GradebookAddress, gradebookUrl } from "../urls.ts";
import css from "./gradebook.module.css";

interface GradebookTableProps {
  run: string;
  book: Gradebook;
  address: GradebookAddress;
  order: GradebookOrder;
  /** How many there are in the run. */
  students: number;
  /** Of lectures, by their slug. */
  titles: ReadonlyMap<string, string>;
}

/** Students by exercises, whole without a script: each cell leads to its attempts. */
export function GradebookTable(props: GradebookTableProps) {
  const { run, book, address, order, students, titles } = props;
  const { exercises, rows, pointsMax } = book;
  const groups = byLecture(exercises);
  const starts = new Set(groups.map(([first]) => first?.id));
  const startOf = ({ id }: GradebookExercise) => (starts.has(id) ? css["start"] : undefined);
  const sortLink = (key: string, isDescendingFirst: boolean) => {
    const isNow = order.key === key;
    const isDescending = isNow ? !order.isDescending : isDescendingFirst;
    return gradebookUrl(run, { ...address, sort: printOrder({ key, isDescending }), page: 1 });
  };
  const sorted = (key: string) =>
    order.key === key ? (order.isDescending ? "descending" : "ascending") : undefined;
  return (
    <table className={css["book"]} aria-label="Gradebook">
      <thead>
        <tr>
          <th scope="col" className={classes(css["group"], css["student"])}>
            {book.shown} of {students}
          </th>
          {groups.map((group) => (
            <th
              key={group[0]?.id}
              scope="colgroup"
              colSpan={group.length}
              className={classes(css["group"], css["start"])}
              title={lectureTitle(group[0], titles)}
            >
              {lectureTitle(group[0], titles)}
            </th>
          ))}
          <th scope="colgroup" colSpan={2} className={classes(css["group"], css["sum"])}>
            Sum
          </th>
        </tr>
        <tr>
          <th scope="col" className={css["student"]} aria-sort={sorted("name")}>
            <a href={sortLink("name", false)}>Student</a>
            <Arrow sorted={sorted("name")} />
          </th>
          {exercises.map((exercise) => (
            <th
              key={exercise.id}
              scope="col"
              className={startOf(exercise)}
              aria-sort={sorted(exercise.number)}
            >
              <a
                href={gradebookUrl(run, { ...address, exercise: exercise.number })}
                title={exercise.title}
                aria-current={address.exercise === exercise.number ? "true" : undefined}
              >
                {exercise.number}
              </a>
              <br />
              <a
                data-sort=""
                href={sortLink(exercise.number, true)}
                aria-label={`Sort by ${exercise.number}, of ${exercise.points} points`}
              >
                of {exercise.points}
              </a>
              <Arrow sorted={sorted(exercise.number)} />
            </th>
          ))}
          <th scope="col" className={css["sum"]} aria-sort={sorted("points")}>
            <a href={sortLink("points", true)}>pts</a>
            <Arrow sorted={sorted("points")} />
            <br />
            of {pointsMax}
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
                key={exercise.id}
                cell={row.cells[place]}
                points={exercise.points}
                isStart={starts.has(exercise.id)}
                url={attemptsUrl(run, exercise.slug, row.userId)}
              />
            ))}
            <td className={css["sum"]}>{row.points}</td>
            <td>{percent(row.points, pointsMax)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" className={css["student"]}>
            Mean of those who submitted
          </th>
          {exercises.map((exercise, place) => (
            <td key={exercise.id} className={startOf(exercise)}>
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

function Arrow({ sorted }: { sorted: "ascending" | "descending" | undefined }) {
  if (sorted === undefined) return null;
  return <span aria-hidden="true"> {sorted === "ascending" ? "\u2191" : "\u2193"}</span>;
}

interface ScoreCellProps {
  cell: GradebookCell | undefined;
  points: number;
  isStart: boolean;
  url: string;
}

function ScoreCell({ cell, points, isStart, url }: ScoreCellProps) {
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
          {cell.best ?? (note === undefined ? "–" : "")}
        </span>
        <span className={controls["unseen"]}>{spoken(cell, points, note)}</span>
      </a>
    </td>
  );
}

type Note = { readonly kind: "queued" | "failed" | "tampered"; readonly text: string };

/** What of the last attempt has to be seen at a glance. */
function noteOf({ last, isRegrading }: GradebookCell): Note | undefined {
  if (last === "waiting") return { kind: "queued", text: "queued" };
  if (last === "running") return { kind: "queued", text: "running" };
  if (isRegrading) return { kind: "queued", text: "again" };
  if (last === "graded") return undefined;
  if (last === "tampered") return { kind: "tampered", text: "tampered" };
  return { kind: "failed", text: last === "internal-error" ? "grader failed" : last };
}

function spoken({ best, attempts }: GradebookCell, points: number, note: Note | undefined): string {
  const score = best === undefined ? "no grade yet" : `${best} of ${points}`;
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return [score, tries, ...(note === undefined ? [] : [`last: ${note.text}`])].join(", ");
}

function byLecture(exercises: readonly GradebookExercise[]): GradebookExercise[][] {
  const groups: GradebookExercise[][] = [];
  for (const exercise of exercises) {
    const group = groups.at(-1);
    if (group?.[0]?.lectureSlug === exercise.lectureSlug) group.push(exercise);
    else groups.push([exercise]);
  }
  return groups;
}

/** `11 eBPF I`; the slug's own words where a lecture has left the course. */
function lectureTitle(
  exercise: GradebookExercise | undefined,
  titles: ReadonlyMap<string, string>,
): string {
  const { lectureSlug = "" } = exercise ?? {};
  const words = lectureSlug.replace(/^\d+-/, "").replaceAll("-", " ");
  return `${lectureNumber(lectureSlug)} ${titles.get(lectureSlug) ?? words}`;
}

function percent(points: number, max: number): string {
  return max === 0 ? "" : `${Math.round((100 * points) / max)}\u2009%`;
}

function classes(...names: readonly (string | undefined)[]): string | undefined {
  return names.filter((name) => name !== undefined).join(" ") || undefined;
}
