import { dot, ruleX } from "@observablehq/plot";
import { duration } from "../class/[run]/progress/duration.ts";
import { axesOf, type Column, columnScale, HEIGHT, widthOf } from "./columns.ts";
import { drawChart } from "./draw.ts";
import css from "./figure.module.css";
import { ChartFigure } from "./figure.tsx";

interface TimeChartProps {
  part: string;
  /** Goes on from the name. */
  caption: string;
  times: readonly Time[];
}

interface Time extends Omit<Column, "title"> {
  /** What it is the time of, in full. */
  readonly name: string;
  /** undefined: there is none. */
  readonly seconds: number | undefined;
}

const LEFT = 44;
const MINUTE = 60;
const DAY = 86_400;
const TICKS = [MINUTE, 10 * MINUTE, 60 * MINUTE, 8 * 60 * MINUTE, DAY, 7 * DAY, 30 * DAY];

/** A time for each of a few things, minutes beside days: ten times as long is one step up. */
export function TimeChart({ part, caption, times }: TimeChartProps) {
  const columns = times.map(({ seconds, name, ...column }) => ({
    ...column,
    title: `${name}: ${seconds === undefined ? "–" : duration(seconds)}`,
    // What took less than a minute stands at the bottom.
    seconds: seconds === undefined ? undefined : Math.max(MINUTE, seconds),
  }));
  const most = Math.max(60 * MINUTE, ...columns.map(({ seconds = 0 }) => seconds));
  const label = `Chart: ${part} ${caption}. The table has the same numbers.`;
  const timed = columns.filter(({ seconds }) => seconds !== undefined);
  const at = { x: "key", title: "title" };
  const svg = drawChart({
    ...{ label, height: HEIGHT, left: LEFT },
    width: widthOf(columns, LEFT),
    x: columnScale(columns, LEFT),
    y: { type: "log", domain: [MINUTE, most] },
    marks: [
      ...axesOf({ columns, ticks: TICKS.filter((tick) => tick <= most), format: duration }),
      ruleX(timed, { ...at, y1: MINUTE, y2: "seconds", stroke: "var(--rule-strong)" }),
      dot(timed, { ...at, y: "seconds", r: 4, fill: "var(--ink-2)" }),
    ],
  });
  return (
    <ChartFigure label={label} svg={svg}>
      <span className={css["part"]}>{part}</span> {caption}
    </ChartFigure>
  );
}
