import { TCGETS } from "../../include/uapi/ioctls.ts";
import { SIG_IGN, SIGHUP } from "../../include/uapi/signal.ts";
import { fromUtf8 } from "../marshal.ts";
import type { Program } from "../program.ts";
import { signalNames, signalNumber } from "../sh/signals.ts";
import { strerror } from "../strerror.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { fail, options, pathPlaces, readAll, usage, writeAll } from "./io.ts";

const ENOENT = -2;
const O_APPEND_TO = 0o2101;
const TERMIOS_BYTES = 60;
const PIECE = 65_536;
const BATCH = 5000;

/** Becomes another program, along PATH; answers the exit status of a failure. */
export function* become(
  sys: Sys,
  name: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): SysCall {
  const file = argv[0]!;
  let failed = ENOENT;
  for (const place of pathPlaces(file, env)) {
    const done = yield* sys.execve(place, argv, env);
    if (done !== ENOENT) failed = done;
  }
  const before = { xargs: file, nohup: `failed to run command '${file}'` }[name] ?? `'${file}'`;
  yield* sys.write(2, `${name}: ${before}: ${strerror(failed)}\n`);
  return failed === ENOENT ? 127 : 126;
}

/** env [-i] [-u name] [name=value]... [command [argument]...] */
export const env: Program = function* env(sys, argv, given) {
  const { flags, rest, wrong } = options(argv, "+iu:");
  if (wrong !== undefined) return yield* usage(sys, "env", wrong, 125);
  const values: Record<string, string> = flags.has("i") ? {} : { ...given };
  const unset = flags.get("u");
  if (unset !== undefined) delete values[unset];
  let at = 0;
  for (; rest[at]?.includes("=") === true; at++) {
    const [name = "", ...value] = rest[at]!.split("=");
    values[name] = value.join("=");
  }
  if (at < rest.length) return yield* become(sys, "env", rest.slice(at), values);
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  yield* writeAll(sys, 1, lines.join(""));
  return 0;
};

/** nice [-n adjustment] [command [argument]...] */
export const nice: Program = function* nice(sys, argv, given) {
  const { flags, rest, wrong } = options(argv, "+n:");
  if (wrong !== undefined) return yield* usage(sys, "nice", wrong, 125);
  const now = 20 - (yield* sys.call("getpriority", 0, 0));
  if (rest.length === 0) {
    yield* sys.write(1, `${now}\n`);
    return 0;
  }
  const done = yield* sys.call("setpriority", 0, 0, now + Number(flags.get("n") ?? 10));
  if (done < 0) yield* fail(sys, "nice: cannot set niceness", done);
  return yield* become(sys, "nice", rest, given);
};

/** nohup command [argument]...: the command outlives its terminal, and what it prints goes into a file. */
export const nohup: Program = function* nohup(sys, argv, given) {
  const { rest, wrong } = options(argv, "+");
  if (wrong !== undefined) return yield* usage(sys, "nohup", wrong, 125);
  if (rest.length === 0) {
    yield* fail(sys, "nohup: missing operand\nTry 'nohup --help' for more information.");
    return 125;
  }
  const [isInput, isOutput, isError] = [
    yield* isTerminal(sys, 0),
    yield* isTerminal(sys, 1),
    yield* isTerminal(sys, 2),
  ];
  if (isInput) {
    yield* sys.close(0);
    yield* sys.open("/dev/null", 1);
    if (!isOutput) yield* sys.write(2, "nohup: ignoring input\n");
  }
  if (isOutput) {
    let path = "nohup.out";
    let fd = yield* sys.open(path, O_APPEND_TO, 0o600);
    if (fd < 0 && given["HOME"] !== undefined) {
      path = `${given["HOME"]}/nohup.out`;
      fd = yield* sys.open(path, O_APPEND_TO, 0o600);
    }
    if (fd < 0) {
      yield* fail(sys, `nohup: failed to open '${path}'`, fd);
      return 125;
    }
    const before = isInput ? "ignoring input and appending" : "appending";
    yield* sys.write(2, `nohup: ${before} output to '${path}'\n`);
    yield* sys.dup2(fd, 1);
    yield* sys.close(fd);
  } else if (isError) yield* sys.write(2, "nohup: redirecting stderr to stdout\n");
  if (isError) yield* sys.dup2(1, 2);
  yield* sys.sigaction(SIGHUP, SIG_IGN);
  return yield* become(sys, "nohup", rest, given);
};

function* isTerminal(sys: Sys, fd: number): SysCall<boolean> {
  return (yield* sys.call("ioctl", fd, TCGETS, new Uint8Array(TERMIOS_BYTES))) === 0;
}

/** xargs [-n count] [-I replace] [command [argument]...] */
export const xargs: Program = function* xargs(sys, argv, given) {
  const { flags, rest, wrong } = options(argv, "+n:I:r0");
  if (wrong !== undefined) return yield* usage(sys, "xargs", wrong);
  const bytes = yield* readAll(sys, 0);
  const input = typeof bytes === "number" ? "" : fromUtf8(bytes);
  const mark = flags.get("I");
  const command = rest.length === 0 ? ["echo"] : rest;
  const items = itemsOf(input, flags.has("0") ? "\0" : mark === undefined ? "" : "\n");
  const batches: string[][] = [];
  const size = mark !== undefined ? 1 : Number(flags.get("n") ?? BATCH);
  for (let i = 0; i < items.length; i += size) batches.push(items.slice(i, i + size));
  if (batches.length === 0 && mark === undefined && !flags.has("r")) batches.push([]);
  let status = 0;
  for (const batch of batches) {
    const args =
      mark === undefined
        ? [...command, ...batch]
        : command.map((arg) => arg.replaceAll(mark, batch[0]!));
    const pid = yield* sys.vfork(function* child(own) {
      yield* own.exit(yield* become(own, "xargs", args, given));
    });
    const ended = pid < 0 ? pid : yield* sys.wait4(pid);
    if (typeof ended === "number") return 1;
    if (ended.exited === 127 || ended.exited === 126) return ended.exited;
    if (ended.exited === undefined) return 125;
    if (ended.exited !== 0) status = 123;
  }
  return status;
};

function itemsOf(input: string, separator: string): string[] {
  if (separator !== "") {
    const all = input.split(separator);
    if (all.at(-1) === "") all.pop();
    return separator === "\n" ? all.filter((line) => line.trim() !== "") : all;
  }
  const found = input.matchAll(/(?:"[^"\n]*"|'[^'\n]*'|\\[\s\S]|[^\s"'\\])+/g);
  return [...found].map(([item]) =>
    item.replace(/"([^"\n]*)"|'([^'\n]*)'|\\([\s\S])/g, (_all, a, b, c) => a ?? b ?? c),
  );
}

/** tee [-a] [file]... */
export const tee: Program = function* tee(sys, argv) {
  const { flags, rest, wrong } = options(argv, "ai");
  if (wrong !== undefined) return yield* usage(sys, "tee", wrong);
  const fds = [1];
  let status = 0;
  for (const path of rest) {
    const fd = yield* sys.open(path, flags.has("a") ? 0o2101 : 0o1101, 0o666);
    if (fd < 0) status = yield* fail(sys, `tee: ${path}`, fd);
    else fds.push(fd);
  }
  for (;;) {
    const bytes = yield* sys.read(0, PIECE);
    if (typeof bytes === "number" || bytes.length === 0) return status;
    for (const fd of fds) yield* writeAll(sys, fd, bytes);
  }
};

/** kill [-signal | -s signal] pid..., kill -l */
export const kill: Program = function* kill(sys, argv) {
  let args = argv.slice(1);
  let signo: number | undefined = 15;
  const first = args[0] ?? "";
  if (first === "-l") {
    yield* writeAll(sys, 1, `${signalNames().join("\n")}\n`);
    return 0;
  }
  if (first === "-s") {
    signo = signalNumber(args[1] ?? "");
    args = args.slice(2);
  } else if (first.startsWith("-") && first !== "--") {
    signo = signalNumber(first.slice(1));
    args = args.slice(1);
  }
  if (signo === undefined) return yield* fail(sys, `kill: invalid signal: ${first}`);
  let status = 0;
  for (const pid of args[0] === "--" ? args.slice(1) : args) {
    const done = yield* sys.kill(Number(pid), signo);
    if (done < 0) status = yield* fail(sys, `kill: (${pid})`, done);
  }
  return status;
};

export const pwd: Program = function* pwd(sys) {
  const path = yield* sys.getcwd();
  if (typeof path === "number") return yield* fail(sys, "pwd", path);
  yield* sys.write(1, `${path}\n`);
  return 0;
};
