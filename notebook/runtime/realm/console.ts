/** The global `console` of every cell: prints into the cell's output. */

import { inspectAll } from "../display/inspect.ts";
import { tableAsText, tableOf } from "../display/table.ts";

type Print = (stream: "stdout" | "stderr", text: string) => void;

export function makeConsole(
  print: Print,
): Readonly<Record<string, (...values: unknown[]) => void>> {
  const counts = new Map<string, number>();
  let indent = "";
  const write = (stream: "stdout" | "stderr", text: string): void => {
    const lines = indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`);
    print(stream, `${lines}\n`);
  };
  const out = (...values: unknown[]): void => write("stdout", inspectAll(values));
  const err = (...values: unknown[]): void => write("stderr", inspectAll(values));
  return {
    log: out,
    info: out,
    debug: out,
    dir: (value) => out(value),
    warn: err,
    error: err,
    trace: err,
    table: (value) => {
      const table = tableOf(value);
      if (table === undefined) out(value);
      else write("stdout", tableAsText(table));
    },
    assert: (condition, ...values) => {
      if (!condition) err("Assertion failed", ...values);
    },
    count: (label = "default") => {
      const name = inspectAll([label]);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      write("stdout", `${name}: ${counts.get(name)}`);
    },
    group: (...values) => {
      if (values.length > 0) out(...values);
      indent += "  ";
    },
    groupEnd: () => {
      indent = indent.slice(2);
    },
  };
}
