import type { OwnProgress } from "#server/queries";
import { BarChart } from "../charts/bar-chart.tsx";
import { TimeChart } from "../charts/time-chart.tsx";
import { duration } from "../class/[run]/progress/duration.ts";
import css from "../class/[run]/progress/progress.module.css";
import desk from "../class/class.module.css";

/** One line an exercise: what is reached, after how many tries and how long, and what is missing. */
export function OwnExercises({ exercises }: { exercises: readonly OwnProgress[] }) {
  return (
    <section aria-labelledby="exercises">
      <h2 id="exercises" className={css["title"]}>
        Exercises
      </h2>
      <div className={css["charts"]}>
        <BarChart
          whole="to reach"
          part="reached"
          caption="points, by exercise"
          bars={exercises.map((one) => ({ ...columnOf(one), whole: one.points, part: one.best }))}
        />
        <BarChart
          whole="attempts"
          part="to full points"
          caption="tries, by exercise"
          bars={exercises.map((one) => ({
            ...columnOf(one),
            whole: one.attempts,
            part: one.tries,
          }))}
        />
        <TimeChart
          part="time to full points"
          caption="by exercise"
          times={exercises.map((one) => ({ ...columnOf(one), seconds: one.seconds }))}
        />
      </div>
      <div className={css["scroll"]}>
        <table className={desk["data"]}>
          <thead>
            <tr>
              <th scope="col">exercise</th>
              <th scope="col" className={desk["right"]}>
                points
              </th>
              <th scope="col" className={desk["right"]}>
                attempts
              </th>
              <th scope="col" className={desk["right"]}>
                tries to full points
              </th>
              <th scope="col" className={desk["right"]}>
                time to full points
              </th>
              <th scope="col">best attempt</th>
            </tr>
          </thead>
          <tbody>
            {exercises.map((one) => (
              <tr key={one.slug}>
                <td>
                  <a href={`/exercises/${one.slug}`}>
                    {one.number} {one.title}
                  </a>
                </td>
                <td className={desk["right"]}>
                  {one.isExcused ? "excused" : `${one.best ?? "–"} of ${one.points}`}
                </td>
                <td className={desk["right"]}>{one.attempts}</td>
                <td className={desk["right"]}>{one.tries ?? "–"}</td>
                <td className={desk["right"]}>
                  {one.seconds === undefined ? "–" : duration(one.seconds)}
                </td>
                <td>{bestAttempt(one)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function columnOf({ slug, number, title }: OwnProgress) {
  return { key: slug, label: number, name: `${number} ${title}` };
}

function bestAttempt({ attempts, isHeld, failing }: OwnProgress): string {
  if (attempts === 0) return "not tried yet";
  if (isHeld) return "grades are not released yet";
  if (failing === undefined) return "–";
  if (failing.tests === 0) return "passes all hidden tests";
  return `fails ${failing.tests} of ${failing.of} hidden tests`;
}
