import { counted } from "#notebook/document";
import type { ExerciseAnalysis, GradebookExercise, TestAnalysis } from "#server/queries";
import controls from "../../controls.module.css";
import desk from "../class.module.css";
import { regradeExercise } from "./actions.ts";
import css from "./exercise-panel.module.css";
import { holdExerciseGrades } from "./grades/actions.ts";
import { UnusedVersionNote } from "./unused-version.tsx";

interface ExercisePanelProps {
  run: string;
  exercise: GradebookExercise;
  analysis: ExerciseAnalysis;
  closeUrl: string;
  mayRegrade: boolean;
}

/** How the class has done in one exercise, test by test. */
export function ExercisePanel(props: ExercisePanelProps) {
  const { run, exercise, analysis, closeUrl, mayRegrade } = props;
  const { students, attempts, attemptsMedian, tests } = analysis;
  return (
    <aside className={css["panel"]} aria-labelledby="exercise-title">
      <h2 id="exercise-title">
        {exercise.number} {exercise.title}
      </h2>
      <p>
        {students === 0
          ? "Nobody has tried it yet."
          : `${counted(students, "student")}, ${counted(attempts, "attempt")}. Median ${attemptsMedian} a student.`}
      </p>
      {exercise.isHeld && <p>Held: students do not see these grades yet.</p>}
      <table className={desk["data"]}>
        <thead>
          <tr>
            <th scope="col">test</th>
            <th scope="col">pass</th>
            <th scope="col" className={desk["right"]}>
              %
            </th>
            <th scope="col" className={desk["right"]}>
              discr.
            </th>
          </tr>
        </thead>
        <tbody>
          {tests.map((test) => (
            <TestRow key={test.id} test={test} />
          ))}
        </tbody>
      </table>
      <p>
        Counted is the best attempt of each student. Discrimination is the correlation with the rest
        of the score: near 0, a test hardly tells strong from weak.
      </p>
      {mayRegrade && <UnusedVersionNote run={run} exercise={exercise.id} />}
      <div className={css["row"]}>
        {mayRegrade && attempts > 0 && (
          <form action={regradeExercise}>
            <input type="hidden" name="run" value={run} />
            <input type="hidden" name="exercise" value={exercise.slug} />
            <button type="submit" className={controls["button"]}>
              Grade {exercise.number} again
            </button>
          </form>
        )}
        {mayRegrade && (
          <form action={holdExerciseGrades}>
            <input type="hidden" name="run" value={run} />
            <button
              type="submit"
              name="change"
              value={`${exercise.isHeld ? "release" : "hold"}:${exercise.slug}`}
              className={controls["button"]}
            >
              {exercise.isHeld ? "Release" : "Hold"} the grades of {exercise.number}
            </button>
          </form>
        )}
        <a href={closeUrl}>Close</a>
      </div>
    </aside>
  );
}

function TestRow({ test: { title, passed, discrimination } }: { test: TestAnalysis }) {
  return (
    <tr>
      <td>{title}</td>
      <td>
        <svg className={css["meter"]} viewBox="0 0 72 10" aria-hidden="true">
          <rect className={css["meterAll"]} width="72" height="10" />
          <rect className={css["meterPart"]} width={72 * (passed ?? 0)} height="10" />
        </svg>
      </td>
      <td className={desk["right"]}>{passed === undefined ? "–" : Math.round(100 * passed)}</td>
      <td className={desk["right"]}>{discrimination?.toFixed(2) ?? "–"}</td>
    </tr>
  );
}
