import { Exercise } from "../../exercises/exercise.tsx";
import prose from "./prose.module.css";
import { Prose } from "./prose.tsx";

/** An exercise where it stands in the lecture. */
export function ExerciseBlock({ id, lecture }: { id: string; lecture: string }) {
  return (
    <Exercise
      id={id}
      level={3}
      path={`/lectures/${lecture}#exercise-${id}`}
      renderTask={(task) => (
        <div className={prose["flow"]}>
          <Prose text={task} />
        </div>
      )}
    />
  );
}
