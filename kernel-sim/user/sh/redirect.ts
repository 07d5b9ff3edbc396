import {
  F_DUPFD_CLOEXEC,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../include/uapi/fcntl.ts";
import { strerror } from "../strerror.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import type { Redirection } from "./ast.ts";
import type { Expander } from "./expand.ts";

/** Descriptors below belong to the script. */
const FIRST_PRIVATE = 10;
const PIPE_BYTES = 65_536;
const ENOENT = -2;

const FLAGS: Readonly<Record<string, number>> = {
  "<": 0,
  ">": O_WRONLY | O_CREAT | O_TRUNC,
  ">|": O_WRONLY | O_CREAT | O_TRUNC,
  ">>": O_WRONLY | O_CREAT | O_APPEND,
  "<>": O_RDWR | O_CREAT,
};

/** A redirection whose target is expanded. */
export interface Target {
  readonly fd: number;
  readonly operator: string;
  readonly text: string;
}

/** What a redirection covered, to be put back: the copy's number, or -1 where nothing was open. */
export type Saved = readonly (readonly [number, number])[];

export function* expandRedirections(
  expander: Expander,
  redirections: readonly Redirection[],
): SysCall<Target[]> {
  const targets: Target[] = [];
  for (const { fd, operator, target } of redirections) {
    targets.push({ fd, operator, text: yield* expander.text(target) });
  }
  return targets;
}

/** Makes the redirections; answers what is wrong, if something is. */
export function* redirect(
  sys: Sys,
  targets: readonly Target[],
  saved?: (readonly [number, number])[],
  isNoclobber = false,
): SysCall<string | undefined> {
  for (const { fd, operator, text } of targets) {
    if (saved !== undefined) saved.push([fd, yield* sys.fcntl(fd, F_DUPFD_CLOEXEC, FIRST_PRIVATE)]);
    if (operator === "<&" || operator === ">&") {
      if (text === "-") yield* sys.close(fd);
      else {
        if (!/^\d+$/.test(text)) return `Syntax error: Bad fd number`;
        const answer = yield* sys.dup2(Number(text), fd);
        if (answer < 0) return `${text}: ${strerror(answer)}`;
      }
      continue;
    }
    const opened =
      operator === "<<"
        ? yield* document(sys, text)
        : yield* open(sys, operator, text, isNoclobber);
    if (opened < 0) {
      if (operator === "<") {
        return `cannot open ${text}: ${opened === ENOENT ? "No such file" : strerror(opened)}`;
      }
      return `cannot create ${text}: ${opened === ENOENT ? "Directory nonexistent" : strerror(opened)}`;
    }
    if (opened !== fd) {
      yield* sys.dup2(opened, fd);
      yield* sys.close(opened);
    }
  }
  return undefined;
}

/** Puts back what redirections have covered. */
export function* restore(sys: Sys, saved: Saved): SysCall<void> {
  for (const [fd, copy] of [...saved].reverse()) {
    if (copy < 0) yield* sys.close(fd);
    else {
      yield* sys.dup2(copy, fd);
      yield* sys.close(copy);
    }
  }
}

function open(sys: Sys, operator: string, path: string, isNoclobber: boolean): SysCall {
  const flags = FLAGS[operator]!;
  return sys.open(path, operator === ">" && isNoclobber ? flags | O_EXCL : flags, 0o666);
}

/** A here-document is a pipe; what does not fit into it a child writes. */
function* document(sys: Sys, text: string): SysCall {
  const ends = yield* sys.pipe2();
  if (typeof ends === "number") return ends;
  if (text.length * 3 <= PIPE_BYTES) {
    if (text !== "") yield* sys.write(ends[1], text);
  } else if ((yield* sys.fork()) === 0) {
    yield* sys.close(ends[0]);
    yield* sys.write(ends[1], text);
    yield* sys.exit(0);
  }
  yield* sys.close(ends[1]);
  return ends[0];
}
