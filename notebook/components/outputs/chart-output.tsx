import type { ChartData } from "#notebook/document";
import { spaced, ticks } from "./chart-scale.ts";
import { Fold } from "./fold.tsx";
import css from "./outputs.module.css";
import { TableOutput } from "./table-output.tsx";

const WIDTH = 592;
const HEIGHT = 280;
const LEFT = 56;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 44;

/** Series differ by dash and mark, since colour is for the machine. */
const SERIES = ["solid", "dashed", "dotted"] as const;

/** A chart with its numbers: the picture for the eye, the table for everyone. */
export function ChartOutput({ chart }: { chart: ChartData }) {
  const all = chart.series.flatMap((series) => series.values).filter(Number.isFinite);
  const marks = ticks(Math.min(0, ...all), Math.max(0, ...all));
  const low = marks[0] ?? 0;
  const high = marks.at(-1) ?? 1;
  const count = Math.max(1, chart.x.values.length);
  const slot = (WIDTH - LEFT - RIGHT) / count;
  const x = (place: number) => LEFT + slot * (place + 0.5);
  const y = (value: number) =>
    HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const everyNth = Math.ceil(count / 16);
  return (
    <figure className={css["chart"]}>
      <figcaption>{chart.title}</figcaption>
      <Key chart={chart} />
      <svg
        className={css["drawing"]}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={inWords(chart)}
      >
        {marks.map((mark) => (
          <g key={mark}>
            <path className={css["grid"]} d={`M${LEFT} ${y(mark)}H${WIDTH - RIGHT}`} />
            <text x={LEFT - 8} y={y(mark) + 4} textAnchor="end">
              {spaced(mark)}
            </text>
          </g>
        ))}
        {chart.x.values.map((value, place) =>
          place % everyNth === 0 ? (
            <text key={value} x={x(place)} y={HEIGHT - BOTTOM + 18} textAnchor="middle">
              {value}
            </text>
          ) : null,
        )}
        <text className={css["label"]} x={WIDTH - RIGHT} y={HEIGHT - 6} textAnchor="end">
          {chart.x.label}
        </text>
        {chart.kind === "line" ? (
          <Lines chart={chart} x={x} y={y} />
        ) : (
          <Bars chart={chart} x={x} y={y} slot={slot} />
        )}
        <path className={css["axis"]} d={`M${LEFT} ${y(0)}H${WIDTH - RIGHT}`} />
      </svg>
      <Fold what="the numbers as a table">
        <TableOutput table={tableOf(chart)} />
      </Fold>
    </figure>
  );
}

interface MarksProps {
  chart: ChartData;
  x: (place: number) => number;
  y: (value: number) => number;
}

function Lines({ chart, x, y }: MarksProps) {
  return chart.series.map((series, number) => (
    <g key={series.label} data-series={SERIES[number % SERIES.length]}>
      <path
        className={css["line"]}
        d={series.values.map((value, at) => `${at === 0 ? "M" : "L"}${x(at)} ${y(value)}`).join("")}
      />
      {chart.x.values.map((label, at) => (
        <circle
          key={label}
          className={css["dot"]}
          cx={x(at)}
          cy={y(series.values[at] ?? 0)}
          r="3.5"
        />
      ))}
    </g>
  ));
}

function Bars({ chart, x, y, slot }: MarksProps & { slot: number }) {
  const width = Math.min(40, (slot * 0.7) / chart.series.length);
  return chart.series.map((series, number) => (
    <g key={series.label} data-series={SERIES[number % SERIES.length]}>
      {chart.x.values.map((label, at) => {
        const value = series.values[at] ?? 0;
        const left = x(at) + (number - chart.series.length / 2) * width;
        return (
          <rect
            key={label}
            className={css["bar"]}
            x={left}
            y={Math.min(y(value), y(0))}
            width={Math.max(1, width - 2)}
            height={Math.abs(y(value) - y(0))}
          />
        );
      })}
    </g>
  ));
}

function Key({ chart }: { chart: ChartData }) {
  return (
    <p className={css["key"]}>
      <span className={css["keyItem"]}>{chart.yLabel}</span>
      {chart.series.length > 1 &&
        chart.series.map((series, number) => (
          <span
            key={series.label}
            className={css["keyItem"]}
            data-series={SERIES[number % SERIES.length]}
          >
            <svg viewBox="0 0 24 10" width="24" height="10" aria-hidden="true">
              <path className={css["line"]} d="M1 5H23" />
              <circle className={css["dot"]} cx="12" cy="5" r="3.5" />
            </svg>
            {series.label}
          </span>
        ))}
    </p>
  );
}

function inWords(chart: ChartData): string {
  const series = chart.series.map(({ label, values }) => {
    const first = values[0] ?? 0;
    return `${label}: from ${first} to ${values.at(-1) ?? first}`;
  });
  return `${chart.title}. ${chart.yLabel} by ${chart.x.label}. ${series.join(". ")}. The numbers follow as a table.`;
}

function tableOf(chart: ChartData) {
  return {
    columns: [chart.x.label, ...chart.series.map((series) => series.label)],
    rows: chart.x.values.map((value, place) => [
      String(value),
      ...chart.series.map((series) => spaced(series.values[place] ?? Number.NaN)),
    ]),
    numeric: Array.from({ length: chart.series.length + 1 }, (_, column) => column),
  };
}
