import type { ExerciseProgress } from "#server/queries";
import { BarChart } from "../../../charts/bar-chart.tsx";
import { TimeChart } from "../../../charts/time-chart.tsx";
import css from "./progress.module.css";

interface ExerciseChartsProps {
  exercises: readonly ExerciseProgress[];
  students: number;
}

/** Who tried each exercise and made it, with how many attempts, tries and how much time. */
export function ExerciseCharts({ exercises, students }: ExerciseChartsProps) {
  const columns = exercises.map((one) => ({
    ...{ key: one.slug, label: one.number, name: `${one.number} ${one.title}` },
    one,
  }));
  return (
    <div className={css["charts"]}>
      <BarChart
        whole="tried"
        part="full points"
        caption={`students of ${students}, by exercise`}
        bars={columns.map(({ one, ...column }) => ({
          ...column,
          whole: one.tried,
          part: one.full,
        }))}
      />
      <BarChart
        part="attempts"
        caption="of all students, by exercise"
        bars={columns.map(({ one, ...column }) => ({ ...column, part: one.attempts }))}
      />
      <BarChart
        part="tries to full points"
        caption="median, by exercise"
        bars={columns.map(({ one, ...column }) => ({ ...column, part: one.triesMedian }))}
      />
      <TimeChart
        part="time to full points"
        caption="median, by exercise"
        times={columns.map(({ one, ...column }) => ({ ...column, seconds: one.secondsMedian }))}
      />
    </div>
  );
}
