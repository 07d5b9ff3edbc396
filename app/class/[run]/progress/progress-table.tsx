import type { ExerciseProgress } from "#server/queries";
import desk from "../../class.module.css";
import { duration } from "./duration.ts";
import css from "./progress.module.css";

interface ProgressTableProps {
  run: string;
  exercises: readonly ExerciseProgress[];
  students: number;
}

/** One line an exercise: who tried, who made it and how long it took, and what stops the others. */
export function ProgressTable({ run, exercises, students }: ProgressTableProps) {
  return (
    <div className={css["scroll"]}>
      <table className={desk["data"]}>
        <thead>
          <tr>
            <th scope="col">exercise</th>
            <th scope="col" className={desk["right"]}>
              tried
            </th>
            <th scope="col" className={desk["right"]}>
              attempts
            </th>
            <th scope="col" className={desk["right"]}>
              full points
            </th>
            <th scope="col" className={desk["right"]}>
              tries, median
            </th>
            <th scope="col" className={desk["right"]}>
              time, median
            </th>
            <th scope="col">best attempts, 0 to full</th>
            <th scope="col">stops most</th>
          </tr>
        </thead>
        <tbody>
          {exercises.map((one) => (
            <tr key={one.slug}>
              <td>
                <a href={`/class/${run}/progress/${one.slug}`}>
                  {one.number} {one.title}
                </a>
              </td>
              <td className={desk["right"]}>
                {one.tried} of {students}
              </td>
              <td className={desk["right"]}>{one.attempts}</td>
              <td className={desk["right"]}>{one.full}</td>
              <td className={desk["right"]}>{one.triesMedian ?? "–"}</td>
              <td className={desk["right"]}>
                {one.secondsMedian === undefined ? "–" : duration(one.secondsMedian)}
              </td>
              <td>
                <Spread spread={one.spread} />
              </td>
              <td>
                {one.hardest === undefined ? "–" : `${one.hardest.stops}: ${one.hardest.title}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Small columns, one for each tenth of the points and one for all of them. */
function Spread({ spread }: { spread: readonly number[] }) {
  const most = Math.max(1, ...spread);
  const label = spread.map((count, step) => `${step * 10} %: ${count}`).join(", ");
  return (
    <svg className={css["spread"]} viewBox="0 0 88 18" role="img" aria-label={label}>
      {spread.map((count, step) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: the step is what the column stands for.
          key={step}
          className={step === spread.length - 1 ? css["fullColumn"] : css["column"]}
          x={step * 8}
          y={18 - Math.max(count > 0 ? 1.5 : 0.5, (17 * count) / most)}
          width="6"
          height={Math.max(count > 0 ? 1.5 : 0.5, (17 * count) / most)}
        />
      ))}
    </svg>
  );
}
