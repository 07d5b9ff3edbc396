import { Exercise } from "../../exercises/exercise.tsx";

/** An exercise where it stands in the lecture. */
export function ExerciseBlock({ id, lecture }: { id: string; lecture: string }) {
  return <Exercise id={id} level={3} path={`/lectures/${lecture}#exercise-${id}`} />;
}
