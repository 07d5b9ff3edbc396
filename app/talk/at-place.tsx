import { ownRun } from "./own-run.ts";
import css from "./place.module.css";
import { CellQuestions, ExerciseQuestions } from "./place-questions.tsx";

interface AtCellProps {
  lecture: string;
  cell: string;
}

/** The way to what is asked at a cell; nothing for who belongs to no run. */
export async function AtCell({ lecture, cell }: AtCellProps) {
  const run = await ownRun();
  if (run === undefined) return null;
  return <CellQuestions run={run.slug} lecture={lecture} cell={cell} />;
}

interface AtExerciseProps {
  lecture: string;
  exercise: string;
}

/** The same at an exercise: a line under it, as high before the number is known. */
export async function AtExercise({ lecture, exercise }: AtExerciseProps) {
  const run = await ownRun();
  if (run === undefined) return null;
  return (
    <p className={css["line"]}>
      <ExerciseQuestions run={run.slug} lecture={lecture} exercise={exercise} />
    </p>
  );
}
