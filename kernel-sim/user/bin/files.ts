import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_DIRECTORY } from "../../include/uapi/fcntl.ts";
import type { Program } from "../program.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { fail, options, usage } from "./io.ts";
import { changedMode } from "./mode.ts";

const S_IFIFO = 0o010000;
const O_COPY = 0o1101;
const PIECE = 65_536;
const EEXIST = -17;
const EXDEV = -18;
const ENOENT = -2;
const EISDIR = -21;
const ENOTDIR = -20;

export const mkdir: Program = function* mkdir(sys, argv) {
  const { flags, rest, wrong } = options(argv, "pm:v");
  if (wrong !== undefined) return yield* usage(sys, "mkdir", wrong);
  if (rest.length === 0) return yield* missing(sys, "mkdir");
  let status = 0;
  const mode = flags.get("m");
  for (const path of rest) {
    let done = 0;
    if (flags.has("p")) {
      const steps = path.split("/");
      for (let i = 1; i <= steps.length; i++) {
        const part = steps.slice(0, i).join("/");
        if (part === "") continue;
        done = yield* sys.mkdir(part);
        if (done === EEXIST && (yield* isDirectory(sys, part))) done = 0;
        if (done < 0) break;
      }
    } else done = yield* sys.mkdir(path);
    if (done === 0 && mode !== undefined) {
      done = yield* sys.chmod(path, changedMode(mode, 0o040777, 0) ?? 0o755);
    }
    if (done < 0) status = yield* fail(sys, `mkdir: cannot create directory '${path}'`, done);
  }
  return status;
};

export const rmdir: Program = function* rmdir(sys, argv) {
  const { rest, wrong } = options(argv, "p");
  if (wrong !== undefined) return yield* usage(sys, "rmdir", wrong);
  if (rest.length === 0) return yield* missing(sys, "rmdir");
  let status = 0;
  for (const path of rest) {
    const done = yield* sys.rmdir(path);
    if (done < 0) status = yield* fail(sys, `rmdir: failed to remove '${path}'`, done);
  }
  return status;
};

export const rm: Program = function* rm(sys, argv) {
  const { flags, rest, wrong } = options(argv, "rRfdv");
  if (wrong !== undefined) return yield* usage(sys, "rm", wrong);
  const isForced = flags.has("f");
  if (rest.length === 0) return isForced ? 0 : yield* missing(sys, "rm");
  let status = 0;
  const isRecursive = flags.has("r") || flags.has("R");
  for (const path of rest) status = (yield* remove(sys, path, isRecursive, isForced)) || status;
  return status;
};

function* remove(sys: Sys, path: string, isRecursive: boolean, isForced: boolean): SysCall {
  const stat = yield* sys.stat(path, AT_SYMLINK_NOFOLLOW);
  if (typeof stat === "number") {
    if (isForced && (stat === ENOENT || stat === ENOTDIR)) return 0;
    return yield* fail(sys, `rm: cannot remove '${path}'`, stat);
  }
  if ((stat.mode & 0o170000) !== 0o040000) {
    const done = yield* sys.unlink(path);
    return done < 0 ? yield* fail(sys, `rm: cannot remove '${path}'`, done) : 0;
  }
  if (!isRecursive) return yield* fail(sys, `rm: cannot remove '${path}'`, EISDIR);
  let status = 0;
  for (const name of yield* list(sys, path)) {
    status = (yield* remove(sys, `${path}/${name}`, true, isForced)) || status;
  }
  const done = status === 0 ? yield* sys.rmdir(path) : 0;
  return done < 0 ? yield* fail(sys, `rm: cannot remove '${path}'`, done) : status;
}

export const cp: Program = function* cp(sys, argv) {
  const { flags, rest, wrong } = options(argv, "rRapfv");
  if (wrong !== undefined) return yield* usage(sys, "cp", wrong);
  const isRecursive = flags.has("r") || flags.has("R") || flags.has("a");
  return yield* eachTo(sys, "cp", rest, (from, to) => copy(sys, from, to, isRecursive, "cp"));
};

export const mv: Program = function* mv(sys, argv) {
  const { rest, wrong } = options(argv, "fv");
  if (wrong !== undefined) return yield* usage(sys, "mv", wrong);
  return yield* eachTo(sys, "mv", rest, function* (from, to) {
    const stat = yield* sys.stat(from, AT_SYMLINK_NOFOLLOW);
    if (typeof stat === "number") return yield* fail(sys, `mv: cannot stat '${from}'`, stat);
    const done = yield* sys.rename(from, to);
    if (done === EXDEV) {
      const status = yield* copy(sys, from, to, true, "mv");
      return status === 0 ? yield* remove(sys, from, true, true) : status;
    }
    return done < 0 ? yield* fail(sys, `mv: cannot move '${from}' to '${to}'`, done) : 0;
  });
};

export const ln: Program = function* ln(sys, argv) {
  const { flags, rest, wrong } = options(argv, "sfnv");
  if (wrong !== undefined) return yield* usage(sys, "ln", wrong);
  const isSymbolic = flags.has("s");
  const targets = rest.length === 1 ? [rest[0]!, baseName(rest[0]!)] : rest;
  return yield* eachTo(sys, "ln", targets, function* (from, to) {
    if (flags.has("f")) yield* sys.unlink(to);
    const done = isSymbolic ? yield* sys.symlink(from, to) : yield* sys.link(from, to);
    if (done === 0) return 0;
    if (!isSymbolic && done === ENOENT)
      return yield* fail(sys, `ln: failed to access '${from}'`, done);
    const what = isSymbolic ? "symbolic link" : "hard link";
    return yield* fail(sys, `ln: failed to create ${what} '${to}'`, done);
  });
};

export const touch: Program = function* touch(sys, argv) {
  const { flags, rest, wrong } = options(argv, "camd:");
  if (wrong !== undefined) return yield* usage(sys, "touch", wrong);
  if (rest.length === 0) return yield* missing(sys, "touch", "file operand");
  let status = 0;
  for (const path of rest) {
    let done = yield* sys.call("utimensat", AT_FDCWD, path, 0, 0);
    if (done === ENOENT && !flags.has("c")) {
      done = yield* sys.open(path, 0o101, 0o666);
      if (done >= 0) yield* sys.close(done);
    } else if (done === ENOENT) done = 0;
    if (done < 0) status = yield* fail(sys, `touch: cannot touch '${path}'`, done);
  }
  return status;
};

export const chmod: Program = function* chmod(sys, argv) {
  const [text, ...paths] = argv.slice(1).filter((arg) => arg !== "-R");
  if (text === undefined) return yield* missing(sys, "chmod");
  if (paths.length === 0) return yield* missing(sys, "chmod", `operand after '${text}'`);
  const umask = yield* sys.call("umask", 0);
  yield* sys.call("umask", umask);
  let status = 0;
  const todo = [...paths];
  for (let path = todo.shift(); path !== undefined; path = todo.shift()) {
    const stat = yield* sys.stat(path);
    if (typeof stat === "number") {
      status = yield* fail(sys, `chmod: cannot access '${path}'`, stat);
      continue;
    }
    const mode = changedMode(text, stat.mode, umask);
    if (mode === undefined) {
      return yield* fail(
        sys,
        `chmod: invalid mode: '${text}'\nTry 'chmod --help' for more information.`,
      );
    }
    const done = yield* sys.chmod(path, mode);
    if (done < 0) status = yield* fail(sys, `chmod: changing permissions of '${path}'`, done);
    if (argv[1] === "-R" && (stat.mode & 0o170000) === 0o040000) {
      for (const name of yield* list(sys, path)) todo.push(`${path}/${name}`);
    }
  }
  return status;
};

export const readlink: Program = function* readlink(sys, argv) {
  const { flags, rest, wrong } = options(argv, "fn");
  if (wrong !== undefined) return yield* usage(sys, "readlink", wrong);
  let status = 0;
  for (const path of rest) {
    let target: string | number;
    if (flags.has("f")) {
      const fd = yield* sys.open(path, 0o10000000);
      target = fd < 0 ? fd : yield* sys.readlink(`/proc/self/fd/${fd}`);
      if (fd >= 0) yield* sys.close(fd);
    } else target = yield* sys.readlink(path);
    if (typeof target === "number") status = 1;
    else yield* sys.write(1, `${target}${flags.has("n") ? "" : "\n"}`);
  }
  return rest.length === 0 ? yield* missing(sys, "readlink") : status;
};

export const mkfifo: Program = function* mkfifo(sys, argv) {
  const { flags, rest, wrong } = options(argv, "m:");
  if (wrong !== undefined) return yield* usage(sys, "mkfifo", wrong);
  if (rest.length === 0) return yield* missing(sys, "mkfifo");
  let status = 0;
  const mode = Number.parseInt(flags.get("m") ?? "666", 8);
  for (const path of rest) {
    const done = yield* sys.call("mknod", path, S_IFIFO | mode, 0);
    if (done < 0) status = yield* fail(sys, `mkfifo: cannot create fifo '${path}'`, done);
  }
  return status;
};

/** Calls `body` for each source with its place at the last argument, which may be a directory. */
function* eachTo(
  sys: Sys,
  name: string,
  args: readonly string[],
  body: (from: string, to: string) => SysCall,
): SysCall {
  const target = args.at(-1);
  if (target === undefined) return yield* missing(sys, name, "file operand");
  if (args.length === 1) {
    return yield* missing(sys, name, `destination file operand after '${target}'`);
  }
  const isInto = yield* isDirectory(sys, target);
  if (args.length > 2 && !isInto) return yield* fail(sys, `${name}: target '${target}'`, ENOTDIR);
  let status = 0;
  for (const from of args.slice(0, -1)) {
    const to = isInto ? `${target.replace(/\/+$/, "")}/${baseName(from)}` : target;
    status = (yield* body(from, to)) || status;
  }
  return status;
}

function* copy(sys: Sys, from: string, to: string, isRecursive: boolean, name: string): SysCall {
  const stat = yield* sys.stat(from, isRecursive ? AT_SYMLINK_NOFOLLOW : 0);
  if (typeof stat === "number") return yield* fail(sys, `${name}: cannot stat '${from}'`, stat);
  const type = stat.mode & 0o170000;
  if (type === 0o120000) {
    const target = yield* sys.readlink(from);
    return typeof target === "string" && (yield* sys.symlink(target, to)) === 0 ? 0 : 1;
  }
  if (type === 0o040000) {
    if (!isRecursive) {
      return yield* fail(sys, `${name}: -r not specified; omitting directory '${from}'`);
    }
    const made = yield* sys.mkdir(to, stat.mode & 0o7777);
    if (made < 0 && made !== EEXIST) {
      return yield* fail(sys, `${name}: cannot create directory '${to}'`, made);
    }
    let status = 0;
    for (const each of yield* list(sys, from)) {
      status = (yield* copy(sys, `${from}/${each}`, `${to}/${each}`, true, name)) || status;
    }
    return status;
  }
  const target = yield* sys.stat(to);
  if (typeof target !== "number" && target.dev === stat.dev && target.ino === stat.ino) {
    return yield* fail(sys, `${name}: '${from}' and '${to}' are the same file`);
  }
  const input = yield* sys.open(from);
  if (input < 0) return yield* fail(sys, `${name}: cannot open '${from}' for reading`, input);
  const output = yield* sys.open(to, O_COPY, stat.mode & 0o777);
  if (output < 0) {
    yield* sys.close(input);
    return yield* fail(sys, `${name}: cannot create regular file '${to}'`, output);
  }
  let status = 0;
  for (;;) {
    const bytes = yield* sys.read(input, PIECE);
    if (typeof bytes === "number")
      status = yield* fail(sys, `${name}: error reading '${from}'`, bytes);
    if (typeof bytes === "number" || bytes.length === 0) break;
    const done = yield* sys.write(output, bytes);
    if (done < 0) {
      status = yield* fail(sys, `${name}: error writing '${to}'`, done);
      break;
    }
  }
  yield* sys.close(input);
  yield* sys.close(output);
  return status;
}

/** The names in a directory, in its order; none where it cannot be read. */
export function* list(sys: Sys, path: string): SysCall<readonly string[]> {
  const fd = yield* sys.open(path, O_DIRECTORY);
  if (fd < 0) return [];
  const names = yield* sys.readdir(fd);
  yield* sys.close(fd);
  return typeof names === "number" ? [] : names;
}

function* isDirectory(sys: Sys, path: string): SysCall<boolean> {
  const stat = yield* sys.stat(path);
  return typeof stat !== "number" && (stat.mode & 0o170000) === 0o040000;
}

/** What a program says that has got too few arguments; status 1. */
export function missing(sys: Sys, name: string, what = "operand"): SysCall {
  return fail(sys, `${name}: missing ${what}\nTry '${name} --help' for more information.`);
}

function baseName(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1) ?? path;
}
