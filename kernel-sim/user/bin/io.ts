import { fromUtf8 } from "../marshal.ts";
import { strerror } from "../strerror.ts";
import type { Sys } from "../sys.ts";
import type { BytesOrErrno, SysCall } from "../sys-port.ts";

const PIECE = 16_384;

/** `name: what: Reason` on standard error; answers the status 1. */
export function* fail(sys: Sys, message: string, errno?: number): SysCall {
  yield* sys.write(2, `${message}${errno === undefined ? "" : `: ${strerror(errno)}`}\n`);
  return 1;
}

/** Writes all of it, however much a call takes; false when it cannot. */
export function* writeAll(sys: Sys, fd: number, data: string | Uint8Array): SysCall<boolean> {
  if (typeof data === "string" && data.length < PIECE) {
    return data === "" || (yield* sys.write(fd, data)) >= 0;
  }
  for (let at = 0; at < data.length; ) {
    const piece = data.slice(at, at + PIECE);
    const done = yield* sys.write(fd, piece);
    if (done < 0) return false;
    at += typeof piece === "string" ? piece.length : done;
  }
  return true;
}

/** All bytes up to the end of a file, or the first `limit` of them. */
export function* readAll(
  sys: Sys,
  fd: number,
  limit = Number.POSITIVE_INFINITY,
): SysCall<BytesOrErrno> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (size < limit) {
    const piece = yield* sys.read(fd, Math.min(PIECE, limit - size));
    if (typeof piece === "number") return piece;
    if (piece.length === 0) break;
    pieces.push(piece);
    size += piece.length;
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The bytes of a file by its path; `-` is standard input. */
export function* readPath(
  sys: Sys,
  path: string,
  limit = Number.POSITIVE_INFINITY,
): SysCall<BytesOrErrno> {
  if (path === "-") return yield* readAll(sys, 0, limit);
  const fd = yield* sys.open(path);
  if (fd < 0) return fd;
  const bytes = yield* readAll(sys, fd, limit);
  yield* sys.close(fd);
  return bytes;
}

/** The text of a file, or undefined after the error has been told. */
export function* readText(
  sys: Sys,
  name: string,
  path: string,
  separator = ": ",
): SysCall<string | undefined> {
  const bytes = yield* readPath(sys, path);
  if (typeof bytes !== "number") return fromUtf8(bytes);
  yield* fail(sys, name + separator + path, bytes);
  return undefined;
}

/** Lines without their newlines. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

export interface Options {
  /** Letters, with the value of those that take one. */
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
  /** The letter that is none of the program's, told already by `parse`. */
  readonly wrong: string | undefined;
}

/** getopt(3): `letters` as it takes them, `n:` has a value. */
export function options(argv: readonly string[], letters: string): Options {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  let wrong: string | undefined;
  for (let i = 1; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === "--") {
      rest.push(...argv.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      rest.push(arg);
      // `+`: options end at the first argument.
      if (letters.startsWith("+")) {
        rest.push(...argv.slice(i + 1));
        break;
      }
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at]!;
      const found = letters.indexOf(letter);
      if (found < 0 || letter === ":") wrong ??= letter;
      else if (letters[found + 1] !== ":") flags.set(letter, "");
      else {
        flags.set(letter, arg.slice(at + 1) || (argv[++i] ?? ""));
        break;
      }
    }
  }
  return { flags, rest, wrong };
}

/** What a program says of an option that it has not; status 1. */
export function* usage(sys: Sys, name: string, letter: string, status = 1): SysCall {
  yield* sys.write(
    2,
    `${name}: invalid option -- '${letter}'\nTry '${name} --help' for more information.\n`,
  );
  return status;
}

/** Where execvp(3) looks for a program: its own path when it has a slash, else a place in each folder of PATH. */
export function pathPlaces(file: string, env: Readonly<Record<string, string>>): readonly string[] {
  if (file.includes("/")) return [file];
  return (env["PATH"] ?? "/usr/bin:/bin").split(":").map((dir) => `${dir || "."}/${file}`);
}
