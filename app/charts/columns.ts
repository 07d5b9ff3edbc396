/** What all charts with a column for each of a few things have in common. */
import { axisX, axisY, gridY, type Markish, type ScaleOptions } from "@observablehq/plot";

/** One thing: an exercise, a lecture, a section. */
export interface Column {
  readonly key: string;
  /** Short: it stands below the column. */
  readonly label: string;
  /** Whole, with the numbers: a pointer that rests on the column shows it. */
  readonly title: string;
}

const WIDTH = 25;
/** So many have room at least: two columns alone look like columns, too. */
const FEWEST = 12;
export const HEIGHT = 150;

export function widthOf(columns: readonly Column[], left: number): number {
  return left + Math.max(FEWEST, columns.length) * WIDTH;
}

export function columnScale(columns: readonly Column[], left: number): ScaleOptions {
  const range = [left, left + columns.length * WIDTH];
  return { type: "band", domain: columns.map(({ key }) => key), range, padding: 0.25, round: true };
}

interface Axes {
  readonly columns: readonly Column[];
  /** Where lines are drawn across, and what is said beside them. */
  readonly ticks: readonly number[] | number;
  /** Of ticks that are given one by one. */
  readonly format?: (tick: number) => string;
}

export function axesOf({ columns, ticks, format }: Axes): readonly Markish[] {
  const labels = new Map(columns.map(({ key, label }) => [key, label]));
  const line = { stroke: "var(--rule)", strokeOpacity: 1 } as const;
  const text = { fill: "var(--ink-2)", label: null, tickSize: 0, tickPadding: 6 } as const;
  const across =
    typeof ticks === "number"
      ? [gridY({ ...line, ticks }), axisY({ ...text, ticks })]
      : // As data, since Plot leaves labels of a logarithm's axis out as it likes.
        [gridY([...ticks], line), axisY([...ticks], { ...text, ...(format && { text: format }) })];
  return [...across, axisX({ ...text, tickFormat: (key: string) => labels.get(key) ?? "" })];
}
