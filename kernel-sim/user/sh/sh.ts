import { SIG_IGN, SIGINT } from "../../include/uapi/signal.ts";
import { fromUtf8 } from "../marshal.ts";
import type { Program } from "../program.ts";
import type { SysCall } from "../sys-port.ts";
import { answer } from "./answer.ts";
import type { Command } from "./ast.ts";
import { setOptions } from "./builtins.ts";
import { run, runText, syntaxError, toTheEnd } from "./execute.ts";
import { giveTerminal, pollJobs } from "./jobs.ts";
import { Incomplete } from "./lexer.ts";
import { parseCommand } from "./parser.ts";
import { Interrupt, Jump, Shell, ShellError } from "./shell.ts";
import { isTerminal } from "./test-expression.ts";

const PIECE = 4096;
/** SIGINT, SIGTSTP, SIGTTIN, SIGTTOU are the foreground job's, not the shell's. */
const TERMINAL_SIGNALS = [2, 3, 20, 21, 22];

/**
 * A POSIX shell: `sh -c text [name [args]]`, `sh file [args]`, or commands from standard input.
 *
 * @simplified no aliases, no command history, no `getopts`; here-documents above the size of a pipe are written by
 * a child.
 */
export const sh: Program = function* sh(sys, argv, env) {
  const args = argv.slice(1);
  const options: string[] = [];
  let isText = false;
  let isStdin = false;
  while (/^[-+]./.test(args[0] ?? "") && args[0] !== "--") {
    const arg = args.shift()!;
    isText ||= arg.startsWith("-") && arg.includes("c");
    isStdin ||= arg.includes("s");
    const rest = arg.replace(/[csi]/g, "");
    if (rest.length > 1) options.push(rest);
    if (rest.endsWith("o")) options.push(args.shift() ?? "");
  }
  if (args[0] === "--") args.shift();
  const text = isText ? (args.shift() ?? "") : undefined;
  const file = isText || isStdin ? undefined : args[0];
  const name = isText || file !== undefined ? args.shift() : undefined;
  const shell = new Shell(sys, name ?? argv[0] ?? "sh", args, env);
  shell.pid = yield* sys.getpid();
  return yield* toTheEnd(shell, function* () {
    if (options.length > 0) yield* setOptions(shell, options);
    const cwd = yield* sys.getcwd();
    if (typeof cwd === "string") shell.set("PWD", cwd);
    if (text !== undefined) return yield* runText(shell, text);
    if (file === undefined) return yield* readCommands(shell);
    const script = yield* readFile(shell, file);
    return yield* runText(shell, script);
  });
};

function* readFile(shell: Shell, path: string): SysCall<string> {
  const { sys } = shell;
  const fd = yield* sys.open(path, 0o2000000);
  if (fd < 0) {
    shell.line = 0;
    yield* sys.write(2, `sh: 0: cannot open ${path}: No such file\n`);
    throw new Jump("exit", 2);
  }
  const bytes: number[] = [];
  for (;;) {
    const piece = yield* sys.read(fd, PIECE);
    if (typeof piece === "number" || piece.length === 0) break;
    for (const byte of piece) bytes.push(byte);
  }
  yield* sys.close(fd);
  return fromUtf8(Uint8Array.from(bytes));
}

/** Reads standard input and runs each command as soon as it is complete. */
function* readCommands(shell: Shell): SysCall {
  const { sys } = shell;
  shell.isInteractive = yield* isTerminal(sys, 0);
  if (shell.isInteractive) yield* takeTerminal(shell);
  let text = "";
  let line = 1;
  let status = 0;
  let isEnd = false;
  let isMore = false;
  for (;;) {
    if (isMore || text === "") {
      if (isEnd) {
        if (text === "") return status;
        throw syntaxError(shell, new Incomplete("command"));
      }
      if (shell.isInteractive) {
        yield* pollJobs(shell);
        const isRoot = (yield* sys.call("geteuid")) === 0;
        const prompt = isMore
          ? (shell.get("PS2") ?? "> ")
          : (shell.get("PS1") ?? (isRoot ? "# " : "$ "));
        yield* sys.write(2, prompt);
      }
      const read = yield* inputLine(shell);
      if (shell.isInterrupted) {
        yield* newPrompt(shell);
        text = "";
        isMore = false;
        continue;
      }
      text += read;
      isEnd = read === "";
      if (isEnd && text === "") continue;
    }
    isMore = false;
    let parsed: { command: Command | undefined; at: number; line: number };
    try {
      parsed = parseCommand(text, 0, line, isEnd, shell.aliases);
    } catch (error) {
      if (error instanceof Incomplete && !isEnd) {
        isMore = true;
        continue;
      }
      if (!shell.isInteractive) throw syntaxError(shell, error);
      parsed = { command: undefined, at: text.length, line };
      yield* complain(shell, syntaxError(shell, error));
    }
    text = text.slice(parsed.at);
    ({ line } = parsed);
    if (parsed.command !== undefined) status = yield* runOne(shell, parsed.command);
  }
}

/** A command at a terminal: its errors end only itself. */
function* runOne(shell: Shell, command: Command): SysCall {
  if (!shell.isInteractive) return yield* run(shell, command);
  try {
    return yield* run(shell, command);
  } catch (error) {
    if (error instanceof Interrupt) {
      yield* newPrompt(shell);
      return error.status;
    }
    if (!(error instanceof ShellError)) throw error;
    yield* complain(shell, error);
    shell.status = 2;
    return 2;
  }
}

/** After ^C, on a line of its own. */
function* newPrompt(shell: Shell): SysCall<void> {
  shell.isInterrupted = false;
  shell.status = new Interrupt().status;
  yield* shell.sys.write(2, "\n");
}

function* complain(shell: Shell, error: unknown): SysCall<void> {
  if (!(error instanceof ShellError)) throw error;
  yield* shell.sys.write(2, shell.complaint(error.message));
}

/** One line of standard input; a byte at a time, so that commands find what follows it. */
function* inputLine(shell: Shell): SysCall<string> {
  const bytes: number[] = [];
  for (;;) {
    const piece = yield* shell.sys.read(0, shell.isInteractive ? PIECE : 1);
    if (shell.isInterrupted) return "";
    if (piece === -4) continue;
    if (typeof piece === "number" || piece.length === 0) break;
    for (const byte of piece) bytes.push(byte);
    if (bytes.at(-1) === 10) break;
  }
  return fromUtf8(Uint8Array.from(bytes));
}

function* takeTerminal(shell: Shell): SysCall<void> {
  const { sys } = shell;
  for (const signo of TERMINAL_SIGNALS) yield* sys.sigaction(signo, SIG_IGN);
  yield* sys.setpgid(0, 0);
  shell.isMonitor = (yield* giveTerminal(sys, shell.pid)) === 0;
  if (!shell.isMonitor) return;
  yield* sys.sigaction(SIGINT, () => {
    shell.isInterrupted = true;
    return answer(undefined);
  });
}
