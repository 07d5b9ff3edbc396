import type { Program } from "../program.ts";
import { fail, linesOf, options, readText, usage, writeAll } from "./io.ts";

const PIECE = 65_536;

/** cat [-nE] [file]... */
export const cat: Program = function* cat(sys, argv) {
  const { flags, rest, wrong } = options(argv, "nEu");
  if (wrong !== undefined) return yield* usage(sys, "cat", wrong);
  let status = 0;
  let line = 0;
  for (const path of rest.length === 0 ? ["-"] : rest) {
    if (flags.has("n") || flags.has("E")) {
      const text = yield* readText(sys, "cat", path);
      if (text === undefined) {
        status = 1;
        continue;
      }
      const end = flags.has("E") ? "$" : "";
      const shown = linesOf(text).map((each) => {
        line++;
        return `${flags.has("n") ? `${String(line).padStart(6)}\t` : ""}${each}${end}\n`;
      });
      yield* writeAll(sys, 1, shown.join(""));
      continue;
    }
    const fd = path === "-" ? 0 : yield* sys.open(path);
    if (fd < 0) {
      status = yield* fail(sys, `cat: ${path}`, fd);
      continue;
    }
    for (;;) {
      const bytes = yield* sys.read(fd, PIECE);
      if (typeof bytes === "number") status = yield* fail(sys, `cat: ${path}`, bytes);
      if (typeof bytes === "number" || bytes.length === 0) break;
      if (!(yield* writeAll(sys, 1, bytes))) return 1;
    }
    if (fd !== 0) yield* sys.close(fd);
  }
  return status;
};
