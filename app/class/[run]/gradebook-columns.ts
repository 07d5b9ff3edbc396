import type { Gradebook, GradebookExercise, GradebookOrder } from "#server/queries";
import { lectureNumber, printOrder } from "#server/queries";
import { type GradebookAddress, gradebookUrl } from "../urls.ts";

/** How a column is sorted just now; undefined: by another one. */
export type Sorted = "ascending" | "descending" | undefined;

export interface SortableHead {
  /** Sorts by it, or turns its order round. */
  readonly sortUrl: string;
  readonly sorted: Sorted;
}

/** The head of an exercise's column. */
export interface ExerciseColumn extends SortableHead {
  readonly slug: string;
  readonly number: string;
  readonly title: string;
  readonly points: number;
  /** Leads to its analysis. */
  readonly url: string;
  readonly isOpen: boolean;
  /** Students do not see its grades yet. */
  readonly isHeld: boolean;
  /** The first one of a lecture. */
  readonly isStart: boolean;
}

/** All that stands above the students, as plain data for the table. */
export interface GradebookColumns {
  readonly lectures: readonly { readonly title: string; readonly exercises: number }[];
  readonly exercises: readonly ExerciseColumn[];
  readonly student: SortableHead;
  readonly points: SortableHead;
}

interface ColumnsOf {
  readonly run: string;
  readonly book: Gradebook;
  readonly address: GradebookAddress;
  readonly order: GradebookOrder;
  /** Of lectures, by their slug. */
  readonly titles: ReadonlyMap<string, string>;
}

export function gradebookColumns(given: ColumnsOf): GradebookColumns {
  const { run, book, address, order, titles } = given;
  const sortable = (key: string, isDescendingFirst: boolean): SortableHead => {
    const isNow = order.key === key;
    const isDescending = isNow ? !order.isDescending : isDescendingFirst;
    return {
      sortUrl: gradebookUrl(run, { ...address, sort: printOrder({ key, isDescending }), page: 1 }),
      sorted: isNow ? (order.isDescending ? "descending" : "ascending") : undefined,
    };
  };
  const groups = byLecture(book.exercises);
  const starts = new Set(groups.map(([first]) => first));
  return {
    lectures: groups.map((group) => ({
      title: lectureTitle(group[0]?.lectureSlug ?? "", titles),
      exercises: group.length,
    })),
    exercises: book.exercises.map((exercise) => ({
      ...sortable(exercise.number, true),
      slug: exercise.slug,
      number: exercise.number,
      title: exercise.title,
      points: exercise.points,
      url: gradebookUrl(run, { ...address, exercise: exercise.number }),
      isHeld: exercise.isHeld,
      isOpen: address.exercise === exercise.number,
      isStart: starts.has(exercise),
    })),
    student: sortable("name", false),
    points: sortable("points", true),
  };
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
function lectureTitle(lectureSlug: string, titles: ReadonlyMap<string, string>): string {
  const words = lectureSlug.replace(/^\d+-/, "").replaceAll("-", " ");
  return `${lectureNumber(lectureSlug)} ${titles.get(lectureSlug) ?? words}`;
}
