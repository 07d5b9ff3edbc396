import { SIGCONT } from "../../include/uapi/signal.ts";
import { fromUtf8 } from "../marshal.ts";
import { strerror } from "../strerror.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { aliasBuiltin, unaliasBuiltin } from "./aliases.ts";
import { answer } from "./answer.ts";
import type { Command } from "./ast.ts";
import { getopts } from "./getopts.ts";
import { findJob, giveTerminal, pollJobs, waitForJob } from "./jobs.ts";
import { escaped, format } from "./printf.ts";
import { quote } from "./quote.ts";
import { Jump, type Shell, ShellError } from "./shell.ts";
import { signalNames, signalNumber } from "./signals.ts";
import { evaluateTest, TestError } from "./test-expression.ts";
import { setTrap } from "./traps.ts";

/** What builtins use of the part of the shell that runs commands. */
export interface BuiltinHost {
  execute(
    sys: Sys,
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    path: string | undefined,
    complain: (message: string) => string,
  ): SysCall;
  runText(shell: Shell, text: string): SysCall;
  run(shell: Shell, command: Command): SysCall;
}

export type Builtin = (shell: Shell, argv: readonly string[], host: BuiltinHost) => SysCall;

const NAME = /^[A-Za-z_]\w*$/;
const RLIMITS: Readonly<Record<string, readonly [number, number]>> = {
  t: [0, 1],
  f: [1, 512],
  d: [2, 1024],
  s: [3, 1024],
  c: [4, 512],
  m: [5, 1024],
  p: [6, 1],
  n: [7, 1],
  l: [8, 1024],
  v: [9, 1024],
};

function* complain(shell: Shell, message: string, status = 1): SysCall {
  yield* shell.sys.write(2, shell.complaint(message));
  return status;
}

function* print(shell: Shell, text: string): SysCall {
  if (text === "") return 0;
  return (yield* shell.sys.write(1, text)) < 0 ? 1 : 0;
}

/** Builtins whose errors end a script, and before which assignments stay. */
export const SPECIAL_BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>(
  Object.entries({
    ":": () => answer(0),
    break(_shell, argv) {
      throw new Jump("break", 0, Number(argv[1] ?? 1));
    },
    continue(_shell, argv) {
      throw new Jump("continue", 0, Number(argv[1] ?? 1));
    },
    exit(shell, argv) {
      throw new Jump("exit", statusArgument(shell, argv));
    },
    return(shell, argv) {
      throw new Jump("return", statusArgument(shell, argv));
    },
    *eval(shell, argv, host) {
      return yield* host.runText(shell, argv.slice(1).join(" "));
    },
    *"."(shell, argv, host) {
      const { sys } = shell;
      const fd = yield* sys.open(argv[1] ?? "");
      if (fd < 0) throw new ShellError(`.: cannot open ${argv[1]}: No such file`);
      const bytes: number[] = [];
      for (;;) {
        const piece = yield* sys.read(fd, 4096);
        if (typeof piece === "number" || piece.length === 0) break;
        bytes.push(...piece);
      }
      yield* sys.close(fd);
      try {
        return yield* host.runText(shell, decode(bytes));
      } catch (jump) {
        if (jump instanceof Jump && jump.kind === "return") return jump.status;
        throw jump;
      }
    },
    *exec(shell, argv, host) {
      if (argv.length < 2) return 0;
      const say = (message: string) => shell.complaint(`exec: ${message}`);
      const path = shell.get("PATH");
      const status = yield* host.execute(shell.sys, argv.slice(1), shell.environment(), path, say);
      throw new Jump("exit", status);
    },
    *export(shell, argv) {
      return yield* declare(shell, argv, "isExported");
    },
    *readonly(shell, argv) {
      return yield* declare(shell, argv, "isReadonly");
    },
    *set(shell, argv) {
      return yield* setOptions(shell, argv.slice(1));
    },
    shift(shell, argv) {
      const n = Number(argv[1] ?? 1);
      if (n > shell.parameters.length) throw new ShellError("shift: can't shift that many");
      shell.parameters = shell.parameters.slice(n);
      return answer(0);
    },
    unset(shell, argv) {
      for (const name of argv.slice(1)) {
        if (name === "-f" || name === "-v") continue;
        if (argv[1] === "-f") shell.functions.delete(name);
        else shell.unset(name);
      }
      return answer(0);
    },
    *trap(shell, argv) {
      const [, action, ...names] = argv;
      if (action === undefined) {
        const lines = [...shell.traps].map(
          ([signo, text]) => `trap -- ${quote(text)} ${["EXIT", ...signalNames()][signo]}\n`,
        );
        return yield* print(shell, lines.join(""));
      }
      const isReset = action === "-" || (names.length === 0 && signalNumber(action) !== undefined);
      for (const name of names.length === 0 ? [action] : names) {
        const signo = signalNumber(name);
        if (signo === undefined) return yield* complain(shell, `trap: ${name}: bad trap`);
        yield* setTrap(shell, signo, isReset ? undefined : action);
      }
      return 0;
    },
    local(shell, argv) {
      for (const each of argv.slice(1)) {
        const at = each.indexOf("=");
        const name = at < 0 ? each : each.slice(0, at);
        if (name !== "-" && !NAME.test(name)) {
          throw new ShellError(`local: ${each}: bad variable name`);
        }
        if (!shell.keepLocal(name)) throw new ShellError("local: not in a function");
        if (at >= 0) shell.set(name, each.slice(at + 1));
      }
      if (shell.locals.length === 0) throw new ShellError("local: not in a function");
      return answer(0);
    },
    *times(shell) {
      return yield* print(shell, "0m0.000000s 0m0.000000s\n0m0.000000s 0m0.000000s\n");
    },
  } satisfies Record<string, Builtin>),
);

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>(
  Object.entries({
    alias: aliasBuiltin,
    getopts,
    unalias: unaliasBuiltin,
    true: () => answer(0),
    false: () => answer(1),
    *echo(shell, argv) {
      const isBare = argv[1] === "-n";
      const { text, isStopped } = escaped(argv.slice(isBare ? 2 : 1).join(" "));
      return yield* print(shell, isBare || isStopped ? text : `${text}\n`);
    },
    *printf(shell, argv) {
      if (argv.length < 2)
        return yield* complain(shell, "printf: usage: printf format [arg ...]", 2);
      const { text, errors } = format(argv[1]!, argv.slice(2));
      yield* print(shell, text);
      for (const error of errors) yield* complain(shell, `printf: ${error}`);
      return errors.length > 0 ? 1 : 0;
    },
    *cd(shell, argv) {
      const { sys } = shell;
      const given = argv.slice(1).filter((arg) => arg !== "-P" && arg !== "-L")[0];
      const target = given === "-" ? shell.get("OLDPWD") : (given ?? shell.get("HOME") ?? ".");
      if (target === undefined) return yield* complain(shell, "cd: OLDPWD not set", 2);
      const before = yield* sys.getcwd();
      const done = yield* sys.chdir(target);
      if (done < 0) return yield* complain(shell, `cd: can't cd to ${target}`, 2);
      const now = yield* sys.getcwd();
      if (typeof before === "string") shell.set("OLDPWD", before);
      if (typeof now === "string") shell.set("PWD", now);
      return given === "-" ? yield* print(shell, `${now}\n`) : 0;
    },
    *pwd(shell) {
      const path = yield* shell.sys.getcwd();
      if (typeof path === "number") return yield* complain(shell, `pwd: ${strerror(path)}`);
      return yield* print(shell, `${path}\n`);
    },
    *test(shell, argv) {
      return yield* testStatus(shell, argv[0]!, argv.slice(1));
    },
    *"["(shell, argv) {
      if (argv.at(-1) !== "]") return yield* complain(shell, "[: missing ]", 2);
      return yield* testStatus(shell, "[", argv.slice(1, -1));
    },
    *read(shell, argv) {
      return yield* readLine(shell, argv.slice(1));
    },
    *wait(shell, argv) {
      let status = 0;
      const jobs =
        argv.length > 1 ? argv.slice(1).map((name) => findJob(shell, name)) : [...shell.jobs];
      for (const job of jobs) {
        if (job === undefined) status = 127;
        else if (job.state === "Done") {
          ({ status } = job);
          shell.jobs = shell.jobs.filter((each) => each !== job);
        } else {
          const ended = yield* waitForJob(shell, job);
          status = argv.length > 1 ? ended : 0;
        }
      }
      return status;
    },
    *jobs(shell) {
      yield* pollJobs(shell);
      const lines = shell.jobs.map(({ id, state, text }, i) => {
        const mark = i === shell.jobs.length - 1 ? "+" : i === shell.jobs.length - 2 ? "-" : " ";
        return `[${id}] ${mark} ${state.padEnd(27)}${text}\n`;
      });
      shell.jobs = shell.jobs.filter(({ state }) => state !== "Done");
      return yield* print(shell, lines.join(""));
    },
    *fg(shell, argv) {
      const job = findJob(shell, argv[1]);
      if (job === undefined) return yield* complain(shell, "fg: No current job", 2);
      yield* print(shell, `${job.text}\n`);
      if (shell.isMonitor) yield* giveTerminal(shell.sys, job.pgid);
      job.state = "Running";
      yield* shell.sys.kill(shell.isMonitor ? -job.pgid : job.pids[0]!, SIGCONT);
      return yield* waitForJob(shell, job);
    },
    *bg(shell, argv) {
      const job = findJob(shell, argv[1]);
      if (job === undefined) return yield* complain(shell, "bg: No current job", 2);
      job.state = "Running";
      yield* shell.sys.kill(shell.isMonitor ? -job.pgid : job.pids[0]!, SIGCONT);
      return yield* print(shell, `[${job.id}] ${job.text}\n`);
    },
    *kill(shell, argv) {
      return yield* kill(shell, argv.slice(1));
    },
    *umask(shell, argv) {
      const before = yield* shell.sys.call(
        "umask",
        argv[1] === undefined ? 0 : Number.parseInt(argv[1], 8),
      );
      if (argv[1] !== undefined) return 0;
      yield* shell.sys.call("umask", before);
      return yield* print(shell, `${before.toString(8).padStart(4, "0")}\n`);
    },
    *ulimit(shell, argv) {
      return yield* ulimit(shell, argv.slice(1));
    },
    *type(shell, argv) {
      let status = 0;
      for (const name of argv.slice(1)) {
        const alias = shell.aliases.get(name);
        if (alias !== undefined) {
          yield* print(shell, `${name} is an alias for ${alias}\n`);
          continue;
        }
        const path = yield* find(shell, name);
        const what = describe(shell, name) ?? (path === undefined ? undefined : `is ${path}`);
        if (what === undefined) status = 127;
        yield* print(shell, `${name}${what === undefined ? ": not found" : ` ${what}`}\n`);
      }
      return status;
    },
    *command(shell, argv, host) {
      if (argv[1] !== "-v") {
        const quoted = argv.slice(1).map(quote).join(" ");
        return yield* host.runText(shell, quoted);
      }
      const name = argv[2] ?? "";
      const alias = shell.aliases.get(name);
      if (alias !== undefined) return yield* print(shell, `alias ${name}=${quote(alias)}\n`);
      const path = describe(shell, name) === undefined ? yield* find(shell, name) : name;
      return path === undefined ? 127 : yield* print(shell, `${path}\n`);
    },
  } satisfies Record<string, Builtin>),
);

function statusArgument(shell: Shell, argv: readonly string[]): number {
  const given = argv[1];
  if (given === undefined) return shell.status;
  if (!/^\d+$/.test(given)) throw new ShellError(`${argv[0]}: Illegal number: ${given}`);
  return Number(given) & 0xff;
}

function* declare(
  shell: Shell,
  argv: readonly string[],
  what: "isExported" | "isReadonly",
): SysCall {
  const given = argv.slice(1).filter((arg) => arg !== "-p");
  for (const each of given) {
    const at = each.indexOf("=");
    const name = at < 0 ? each : each.slice(0, at);
    if (!NAME.test(name)) throw new ShellError(`${argv[0]}: ${each}: bad variable name`);
    if (at >= 0) shell.set(name, each.slice(at + 1));
    shell.mark(name, what);
  }
  if (given.length > 0) return 0;
  const rows = [...shell.variables].filter(([, variable]) => variable[what]).sort();
  return yield* print(
    shell,
    rows
      .map(
        ([name, { value }]) =>
          `${argv[0]} ${name}${value === undefined ? "" : `=${quote(value)}`}\n`,
      )
      .join(""),
  );
}

const LONG: Readonly<Record<string, string>> = {
  errexit: "e",
  nounset: "u",
  xtrace: "x",
  noglob: "f",
  noclobber: "C",
  verbose: "v",
  noexec: "n",
  monitor: "m",
};

/** `set`, and the options of `sh`. */
export function* setOptions(shell: Shell, args: readonly string[]): SysCall {
  if (args.length === 0) {
    const rows = [...shell.variables].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = rows.map(([name, { value }]) => `${name}=${quote(value ?? "")}\n`);
    return yield* print(shell, lines.join(""));
  }
  let i = 0;
  for (; i < args.length && /^[-+]./.test(args[i]!); i++) {
    const arg = args[i]!;
    if (arg === "--") break;
    for (const letter of arg.slice(1)) {
      const name = letter === "o" ? LONG[args[++i] ?? ""] : letter;
      if (name === undefined) throw new ShellError(`set: Illegal option -o ${args[i]}`);
      if (!"eufxCvnmabh".includes(name)) throw new ShellError(`set: Illegal option -${name}`);
      if (arg.startsWith("-")) shell.options.add(name);
      else shell.options.delete(name);
    }
  }
  if (args[i] === "--") shell.parameters = args.slice(i + 1);
  else if (i < args.length) shell.parameters = args.slice(i);
  return 0;
}

function* testStatus(shell: Shell, name: string, args: readonly string[]): SysCall {
  try {
    return (yield* evaluateTest(shell.sys, args)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    return yield* complain(shell, `${name}: ${error.message}`, 2);
  }
}

/** `read`: one line, a byte at a time so that what follows is left to others. */
function* readLine(shell: Shell, args: readonly string[]): SysCall {
  const isRaw = args[0] === "-r";
  const names = isRaw ? args.slice(1) : args;
  const bytes: number[] = [];
  let status = 0;
  for (;;) {
    const piece = yield* shell.sys.read(0, 1);
    if (piece === -4) return 130;
    if (typeof piece === "number" || piece.length === 0) {
      status = 1;
      break;
    }
    if (piece[0] === 10 && (isRaw || bytes.at(-1) !== 92)) break;
    if (piece[0] === 10) bytes.pop();
    else bytes.push(piece[0]!);
  }
  const text = decode(bytes);
  const line = isRaw ? text : text.replace(/\\(.)/g, "$1");
  const ifs = shell.get("IFS") ?? " \t\n";
  const spaces = [...ifs].filter((char) => " \t\n".includes(char)).join("");
  let rest = trimStart(line, spaces);
  names.forEach((name, i) => {
    if (i === names.length - 1) {
      let end = rest.length;
      while (end > 0 && spaces.includes(rest[end - 1]!)) end--;
      shell.set(name, rest.slice(0, end));
      return;
    }
    let end = 0;
    while (end < rest.length && !ifs.includes(rest[end]!)) end++;
    shell.set(name, rest.slice(0, end));
    rest = trimStart(rest.slice(end), spaces);
    if (rest !== "" && ifs.includes(rest[0]!) && end > 0) rest = trimStart(rest.slice(1), spaces);
  });
  return status;
}

function trimStart(text: string, chars: string): string {
  let at = 0;
  while (at < text.length && chars.includes(text[at]!)) at++;
  return text.slice(at);
}

function* kill(shell: Shell, args: readonly string[]): SysCall {
  let signo: number | undefined = 15;
  let rest = args;
  const first = args[0] ?? "";
  if (first === "-l") return yield* print(shell, `${signalNames().join("\n")}\n`);
  if (first === "-s") {
    signo = signalNumber(args[1] ?? "");
    rest = args.slice(2);
  } else if (first.startsWith("-") && first !== "--") {
    signo = signalNumber(first.slice(1));
    rest = args.slice(1);
  }
  if (rest[0] === "--") rest = rest.slice(1);
  if (signo === undefined)
    return yield* complain(shell, `kill: invalid signal number or name: ${first.slice(1)}`, 2);
  let status = 0;
  for (const target of rest) {
    const job = target.startsWith("%") ? findJob(shell, target) : undefined;
    if (job === undefined && !/^-?\d+$/.test(target)) {
      return yield* complain(shell, `kill: Illegal number: ${target}`, 2);
    }
    const pid = job === undefined ? Number(target) : shell.isMonitor ? -job.pgid : job.pids[0]!;
    const done = yield* shell.sys.kill(pid, signo);
    if (done < 0) status = yield* complain(shell, `kill: ${strerror(done)}\n`.trimEnd());
  }
  return status;
}

function* ulimit(shell: Shell, args: readonly string[]): SysCall {
  const letters = args
    .filter((arg) => arg.startsWith("-"))
    .join("")
    .replaceAll("-", "");
  const value = args.find((arg) => !arg.startsWith("-"));
  const letter = letters.replace(/[HS]/g, "") || "f";
  const [resource, factor] = RLIMITS[letter] ?? [-1, 1];
  if (resource < 0) return yield* complain(shell, `ulimit: Illegal option -${letter}`, 2);
  const limits = new Uint8Array(16);
  yield* shell.sys.call("prlimit64", 0, resource, 0, limits);
  const view = new DataView(limits.buffer);
  const at = letters.includes("H") ? 8 : 0;
  if (value === undefined) {
    const now = view.getBigUint64(at, true);
    const shown = now === 2n ** 64n - 1n ? "unlimited" : String(now / BigInt(factor));
    return yield* print(shell, `${shown}\n`);
  }
  const wanted = value === "unlimited" ? 2n ** 64n - 1n : BigInt(value) * BigInt(factor);
  if (!letters.includes("S")) view.setBigUint64(8, wanted, true);
  if (!letters.includes("H")) view.setBigUint64(0, wanted, true);
  const done = yield* shell.sys.call("prlimit64", 0, resource, limits, 0);
  return done < 0
    ? yield* complain(shell, `ulimit: error setting limit (${strerror(done)})`, 2)
    : 0;
}

function describe(shell: Shell, name: string): string | undefined {
  if (shell.functions.has(name)) return "is a shell function";
  if (SPECIAL_BUILTINS.has(name)) return "is a special shell builtin";
  return BUILTINS.has(name) ? "is a shell builtin" : undefined;
}

/** The program that `name` starts, by PATH. */
function* find(shell: Shell, name: string): SysCall<string | undefined> {
  const path = shell.get("PATH") ?? "/usr/bin:/bin";
  const places = name.includes("/")
    ? [name]
    : path.split(":").map((dir) => `${dir || "."}/${name}`);
  for (const place of places) {
    if ((yield* shell.sys.call("access", place, 1)) === 0) return place;
  }
  return undefined;
}

function decode(bytes: readonly number[]): string {
  return fromUtf8(Uint8Array.from(bytes));
}
