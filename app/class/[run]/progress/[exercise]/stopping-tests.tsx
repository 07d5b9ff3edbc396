import type { ExerciseAnalysis } from "#server/queries";
import { BarChart } from "../../../../charts/bar-chart.tsx";
import desk from "../../../class.module.css";
import css from "../progress.module.css";

/** Which hidden test stops how many: of each student the best attempt. */
export function StoppingTests({ tests }: Pick<ExerciseAnalysis, "tests">) {
  if (tests.every(({ passed }) => passed === undefined)) return null;
  return (
    <section aria-labelledby="tests" className={css["part"]}>
      <h2 id="tests">What the hidden tests stop</h2>
      <BarChart
        part="stopped"
        caption="students, whose best attempt fails it, by hidden test"
        bars={tests.map(({ id, title, stops }, place) => ({
          ...{ key: id, label: String(place + 1), name: title },
          part: stops,
        }))}
      />
      <div className={css["scroll"]}>
        <table className={desk["data"]}>
          <thead>
            <tr>
              <th scope="col">hidden test</th>
              <th scope="col" className={desk["right"]}>
                stopped
              </th>
              <th scope="col" className={desk["right"]}>
                pass
              </th>
            </tr>
          </thead>
          <tbody>
            {tests.map(({ id, title, stops, passed }, place) => (
              <tr key={id}>
                <td>
                  {place + 1} {title}
                </td>
                <td className={desk["right"]}>{stops}</td>
                <td className={desk["right"]}>
                  {passed === undefined ? "–" : `${Math.round(100 * passed)} %`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
