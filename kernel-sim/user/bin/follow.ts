import { IN_MODIFY } from "../../include/uapi/inotify.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { fail, writeAll } from "./io.ts";

const PIECE = 4096;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const EVENTS_BYTES = 4096;
const SECOND = 1e9;

/** A file whose growth is shown. */
export interface Followed {
  readonly fd: number;
  readonly path: string;
  readonly isNamed: boolean;
}

/**
 * `tail -f`: sleeps until inotify tells of a change, and shows what has come; without inotify it looks once a second.
 * A pipe is at its end when its writers are gone.
 */
export function* follow(sys: Sys, files: readonly Followed[]): SysCall {
  const regular: Followed[] = [];
  for (const file of files) {
    const stat = yield* sys.fstat(file.fd);
    if (typeof stat !== "number" && (stat.mode & S_IFMT) === S_IFREG) regular.push(file);
  }
  if (regular.length === 0) return 0;
  const watch = yield* sys.call("inotify_init1", 0);
  for (const { path } of watch < 0 ? [] : regular) {
    yield* sys.call("inotify_add_watch", watch, path, IN_MODIFY);
  }
  let last = files.at(-1);
  for (;;) {
    for (const file of regular) {
      const stat = yield* sys.fstat(file.fd);
      const at = yield* sys.lseek(file.fd, 0, 1);
      if (typeof stat !== "number" && stat.size < at) {
        yield* fail(sys, `tail: ${file.path}: file truncated`);
        yield* sys.lseek(file.fd, 0);
      }
      for (;;) {
        const bytes = yield* sys.read(file.fd, PIECE);
        if (typeof bytes === "number" || bytes.length === 0) break;
        if (file.isNamed && last !== file) yield* sys.write(1, `\n==> ${file.path} <==\n`);
        last = file;
        if (!(yield* writeAll(sys, 1, bytes))) return 1;
      }
    }
    if (watch < 0) yield* sys.nanosleep(SECOND);
    else {
      const events = yield* sys.read(watch, EVENTS_BYTES);
      if (typeof events === "number")
        return yield* fail(sys, "tail: error reading inotify event", events);
    }
  }
}
