import type { Program } from "../program.ts";
import { type Followed, follow } from "./follow.ts";
import { fail, linesOf, options, readAll, readPath, readText, usage, writeAll } from "./io.ts";

const PIECE = 4096;

/** head [-n lines] [-c bytes] [file]... */
export const head: Program = function* head(sys, argv) {
  const { flags, rest, wrong } = options(oldCount(argv), "n:c:q");
  if (wrong !== undefined) return yield* usage(sys, "head", wrong);
  const isBytes = flags.has("c");
  const count = Number(flags.get("c") ?? flags.get("n") ?? 10);
  let status = 0;
  const paths = rest.length === 0 ? ["-"] : rest;
  for (const [i, path] of paths.entries()) {
    const fd = path === "-" ? 0 : yield* sys.open(path);
    if (fd < 0) {
      status = yield* fail(sys, `head: cannot open '${path}' for reading`, fd);
      continue;
    }
    if (paths.length > 1) yield* sys.write(1, `${i > 0 ? "\n" : ""}==> ${path} <==\n`);
    let left = count;
    while (left > 0) {
      const bytes = yield* sys.read(fd, PIECE);
      if (typeof bytes === "number")
        status = yield* fail(sys, `head: error reading '${path}'`, bytes);
      if (typeof bytes === "number" || bytes.length === 0) break;
      let end = 0;
      if (isBytes) {
        end = Math.min(left, bytes.length);
        left -= end;
      } else {
        while (left > 0 && end < bytes.length) if (bytes[end++] === 10) left--;
      }
      if (!(yield* writeAll(sys, 1, bytes.subarray(0, end)))) return 1;
    }
    if (fd !== 0) yield* sys.close(fd);
  }
  return status;
};

/** tail [-fF] [-n [+]lines] [-c [+]bytes] [-q] [file]... */
export const tail: Program = function* tail(sys, argv) {
  const { flags, rest, wrong } = options(oldCount(argv), "n:c:qfFs:");
  if (wrong !== undefined) return yield* usage(sys, "tail", wrong);
  const given = flags.get("c") ?? flags.get("n") ?? "10";
  const count = Math.abs(Number(given));
  const isFromStart = given.startsWith("+");
  let status = 0;
  const paths = rest.length === 0 ? ["-"] : rest;
  const isFollowing = flags.has("f") || flags.has("F");
  const isNamed = paths.length > 1 && !flags.has("q");
  const followed: Followed[] = [];
  for (const [i, path] of paths.entries()) {
    const fd = path === "-" ? 0 : yield* sys.open(path);
    if (fd < 0) {
      status = yield* fail(sys, `tail: cannot open '${path}' for reading`, fd);
      continue;
    }
    const bytes = yield* readAll(sys, fd);
    if (typeof bytes === "number") {
      status = yield* fail(sys, `tail: error reading '${path}'`, bytes);
      continue;
    }
    if (isFollowing) followed.push({ fd, path, isNamed });
    else if (fd !== 0) yield* sys.close(fd);
    if (isNamed) yield* sys.write(1, `${i > 0 ? "\n" : ""}==> ${path} <==\n`);
    let from = isFromStart ? count - 1 : Math.max(0, bytes.length - count);
    if (!flags.has("c")) from = isFromStart ? lineStart(bytes, count - 1) : lastLines(bytes, count);
    yield* writeAll(sys, 1, bytes.subarray(from));
  }
  if (!isFollowing) return status;
  if (followed.length === 0) return yield* fail(sys, "tail: no files remaining");
  return yield* follow(sys, followed);
};

/** wc [-clmw] [file]... */
export const wc: Program = function* wc(sys, argv) {
  const { flags, rest, wrong } = options(argv, "clmw");
  if (wrong !== undefined) return yield* usage(sys, "wc", wrong);
  let status = 0;
  const wanted = [..."lwmc"].filter((letter) =>
    flags.size === 0 ? letter !== "m" : flags.has(letter),
  );
  const rows: { counts: number[]; path: string }[] = [];
  for (const path of rest.length === 0 ? [""] : rest) {
    const bytes = yield* readPath(sys, path || "-");
    if (typeof bytes === "number") {
      status = yield* fail(sys, `wc: ${path}`, bytes);
      continue;
    }
    const count = { l: 0, w: 0, m: 0, c: bytes.length };
    let isInWord = false;
    for (const byte of bytes) {
      if (byte === 10) count.l++;
      if ((byte & 0xc0) !== 0x80) count.m++;
      const isSpace = byte === 32 || (byte >= 9 && byte <= 13);
      if (!isSpace && !isInWord) count.w++;
      isInWord = !isSpace;
    }
    rows.push({ counts: wanted.map((letter) => count[letter as "l"]), path });
  }
  if (rest.length > 1) {
    const sums = wanted.map((_, i) => rows.reduce((sum, { counts }) => sum + counts[i]!, 0));
    rows.push({ counts: sums, path: "total" });
  }
  const isSingle = wanted.length === 1 && rest.length <= 1;
  const largest = Math.max(0, ...rows.flatMap(({ counts }) => counts));
  const width = isSingle ? 1 : rest.length === 0 ? 7 : String(largest).length;
  const lines = rows.map(({ counts, path }) => {
    const numbers = counts.map((n) => String(n).padStart(width)).join(" ");
    return `${numbers}${path === "" ? "" : ` ${path}`}\n`;
  });
  yield* writeAll(sys, 1, lines.join(""));
  return status;
};

/** sort [-nruf] [-k field] [-t char] [file]... in the C locale */
export const sort: Program = function* sort(sys, argv) {
  const { flags, rest, wrong } = options(argv, "nrufbk:t:o:");
  if (wrong !== undefined) return yield* usage(sys, "sort", wrong, 2);
  const lines: string[] = [];
  for (const path of rest.length === 0 ? ["-"] : rest) {
    const bytes = yield* readText(sys, "sort: cannot read", path);
    if (bytes === undefined) return 2;
    for (const line of linesOf(bytes)) lines.push(line);
  }
  const field = /^(\d+)(?:\.\d+)?([nrf]*)(?:,(\d+)([nrf]*))?$/.exec(flags.get("k") ?? "");
  const has = (letter: string) =>
    flags.has(letter) || `${field?.[2] ?? ""}${field?.[4] ?? ""}`.includes(letter);
  const key = (line: string) => {
    if (field === null) return line;
    const at = flags.get("t");
    const pieces = at === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(at);
    return pieces
      .slice(Number(field[1]) - 1, field[3] === undefined ? undefined : Number(field[3]))
      .join(at ?? "");
  };
  const value = (text: string) => Number(/^\s*-?\d*\.?\d*/.exec(text)?.[0].trim() || 0) || 0;
  const order = (a: string, b: string) => {
    if (has("n")) return value(key(a)) - value(key(b));
    const [x, y] = has("f") ? [key(a).toUpperCase(), key(b).toUpperCase()] : [key(a), key(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  const sign = has("r") ? -1 : 1;
  lines.sort((a, b) => {
    const first = sign * order(a, b);
    if (first !== 0 || flags.has("u")) return first;
    return (flags.has("r") ? -1 : 1) * (a < b ? -1 : a > b ? 1 : 0);
  });
  const kept = flags.has("u")
    ? lines.filter((line, i) => i === 0 || order(lines[i - 1]!, line) !== 0)
    : lines;
  const text = kept.map((line) => `${line}\n`).join("");
  const output = flags.get("o");
  const fd = output === undefined ? 1 : yield* sys.open(output, 0o1101, 0o666);
  yield* writeAll(sys, fd, text);
  return 0;
};

/** uniq [-cdu] [file] */
export const uniq: Program = function* uniq(sys, argv) {
  const { flags, rest, wrong } = options(argv, "cdui");
  if (wrong !== undefined) return yield* usage(sys, "uniq", wrong);
  const text = yield* readText(sys, "uniq", rest[0] ?? "-");
  if (text === undefined) return 1;
  const groups: { line: string; count: number }[] = [];
  const same = (a: string, b: string) =>
    flags.has("i") ? a.toLowerCase() === b.toLowerCase() : a === b;
  for (const line of linesOf(text)) {
    const last = groups.at(-1);
    if (last !== undefined && same(last.line, line)) last.count++;
    else groups.push({ line, count: 1 });
  }
  const shown = groups.filter(({ count }) =>
    flags.has("d") ? count > 1 : flags.has("u") ? count === 1 : true,
  );
  const rows = shown.map(({ line, count }) =>
    flags.has("c") ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`,
  );
  yield* writeAll(sys, 1, rows.join(""));
  return 0;
};

/** cut -f list [-d char] [-s] or -c list [file]... */
export const cut: Program = function* cut(sys, argv) {
  const { flags, rest, wrong } = options(argv, "f:d:c:b:s");
  if (wrong !== undefined) return yield* usage(sys, "cut", wrong);
  const list = flags.get("f") ?? flags.get("c") ?? flags.get("b");
  if (list === undefined) {
    return yield* fail(
      sys,
      "cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.",
    );
  }
  const ranges = list.split(",").map((range) => {
    const [from, to] = range.split("-");
    return [Number(from || 1), to === undefined ? Number(from) : Number(to || Infinity)] as const;
  });
  const wanted = (n: number) => ranges.some(([from, to]) => from <= n && n <= to);
  const delimiter = flags.get("d") ?? "\t";
  let status = 0;
  for (const path of rest.length === 0 ? ["-"] : rest) {
    const text = yield* readText(sys, "cut", path);
    if (text === undefined) {
      status = 1;
      continue;
    }
    const rows: string[] = [];
    for (const line of linesOf(text)) {
      const isFields = flags.has("f");
      if (isFields && !line.includes(delimiter)) {
        if (!flags.has("s")) rows.push(line);
        continue;
      }
      const pieces = isFields ? line.split(delimiter) : [...line];
      rows.push(pieces.filter((_, i) => wanted(i + 1)).join(isFields ? delimiter : ""));
    }
    yield* writeAll(sys, 1, rows.map((row) => `${row}\n`).join(""));
  }
  return status;
};

/** `-5` is `-n 5`. */
function oldCount(argv: readonly string[]): readonly string[] {
  return argv.flatMap((arg) => (/^-\d+$/.test(arg) ? ["-n", arg.slice(1)] : [arg]));
}

function lineStart(bytes: Uint8Array, lines: number): number {
  let at = 0;
  for (let left = lines; left > 0 && at < bytes.length; at++) if (bytes[at] === 10) left--;
  return at;
}

function lastLines(bytes: Uint8Array, lines: number): number {
  let at = bytes.length;
  let left = lines + (bytes.at(-1) === 10 ? 1 : 0);
  if (lines === 0) return at;
  for (; at > 0; at--) {
    if (bytes[at - 1] === 10 && --left === 0) return at;
  }
  return 0;
}
