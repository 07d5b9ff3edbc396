import { counted, type ExerciseTest } from "#notebook/document";
import css from "./report.module.css";

/** What a report is graded by, for who writes it. */
export function Rubric({ criteria }: { criteria: readonly ExerciseTest[] }) {
  return (
    <div className={css["rubric"]}>
      <p className={css["rubricTitle"]} id="rubric">
        What it is graded by
      </p>
      <ul aria-label="What it is graded by">
        {criteria.map(({ id, title, points, hint, levels }) => (
          <li key={id}>
            <span>{title}</span>
            <span className={css["worth"]}>{counted(points, "point")}</span>
            {hint !== "" && <p>{hint}</p>}
            {levels !== undefined && (
              <dl>
                {levels.map((level) => (
                  <div key={level.points}>
                    <dt>{level.points}</dt>
                    <dd>{level.text}</dd>
                  </div>
                ))}
              </dl>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
