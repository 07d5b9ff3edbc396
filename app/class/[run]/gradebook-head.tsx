import type { Gradebook } from "#server/queries";
import { printPoints } from "../points.ts";
import css from "./gradebook.module.css";
import type {
  ExerciseColumn,
  GradebookColumns,
  SortableHead,
  Sorted,
} from "./gradebook-columns.ts";
import { classes, percent } from "./gradebook-row.tsx";

interface GradebookHeadProps {
  book: Pick<Gradebook, "shown" | "pointsMax">;
  columns: GradebookColumns;
  /** How many there are in the run. */
  students: number;
}

/** Two rows that stay in sight: lectures, and the exercises that one can sort by. */
export function GradebookHead({ book, columns, students }: GradebookHeadProps) {
  return (
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
      <tr data-index={0}>
        <th scope="col" className={css["student"]} aria-sort={columns.student.sorted}>
          <SortLink head={columns.student}>Student</SortLink>
        </th>
        {columns.exercises.map((exercise) => (
          <ExerciseHead key={exercise.slug} exercise={exercise} />
        ))}
        <th scope="col" className={css["sum"]} aria-sort={columns.points.sorted}>
          <SortLink head={columns.points}>pts</SortLink>
          <br />
          of {printPoints(book.pointsMax)}
        </th>
        <th scope="col">%</th>
      </tr>
    </thead>
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

interface GradebookFootProps {
  book: Pick<Gradebook, "means" | "meanPoints" | "pointsMax">;
  exercises: readonly ExerciseColumn[];
}

/** The means, which stay in sight. */
export function GradebookFoot({ book, exercises }: GradebookFootProps) {
  return (
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
        <td>{percent(book.meanPoints ?? 0, book.pointsMax)}</td>
      </tr>
    </tfoot>
  );
}
