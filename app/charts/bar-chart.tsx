import { barY, ruleY } from "@observablehq/plot";
import { axesOf, type Column, columnScale, HEIGHT, widthOf } from "./columns.ts";
import { drawChart } from "./draw.ts";
import css from "./figure.module.css";
import { ChartFigure } from "./figure.tsx";

interface BarChartProps {
  /** What the pale bars stand for; absent: there are only dark ones. */
  whole?: string;
  /** What the dark bars stand for, which are a part of the pale ones. */
  part: string;
  /** Goes on from the names. */
  caption: string;
  bars: readonly Bar[];
}

export interface Bar extends Omit<Column, "title"> {
  /** What the bar stands for, in full. */
  readonly name: string;
  readonly whole?: number;
  /** undefined: there is nothing to show. */
  readonly part: number | undefined;
}

const LEFT = 34;
/** Up to here there is a line at each whole number. */
const FEW = 4;

/** A bar for each of a few things, or a pale one and a dark one in front of it. */
export function BarChart({ whole, part, caption, bars }: BarChartProps) {
  const most = Math.max(1, ...bars.flatMap((bar) => [bar.whole ?? 0, bar.part ?? 0]));
  const columns = bars.map((bar) => ({ ...bar, title: titleOf(bar, { whole, part }) }));
  const known = columns.filter((bar) => bar.part !== undefined);
  const names = whole === undefined ? part : `${part} and ${whole}`;
  const label = `Chart: ${names} ${caption}. The table has the same numbers.`;
  const svg = drawChart({
    ...{ label, height: HEIGHT, left: LEFT },
    width: widthOf(columns, LEFT),
    x: columnScale(columns, LEFT),
    y: { domain: [0, most], round: true },
    marks: [
      ...axesOf({ columns, ticks: most < FEW ? wholeNumbers(most) : FEW, format: String }),
      ...(whole === undefined ? [] : [barY(columns, { x: "key", y: "whole", ...PALE })]),
      barY(known, { x: "key", y: "part", ...DARK }),
      ruleY([0], { stroke: "var(--rule-strong)" }),
    ],
  });
  return (
    <ChartFigure label={label} svg={svg}>
      <span className={css["part"]}>{part}</span>
      {whole !== undefined && <span className={css["whole"]}>{whole}</span>} {caption}
    </ChartFigure>
  );
}

const PALE = { title: "title", fill: "var(--panel-2)", stroke: "var(--rule-strong)" };
const DARK = { title: "title", fill: "var(--ink-2)" };

function wholeNumbers(most: number): number[] {
  return Array.from({ length: Math.floor(most) + 1 }, (_, number) => number);
}

function titleOf(
  { name, ...bar }: Bar,
  { whole, part }: { readonly whole: string | undefined; readonly part: string },
): string {
  const of = whole === undefined ? "" : `, ${whole} ${bar.whole ?? 0}`;
  return `${name}: ${part} ${bar.part ?? "–"}${of}`;
}
