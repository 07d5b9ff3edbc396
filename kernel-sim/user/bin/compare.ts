import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { missing } from "./files.ts";
import { fail, linesOf, options, readAll, readText, usage, writeAll } from "./io.ts";

const TROUBLE = 2;
const NEWLINE = 10;
const PIECE = 16_384;

/** cmp [-bls] file [file]: 0 the same, 1 different, 2 trouble. */
export const cmp: Program = function* cmp(sys, argv) {
  const { flags, rest, wrong } = options(argv, "blsn:");
  if (wrong !== undefined) return yield* cmpTrouble(sys, `invalid option -- '${wrong}'`);
  const [first, second = "-"] = rest;
  if (first === undefined) return yield* cmpTrouble(sys, "missing operand after 'cmp'");
  const limit = Number(flags.get("n") ?? Number.POSITIVE_INFINITY);
  const both = yield* readBoth(sys, [first, second], limit, flags.has("l"));
  if (both === undefined) return TROUBLE;
  const [a, b] = both;
  const length = Math.min(a.length, b.length, limit);
  const rows: string[] = [];
  const width = String(length).length;
  let line = 1;
  for (let at = 0; at < length; at++) {
    const [x, y] = [a[at]!, b[at]!];
    if (x !== y) {
      if (flags.has("s")) return 1;
      if (!flags.has("l")) {
        const shown = flags.has("b") ? ` is ${byteText(x)} ${byteText(y)}` : "";
        yield* sys.write(
          1,
          `${first} ${second} differ: ${flags.has("b") ? "byte" : "char"} ${at + 1}, line ${line}${shown}\n`,
        );
        return 1;
      }
      rows.push(`${String(at + 1).padStart(width)} ${octal(x)} ${octal(y)}\n`);
    }
    if (x === NEWLINE) line++;
  }
  yield* writeAll(sys, 1, rows.join(""));
  if (a.length === b.length || length === limit) return rows.length > 0 ? 1 : 0;
  if (flags.has("s")) return 1;
  const [short, bytes] = a.length < b.length ? [first, a] : [second, b];
  yield* fail(sys, `cmp: EOF on ${short}${endText(bytes, line, flags.has("l"))}`);
  return 1;
};

function endText(bytes: Uint8Array, line: number, isList: boolean): string {
  if (bytes.length === 0) return " which is empty";
  const after = ` after byte ${bytes.length}`;
  if (isList) return after;
  // A last line that is whole is told as the last one, one that has begun as where it ends.
  return bytes.at(-1) === NEWLINE ? `${after}, line ${line - 1}` : `${after}, in line ${line}`;
}

function octal(byte: number): string {
  return byte.toString(8).padStart(3);
}

function byteText(byte: number): string {
  const plain = byte & 0x7f;
  const caret =
    plain < 32
      ? `^${String.fromCharCode(plain + 64)}`
      : plain === 127
        ? "^?"
        : String.fromCharCode(plain);
  return `${octal(byte)} ${byte >= 128 ? "M-" : ""}${caret}`;
}

/** Both files up to where the first of them ends or, unless all is wanted, a difference has been seen. */
function* readBoth(
  sys: Sys,
  paths: readonly [string, string],
  limit: number,
  isAll: boolean,
): SysCall<readonly [Uint8Array, Uint8Array] | undefined> {
  const fds: number[] = [];
  for (const path of paths) {
    const fd = path === "-" ? 0 : yield* sys.open(path);
    if (fd < 0) {
      yield* fail(sys, `cmp: ${path}`, fd);
      return undefined;
    }
    fds.push(fd);
  }
  const pieces: [Uint8Array[], Uint8Array[]] = [[], []];
  for (let size = 0; size < limit; size += PIECE) {
    const read: Uint8Array[] = [];
    for (const [i, path] of paths.entries()) {
      const bytes = yield* readAll(sys, fds[i]!, PIECE);
      if (typeof bytes === "number") {
        yield* fail(sys, `cmp: ${path}`, bytes);
        return undefined;
      }
      read.push(bytes);
      pieces[i]!.push(bytes);
    }
    const [a, b] = [read[0]!, read[1]!];
    if (a.length < PIECE || b.length < PIECE) break;
    if (!isAll && a.some((byte, at) => byte !== b[at])) break;
  }
  return [joined(pieces[0]), joined(pieces[1])];
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function* cmpTrouble(sys: Sys, what: string): SysCall {
  yield* sys.write(2, `cmp: ${what}\ncmp: Try 'cmp --help' for more information.\n`);
  return TROUBLE;
}

/** comm [-123] file1 file2: the lines of the first alone, of the second alone, of both. */
export const comm: Program = function* comm(sys, argv) {
  const { flags, rest, wrong } = options(argv, "123");
  if (wrong !== undefined) return yield* usage(sys, "comm", wrong);
  if (rest.length === 0) return yield* missing(sys, "comm");
  if (rest.length === 1) return yield* missing(sys, "comm", `operand after '${rest[0]}'`);
  if (rest.length > 2) {
    return yield* fail(
      sys,
      `comm: extra operand '${rest[2]}'\nTry 'comm --help' for more information.`,
    );
  }
  const first = yield* readText(sys, "comm", rest[0]!);
  if (first === undefined) return 1;
  const second = yield* readText(sys, "comm", rest[1]!);
  if (second === undefined) return 1;
  const [a, b] = [linesOf(first), linesOf(second)];
  const indent = (column: number) =>
    [1, 2, 3]
      .filter((one) => one < column && !flags.has(String(one)))
      .map(() => "\t")
      .join("");
  const shown: string[] = [];
  const take = (column: number, line: string) => {
    if (!flags.has(String(column))) shown.push(`${indent(column)}${line}\n`);
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [x, y] = [a[i], b[j]];
    if (x !== undefined && x === y) {
      take(3, x);
      i++;
      j++;
    } else if (y === undefined || (x !== undefined && x < y)) {
      take(1, x!);
      i++;
    } else {
      take(2, y);
      j++;
    }
  }
  yield* writeAll(sys, 1, shown.join(""));
  let status = 0;
  for (const [k, lines] of [a, b].entries()) {
    // Told only where something could not be paired.
    const isUnsorted = lines.some((line, n) => n > 0 && line < lines[n - 1]!);
    if (isUnsorted && first !== second)
      status = yield* fail(sys, `comm: file ${k + 1} is not in sorted order`);
  }
  return status === 0 ? 0 : yield* fail(sys, "comm: input is not in sorted order");
};
