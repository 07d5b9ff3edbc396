import { findExercise, readTask } from "#server/course";
import { exerciseNumber } from "../title.ts";
import css from "./exercise-block.module.css";
import prose from "./prose.module.css";
import { Prose } from "./prose.tsx";

/** An exercise where it stands in the lecture. */
export async function ExerciseBlock({ id }: { id: string }) {
  const exercise = findExercise(id);
  const task = await readTask(id);
  if (exercise === undefined || task === undefined) return null;
  const { number, title, points, attempts } = exercise.manifest;
  return (
    <section id={`exercise-${id}`} className={css["exercise"]} aria-labelledby={`${id}-title`}>
      <header className={css["head"]}>
        <h3 id={`${id}-title`}>
          <span>{exerciseNumber(number)}</span>
          {title}
        </h3>
      </header>
      <dl className={css["facts"]}>
        <dt>Points</dt>
        <dd>{points}</dd>
        <dt>Attempts</dt>
        <dd>{attempts ?? "no limit"}</dd>
      </dl>
      <div className={`${css["task"]} ${prose["flow"]}`}>
        <Prose text={task} />
      </div>
    </section>
  );
}
