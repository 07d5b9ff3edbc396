/** Students and exercises of a run: who has reached what, one page of it at a time. */
import type { Tx } from "../db/index.ts";
import { exercisesOfRun, type GradebookExercise, shownExercises } from "./gradebook-exercises.ts";
import {
  type FoundCell,
  type GradebookPage,
  type GradebookStudent,
  type GradebookView,
  pageQuery,
} from "./gradebook-page.ts";

/** The attempts of one student at one exercise. */
export interface GradebookCell {
  /** undefined: nothing is graded yet, or the student is excused. */
  readonly best: number | undefined;
  readonly attempts: number;
  /** Of the last attempt: how its grading ended, or where it is; `NONE` without one. */
  readonly last: string;
  readonly isRegrading: boolean;
  /** Somebody of the staff has given the grade; `automatic` is what it would be else. */
  readonly isGiven: boolean;
  readonly automatic: number | undefined;
  readonly isExcused: boolean;
  /** One of the lowest, which the sum leaves out. */
  readonly isDropped: boolean;
}

export interface GradebookRow extends GradebookStudent {
  /** One for each shown exercise; undefined: not tried. */
  readonly cells: readonly (GradebookCell | undefined)[];
}

export interface Gradebook {
  readonly exercises: readonly GradebookExercise[];
  /** What all shown exercises are worth, weighted. */
  readonly pointsMax: number;
  readonly rows: readonly GradebookRow[];
  /** How many students the filter leaves, on all pages. */
  readonly shown: number;
  /** Of those who have tried, on all pages; undefined: nobody has. */
  readonly means: readonly (number | undefined)[];
  /** Of all who are shown. */
  readonly meanPoints: number | undefined;
  /** So many of each student's lowest grades are left out of the sums. */
  readonly dropLowest: number;
}

/** One page of the gradebook; all that changes while people work is read by one statement. */
export async function gradebookOf(tx: Tx, view: GradebookView): Promise<Gradebook> {
  const all = await exercisesOfRun(tx, view.runId);
  const { dropLowest } = await tx.courseRun.findUniqueOrThrow({
    where: { id: view.runId },
    select: { dropLowest: true },
  });
  const exercises = shownExercises(all, view.words);
  const query = pageQuery(view, { all, shown: exercises, dropLowest });
  const [found] = await tx.$queryRaw<[{ page: GradebookPage }]>(query);
  const { rows, shown, means, meanPoints } = found.page;
  return {
    exercises,
    pointsMax: exercises.reduce((sum, { points, weight }) => sum + points * weight, 0),
    rows: rows.map(({ cells, ...student }) => ({
      ...student,
      cells: exercises.map(({ id }) => cellOf(cells[id])),
    })),
    shown,
    means: exercises.map(({ id }) => means[id] ?? undefined),
    meanPoints: meanPoints ?? undefined,
    dropLowest,
  };
}

function cellOf(found: FoundCell | undefined): GradebookCell | undefined {
  if (found === undefined) return undefined;
  const [best, attempts, last, isRegrading, isGiven, automatic, isExcused, isDropped] = found;
  return {
    best: best ?? undefined,
    attempts,
    last,
    isRegrading,
    isGiven,
    automatic: automatic ?? undefined,
    isExcused,
    isDropped,
  };
}
