import { scaleBand, scaleLinear } from "d3-scale";
import css from "./bar-chart.module.css";

interface BarChartProps {
  /** What the pale bars stand for, and the dark part of them. */
  whole: string;
  part: string;
  /** Goes on from the two names. */
  caption: string;
  /** Where the scale ends. */
  most: number;
  bars: readonly {
    readonly key: string;
    /** Short: it stands below the bar. */
    readonly label: string;
    readonly whole: number;
    readonly part: number;
  }[];
}

const [HEIGHT, LEFT, BOTTOM, TOP] = [150, 34, 34, 6];
const COLUMN = 26;

/** A pale bar and a dark one in front of it for each of a few things. A table beside it says the same. */
export function BarChart({ whole, part, caption, most, bars }: BarChartProps) {
  const width = LEFT + Math.max(12, bars.length) * COLUMN;
  const y = scaleLinear([0, Math.max(1, most)], [HEIGHT - BOTTOM, TOP]);
  const x = scaleBand(
    bars.map(({ key }) => key),
    [LEFT, LEFT + bars.length * COLUMN],
  ).padding(0.25);
  const bottom = HEIGHT - BOTTOM;
  return (
    <figure className={css["figure"]}>
      <figcaption>
        <span className={css["part"]}>{part}</span>
        <span className={css["whole"]}>{whole}</span> {caption}
      </figcaption>
      {/* The table has the same numbers. */}
      <div className={css["scroll"]}>
        <svg viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} aria-hidden="true">
          {y
            .ticks(4)
            .filter(Number.isInteger)
            .map((tick) => (
              <g key={tick} transform={`translate(0 ${y(tick)})`}>
                <path className={css["rule"]} d={`M${LEFT} 0H${width}`} />
                <text className={css["tick"]} x={LEFT - 6} dy="0.35em" textAnchor="end">
                  {tick}
                </text>
              </g>
            ))}
          {bars.map(({ key, label, ...bar }) => (
            <g key={key} transform={`translate(${x(key) ?? 0} 0)`}>
              <rect
                className={css["wholeBar"]}
                y={y(bar.whole)}
                width={x.bandwidth()}
                height={bottom - y(bar.whole)}
              />
              <rect
                className={css["partBar"]}
                y={y(bar.part)}
                width={x.bandwidth()}
                height={bottom - y(bar.part)}
              />
              <text
                className={css["tick"]}
                x={x.bandwidth() / 2}
                y={bottom + 14}
                textAnchor="middle"
              >
                {label}
              </text>
            </g>
          ))}
        </svg>
      </div>
    </figure>
  );
}
