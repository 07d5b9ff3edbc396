import { fromUtf8 } from "../marshal.ts";
import type { Program } from "../program.ts";
import { escaped } from "../sh/printf.ts";
import { fail, linesOf, options, readPath, readText, usage, writeAll } from "./io.ts";

/** tac [file]...: the lines of each file from the last to the first. */
export const tac: Program = function* tac(sys, argv) {
  const { rest, wrong } = options(argv, "");
  if (wrong !== undefined) return yield* usage(sys, "tac", wrong);
  let status = 0;
  for (const path of rest.length === 0 ? ["-"] : rest) {
    const bytes = yield* readPath(sys, path);
    if (typeof bytes === "number") {
      status = yield* fail(sys, `tac: failed to open '${path}' for reading`, bytes);
      continue;
    }
    // A line keeps its newline: the last one may have none.
    const lines = fromUtf8(bytes).match(/[^\n]*\n|[^\n]+$/g) ?? [];
    yield* writeAll(sys, 1, lines.reverse().join(""));
  }
  return status;
};

/** paste [-s] [-d list] [file]...: lines side by side, or those of each file in one. */
export const paste: Program = function* paste(sys, argv) {
  const { flags, rest, wrong } = options(argv, "sd:");
  if (wrong !== undefined) return yield* usage(sys, "paste", wrong);
  const list = (flags.get("d") ?? "\t").match(/\\[\s\S]|[\s\S]/g) ?? [""];
  const delimiters = list.map((char) => (char === "\\0" ? "" : escaped(char).text));
  const columns: string[][] = [];
  let status = 0;
  // Where `-` stands several times, its lines are dealt out.
  const dashes = rest.filter((path) => path === "-").length;
  let input: string[] | undefined;
  let dash = 0;
  for (const path of rest.length === 0 ? ["-"] : rest) {
    if (path === "-" && dashes > 1) {
      input ??= linesOf((yield* readText(sys, "paste", "-")) ?? "");
      const own = dash++;
      columns.push(
        flags.has("s") ? (own === 0 ? input : []) : input.filter((_, i) => i % dashes === own),
      );
      continue;
    }
    const text = yield* readText(sys, "paste", path);
    if (text !== undefined) columns.push(linesOf(text));
    else if (!flags.has("s")) return 1;
    else status = 1;
  }
  const joined = (pieces: readonly string[]) =>
    `${pieces.map((piece, i) => (i === 0 ? "" : delimiters[(i - 1) % delimiters.length]!) + piece).join("")}\n`;
  const height = Math.max(0, ...columns.map((lines) => lines.length));
  const rows = flags.has("s")
    ? columns.map(joined)
    : Array.from({ length: height }, (_, i) => joined(columns.map((lines) => lines[i] ?? "")));
  yield* writeAll(sys, 1, rows.join(""));
  return status;
};
