import { scaleBand, scaleLinear } from "d3-scale";
import type { ExerciseProgress } from "#server/queries";
import css from "./reach-chart.module.css";

interface ReachChartProps {
  exercises: readonly ExerciseProgress[];
  students: number;
}

const [HEIGHT, LEFT, BOTTOM, TOP] = [150, 34, 34, 6];
const COLUMN = 26;

/** For each exercise how many have full points, and how many have tried; the table below says the same. */
export function ReachChart({ exercises, students }: ReachChartProps) {
  const width = LEFT + Math.max(12, exercises.length) * COLUMN;
  const y = scaleLinear([0, students], [HEIGHT - BOTTOM, TOP]);
  const x = scaleBand(
    exercises.map(({ slug }) => slug),
    [LEFT, LEFT + exercises.length * COLUMN],
  ).padding(0.25);
  const bottom = HEIGHT - BOTTOM;
  return (
    <figure className={css["figure"]}>
      <figcaption>
        <span className={css["full"]}>full points</span>
        <span className={css["tried"]}>tried</span> students of {students}, by exercise
      </figcaption>
      {/* The table below has the same numbers. */}
      <div className={css["scroll"]}>
        <svg viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} aria-hidden="true">
          {y.ticks(4).map((tick) => (
            <g key={tick} transform={`translate(0 ${y(tick)})`}>
              <path className={css["rule"]} d={`M${LEFT} 0H${width}`} />
              <text className={css["tick"]} x={LEFT - 6} dy="0.35em" textAnchor="end">
                {tick}
              </text>
            </g>
          ))}
          {exercises.map(({ slug, number, tried, full }) => (
            <g key={slug} transform={`translate(${x(slug) ?? 0} 0)`}>
              <rect
                className={css["triedBar"]}
                y={y(tried)}
                width={x.bandwidth()}
                height={bottom - y(tried)}
              />
              <rect
                className={css["fullBar"]}
                y={y(full)}
                width={x.bandwidth()}
                height={bottom - y(full)}
              />
              <text
                className={css["tick"]}
                x={x.bandwidth() / 2}
                y={bottom + 14}
                textAnchor="middle"
              >
                {number}
              </text>
            </g>
          ))}
        </svg>
      </div>
    </figure>
  );
}
