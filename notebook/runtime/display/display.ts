/** The global `display` of every cell. */

import {
  type ChartData,
  MIME_CHART,
  MIME_TABLE,
  type MimeBundle,
  type TableData,
} from "#notebook/document";
import { bundleOf, cutText } from "./bundle.ts";
import { ownData } from "./inspect.ts";
import { tableAsText, tableOf } from "./table.ts";
import type { TerminalHost } from "./terminal.ts";

const MOST_SVG = 200_000;
const MOST_POINTS = 10_000;
const MOST_SERIES = 20;

export interface Display {
  /** Shows any value: a text as it is, a list of records as a table, a kernel's object as a view. */
  (value: unknown): void;
  table(records: readonly object[]): void;
  chart(chart: ChartData): void;
  /** @param text what the picture shows, for who cannot see it */
  svg(source: string, text?: string): void;
}

/**
 * @param show takes what is displayed, in order
 * @param host where terminals that are displayed stay alive
 */
export function makeDisplay(show: (bundle: MimeBundle) => void, host?: TerminalHost): Display {
  const display = (value: unknown): void => {
    show(typeof value === "string" ? { "text/plain": cutText(value) } : bundleOf(value, host));
  };
  const table = (records: readonly object[]): void => {
    const data = tableOf(records);
    if (data === undefined) throw new TypeError("display.table takes a list of records");
    show(tableBundle(data));
  };
  const chart = (chart: ChartData): void => {
    const data = chartOf(chart);
    show({ "text/plain": chartAsText(data), [MIME_CHART]: data });
  };
  const svg = (source: string, text = "A picture"): void => {
    if (typeof source !== "string" || !/^\s*<svg[\s>]/.test(source)) {
      throw new TypeError("display.svg takes a text that begins with <svg");
    }
    if (source.length > MOST_SVG) {
      throw new RangeError(
        `this picture has ${source.length} characters, at most ${MOST_SVG} are shown`,
      );
    }
    show({ "text/plain": cutText(String(text)), "image/svg+xml": source });
  };
  return Object.assign(display, { table, chart, svg });
}

function tableBundle(data: TableData): MimeBundle {
  return { "text/plain": tableAsText(data), [MIME_TABLE]: data };
}

/** A copy, read once and checked: the renderer draws only what is drawable. */
function chartOf(chart: unknown): ChartData {
  const given = objectOf(chart, "display.chart takes { kind, title, x, yLabel, series }");
  const kind = ownData(given, "kind");
  if (kind !== "bar" && kind !== "line") throw new TypeError('kind is "bar" or "line"');
  const x = objectOf(ownData(given, "x"), "x is { label, values }");
  const values = listOf(ownData(x, "values"), MOST_POINTS, "x.values").map((value) =>
    typeof value === "number" ? value : textOf(value),
  );
  const series = listOf(ownData(given, "series"), MOST_SERIES, "series").map((one) => {
    const given = objectOf(one, "a series is { label, values }");
    const numbers = listOf(ownData(given, "values"), MOST_POINTS, "values of a series").map(
      numberOf,
    );
    if (numbers.length !== values.length) {
      throw new RangeError(`a series has ${numbers.length} values, x has ${values.length}`);
    }
    return { label: textOf(ownData(given, "label")), values: numbers };
  });
  return {
    kind,
    title: textOf(ownData(given, "title")),
    x: { label: textOf(ownData(x, "label")), values },
    series,
    yLabel: textOf(ownData(given, "yLabel")),
  };
}

function chartAsText({ title, x, series }: ChartData): string {
  const rows = x.values.map((value, index) => [
    String(value),
    ...series.map(({ values }) => String(values[index])),
  ]);
  const columns = [x.label, ...series.map(({ label }) => label)];
  return `${title}\n${tableAsText({ columns, rows, numeric: columns.map((_, index) => index) })}`;
}

function objectOf(value: unknown, otherwise: string): object {
  if (typeof value !== "object" || value === null) throw new TypeError(otherwise);
  return value;
}

function listOf(value: unknown, most: number, what: string): unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} is a list`);
  const length = Number(ownData(value, "length"));
  if (length > most) throw new RangeError(`${what} has ${length} items, at most ${most} are drawn`);
  return Array.from({ length }, (_, index) => ownData(value, index));
}

function numberOf(value: unknown): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) {
    throw new TypeError("a chart draws finite numbers");
  }
  return number;
}

function textOf(value: unknown): string {
  const isText =
    typeof value === "string" || typeof value === "number" || typeof value === "bigint";
  return isText ? String(value).slice(0, 500) : "";
}
