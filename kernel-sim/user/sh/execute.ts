import { SIG_DFL, SIG_IGN } from "../../include/uapi/signal.ts";
import type { Program } from "../program.ts";
import { strerror } from "../strerror.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import { answer } from "./answer.ts";
import type { Command, Redirection, SimpleCommand, Word } from "./ast.ts";
import { BUILTINS, type Builtin, SPECIAL_BUILTINS } from "./builtins.ts";
import { Expander } from "./expand.ts";
import { addJob, giveTerminal, waitForJob } from "./jobs.ts";
import { Incomplete, ShellSyntaxError } from "./lexer.ts";
import { type Parsed, parseCommand } from "./parser.ts";
import { matchesPattern } from "./pattern.ts";
import { expandRedirections, redirect, restore, type Target } from "./redirect.ts";
import { Interrupt, type Job, Jump, type Shell, ShellError } from "./shell.ts";
import { runTraps } from "./traps.ts";

const ENOENT = -2;
const ENOEXEC = -8;
const ENOTDIR = -20;
const PIPE_BYTES = 20_000;
const MONITOR_SIGNALS = [2, 3, 20, 21, 22];
/** What a shell computes for one command: a loop of dash that calls only builtins makes a million a second. */
const COMMAND_NS = 1000;

/** What a child of the shell has as descriptors 0 and 1, and which process group it joins. */
interface Place {
  readonly input?: number;
  readonly output?: number;
  readonly close?: readonly number[];
  /** 0: a group of its own; undefined: the shell's. */
  readonly pgid?: number;
  readonly isBackground?: boolean;
}

/** Runs a command and answers its exit status. */
export function* run(shell: Shell, command: Command): SysCall {
  const status = yield* runKind(shell, command);
  shell.status = status;
  if (shell.isInterrupted && shell.isInteractive) throw new Interrupt();
  if (shell.pendingSignals.length > 0) yield* runTraps(shell, runText);
  return status;
}

function* runKind(shell: Shell, command: Command): SysCall {
  switch (command.kind) {
    case "simple":
      return failing(shell, yield* simple(shell, command));
    case "pipeline":
      return yield* pipeline(shell, command);
    case "and":
    case "or": {
      const left = yield* tested(shell, command.left);
      if ((left === 0) !== (command.kind === "and")) return left;
      return yield* run(shell, command.right);
    }
    case "list": {
      let status = 0;
      for (const item of command.items) status = yield* run(shell, item);
      return status;
    }
    case "background":
      return yield* background(shell, command.body, command.text);
    case "subshell": {
      const pid = yield* fork(shell, command.body, shell.isMonitor ? { pgid: 0 } : {});
      return failing(shell, yield* waitForJob(shell, foreground(shell, [pid], "")));
    }
    case "group":
      return yield* run(shell, command.body);
    case "if":
      if ((yield* tested(shell, command.condition)) === 0) return yield* run(shell, command.then);
      return command.otherwise === undefined ? 0 : yield* run(shell, command.otherwise);
    case "while":
      return yield* whileLoop(shell, command.condition, command.body, command.isUntil);
    case "for": {
      const values =
        command.words === undefined
          ? shell.parameters
          : yield* expander(shell).fields(command.words);
      return yield* forLoop(shell, command.name, values, command.body);
    }
    case "case": {
      const text = yield* expander(shell).text(command.word);
      for (const { patterns, body } of command.arms) {
        for (const pattern of patterns) {
          if (matchesPattern(yield* expander(shell).pattern(pattern), text)) {
            return yield* run(shell, body);
          }
        }
      }
      return 0;
    }
    case "function":
      shell.functions.set(command.name, command.body);
      return 0;
    case "redirected":
      return yield* redirected(shell, command.redirections, () => run(shell, command.body));
  }
}

/** Parses and runs a text, command by command, as `eval` does. */
export function* runText(shell: Shell, text: string): SysCall {
  let at = 0;
  let line = 1;
  let status = 0;
  while (at < text.length) {
    const parsed = parse(shell, text, at, line);
    ({ at, line } = parsed);
    if (parsed.command !== undefined) status = yield* run(shell, parsed.command);
  }
  return status;
}

function parse(shell: Shell, text: string, at: number, line: number): Parsed {
  try {
    return parseCommand(text, at, line, true, shell.aliases);
  } catch (error) {
    shell.line = text.split("\n").length;
    throw syntaxError(shell, error);
  }
}

/** What the parser has thrown, as the shell tells it. */
export function syntaxError(shell: Shell, error: unknown): unknown {
  if (error instanceof ShellSyntaxError) {
    shell.line = error.line;
    return new ShellError(error.what);
  }
  if (!(error instanceof Incomplete)) return error;
  const isQuote = error.what === "quoted string" || error.what === "backquote";
  if (isQuote) return new ShellError("Syntax error: Unterminated quoted string");
  const wanted = /^[a-z]+$|^[)}]$/.test(error.what) ? ` (expecting "${error.what}")` : "";
  return new ShellError(`Syntax error: end of file unexpected${wanted}`);
}

/** Runs `body` as all that a shell process does: `exit`, errors and the EXIT trap end in its status. */
export function* toTheEnd(shell: Shell, body: () => SysCall): SysCall {
  let status = yield* caught(shell, body);
  const trap = shell.traps.get(0);
  if (trap !== undefined) {
    shell.traps.delete(0);
    shell.status = status;
    status = yield* caught(shell, function* () {
      yield* runText(shell, trap);
      return status;
    });
  }
  return status;
}

function* caught(shell: Shell, body: () => SysCall): SysCall {
  try {
    return yield* body();
  } catch (thrown) {
    if (thrown instanceof Jump) return thrown.kind === "exit" ? thrown.status : shell.status;
    if (!(thrown instanceof ShellError)) throw thrown;
    yield* shell.sys.write(2, shell.complaint(thrown.message));
    return 2;
  }
}

function expander(shell: Shell): Expander {
  return new Expander(shell, startSubstitution);
}

function* startSubstitution(shell: Shell, body: Command, output: number): SysCall {
  return yield* start(shell, body, { output });
}

/** `set -e` ends the shell where a failure is nobody's question. */
function failing(shell: Shell, status: number): number {
  shell.status = status;
  if (status !== 0 && shell.tested === 0 && shell.options.has("e")) throw new Jump("exit", status);
  return status;
}

function* tested(shell: Shell, command: Command): SysCall {
  shell.tested++;
  try {
    return yield* run(shell, command);
  } finally {
    shell.tested--;
  }
}

function* whileLoop(shell: Shell, condition: Command, body: Command, isUntil: boolean): SysCall {
  let status = 0;
  shell.loops++;
  try {
    for (;;) {
      const step = yield* iteration(shell, function* () {
        if (((yield* tested(shell, condition)) === 0) === isUntil) return false;
        status = yield* run(shell, body);
        return true;
      });
      if (!step) return status;
    }
  } finally {
    shell.loops--;
  }
}

function* forLoop(shell: Shell, name: string, values: readonly string[], body: Command): SysCall {
  let status = 0;
  shell.loops++;
  try {
    for (const value of values) {
      shell.set(name, value);
      const step = yield* iteration(shell, function* () {
        status = yield* run(shell, body);
        return true;
      });
      if (!step) break;
    }
    return status;
  } finally {
    shell.loops--;
  }
}

/** One turn of a loop: false when the loop ends. */
function* iteration(shell: Shell, body: () => SysCall<boolean>): SysCall<boolean> {
  try {
    return yield* body();
  } catch (jump) {
    if (!(jump instanceof Jump) || (jump.kind !== "break" && jump.kind !== "continue")) throw jump;
    if (jump.levels > 1 && shell.loops > 1) {
      jump.levels--;
      throw jump;
    }
    return jump.kind === "continue";
  }
}

/** Runs `body` with redirections in the shell itself, and undoes them. */
function* redirected(
  shell: Shell,
  redirections: readonly Redirection[],
  body: () => SysCall,
): SysCall {
  if (redirections.length === 0) return yield* body();
  const targets = yield* expandRedirections(expander(shell), redirections);
  const saved: [number, number][] = [];
  const wrong = yield* redirect(shell.sys, targets, saved, shell.options.has("C"));
  if (wrong !== undefined) {
    yield* restore(shell.sys, saved);
    yield* shell.sys.write(2, shell.complaint(wrong));
    return failing(shell, 2);
  }
  let jump: { readonly thrown: unknown } | undefined;
  let status = 0;
  try {
    status = yield* body();
  } catch (thrown) {
    jump = { thrown };
  }
  yield* restore(shell.sys, saved);
  if (jump !== undefined) throw jump.thrown;
  return status;
}

function* simple(shell: Shell, command: SimpleCommand): SysCall {
  shell.line = command.line;
  yield* shell.sys.compute(COMMAND_NS);
  const expand = expander(shell);
  const argv = yield* expand.fields(command.words);
  const assignments: [string, string][] = [];
  for (const { name, word } of command.assignments) {
    assignments.push([name, yield* expand.text(word, true)]);
    if (argv.length === 0) shell.set(name, assignments.at(-1)![1]);
  }
  if (shell.options.has("x") && argv.length + assignments.length > 0) {
    const shown = [...assignments.map(([name, value]) => `${name}=${value}`), ...argv];
    yield* shell.sys.write(2, `${shell.get("PS4") ?? ""}${shown.join(" ")}\n`);
  }
  const name = argv[0];
  if (name === undefined) {
    return yield* redirected(shell, command.redirections, () =>
      answer(expand.substitutionStatus ?? 0),
    );
  }
  const special = SPECIAL_BUILTINS.get(name);
  if (special !== undefined) {
    for (const [key, value] of assignments) shell.set(key, value);
    return yield* specialBuiltin(shell, command.redirections, special, argv);
  }
  const body = shell.functions.get(name);
  const builtin = BUILTINS.get(name);
  if (body !== undefined || builtin !== undefined) {
    return yield* redirected(shell, command.redirections, () =>
      withAssignments(shell, assignments, () =>
        body === undefined ? builtin!(shell, argv, HOST) : callFunction(shell, body, argv),
      ),
    );
  }
  const targets = yield* expandRedirections(expand, command.redirections);
  const env = shell.environment(assignments);
  const place: Place = shell.isMonitor ? { pgid: 0 } : {};
  const pid = yield* startProgram(shell, argv, env, targets, place);
  if (pid < 0) throw new ShellError("Cannot fork");
  return yield* waitForJob(shell, foreground(shell, [pid], argv.join(" ")));
}

/** Redirections of `exec` without a command stay. */
function* specialBuiltin(
  shell: Shell,
  redirections: readonly Redirection[],
  builtin: Builtin,
  argv: readonly string[],
): SysCall {
  if (argv[0] !== "exec")
    return yield* redirected(shell, redirections, () => builtin(shell, argv, HOST));
  const targets = yield* expandRedirections(expander(shell), redirections);
  const wrong = yield* redirect(shell.sys, targets);
  if (wrong !== undefined) throw new ShellError(wrong);
  return yield* builtin(shell, argv, HOST);
}

function* withAssignments(
  shell: Shell,
  assignments: readonly (readonly [string, string])[],
  body: () => SysCall,
): SysCall {
  const before = assignments.map(([name]) => [name, shell.variables.get(name)] as const);
  for (const [name, value] of assignments) {
    shell.variables.set(name, { value, isExported: true, isReadonly: false });
  }
  try {
    return yield* body();
  } finally {
    for (const [name, variable] of before) {
      if (variable === undefined) shell.variables.delete(name);
      else shell.variables.set(name, variable);
    }
  }
}

function* callFunction(shell: Shell, body: Command, argv: readonly string[]): SysCall {
  const { parameters, loops, optionIndex, optionOffset } = shell;
  shell.optionIndex = 1;
  shell.optionOffset = -1;
  shell.locals.push(new Map());
  shell.parameters = argv.slice(1);
  shell.loops = 0;
  shell.functionDepth++;
  try {
    return yield* run(shell, body);
  } catch (jump) {
    if (jump instanceof Jump && jump.kind === "return") return jump.status;
    throw jump;
  } finally {
    shell.functionDepth--;
    shell.leaveLocals();
    shell.optionIndex = optionIndex;
    shell.optionOffset = optionOffset;
    shell.parameters = parameters;
    shell.loops = loops;
  }
}

function* pipeline(
  shell: Shell,
  { stages, isNegated, text }: Command & { kind: "pipeline" },
): SysCall {
  if (isNegated) shell.tested++;
  try {
    const status =
      stages.length === 1
        ? yield* run(shell, stages[0]!)
        : yield* waitForJob(
            shell,
            foreground(shell, yield* startPipeline(shell, stages, false), text),
          );
    if (isNegated) return status === 0 ? 1 : 0;
    return stages.length === 1 ? status : failing(shell, status);
  } finally {
    if (isNegated) shell.tested--;
  }
}

function* startPipeline(
  shell: Shell,
  stages: readonly Command[],
  isBackground: boolean,
): SysCall<number[]> {
  const { sys } = shell;
  const pids: number[] = [];
  let input: number | undefined;
  for (let i = 0; i < stages.length; i++) {
    const ends = i < stages.length - 1 ? yield* sys.pipe2() : undefined;
    if (typeof ends === "number") throw new ShellError("Pipe call failed");
    const pid = yield* start(shell, stages[i]!, {
      ...(input === undefined ? {} : { input }),
      ...(ends === undefined ? {} : { output: ends[1], close: [ends[0]] }),
      ...(shell.isMonitor ? { pgid: pids[0] ?? 0 } : {}),
      isBackground,
    });
    if (pid < 0) throw new ShellError("Cannot fork");
    pids.push(pid);
    if (input !== undefined) yield* sys.close(input);
    if (ends !== undefined) yield* sys.close(ends[1]);
    input = ends?.[0];
  }
  return pids;
}

function* background(shell: Shell, body: Command, text: string): SysCall {
  const stages = body.kind === "pipeline" && !body.isNegated ? body.stages : [body];
  const pids = yield* startPipeline(shell, stages, true);
  const job = addJob(shell, pids, text);
  shell.lastBackground = pids.at(-1)!;
  if (shell.isInteractive) yield* shell.sys.write(2, `[${job.id}] ${shell.lastBackground}\n`);
  return 0;
}

function foreground(shell: Shell, pids: readonly number[], text: string): Job {
  return { id: 0, pids, pgid: shell.isMonitor ? pids[0]! : 0, text, state: "Running", status: 0 };
}

/** Starts a command in a child: by vfork where it is a program with plain words, else by fork. */
function* start(shell: Shell, command: Command, place: Place): SysCall {
  if (command.kind !== "simple" || !isPlain(shell, command))
    return yield* fork(shell, command, place);
  const expand = expander(shell);
  shell.line = command.line;
  const argv = yield* expand.fields(command.words);
  const targets = yield* expandRedirections(expand, command.redirections);
  if (targets.some(({ text }) => text.length > PIPE_BYTES))
    return yield* fork(shell, command, place);
  const assignments: [string, string][] = [];
  for (const { name, word } of command.assignments) {
    assignments.push([name, yield* expand.text(word, true)]);
  }
  return yield* startProgram(shell, argv, shell.environment(assignments), targets, place);
}

/** Whether expanding the words changes nothing in the shell, and a program other than the shell runs. */
function isPlain(shell: Shell, command: SimpleCommand): boolean {
  const first = command.words[0]?.[0];
  if (first?.kind !== "text" || command.words[0]!.length > 1) return false;
  if (isOwn(shell, first.text) || shell.options.has("u") || shell.options.has("x")) return false;
  const words: Word[] = [...command.words, ...command.redirections.map(({ target }) => target)];
  for (const { word } of command.assignments) words.push(word);
  return words.every((word) =>
    word.every(
      (part) => part.kind === "text" || (part.kind === "parameter" && part.word === undefined),
    ),
  );
}

function isOwn(shell: Shell, name: string): boolean {
  return SPECIAL_BUILTINS.has(name) || BUILTINS.has(name) || shell.functions.has(name);
}

function* startProgram(
  shell: Shell,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  targets: readonly Target[],
  place: Place,
): SysCall {
  // A copy of what the child needs: it runs while the shell waits, and changes nothing of it.
  const path = shell.get("PATH");
  const complain = (message: string) => shell.complaint(message);
  const reset = [...shell.traps.keys()].filter((signo) => signo > 0);
  const ignored = new Set([...shell.traps].filter(([, action]) => action === "").map(([n]) => n));
  const { isMonitor } = shell;
  const child: Program = function* child(sys) {
    yield* enter(sys, place, isMonitor);
    for (const signo of reset) if (!ignored.has(signo)) yield* sys.sigaction(signo, SIG_DFL);
    const wrong = yield* redirect(sys, targets);
    if (wrong !== undefined) {
      yield* sys.write(2, complain(wrong));
      yield* sys.exit(2);
    }
    yield* sys.exit(yield* execute(sys, argv, env, path, complain));
  };
  const pid = yield* shell.sys.vfork(child);
  yield* joinGroup(shell, pid, place);
  return pid;
}

/** A child that goes on as a copy of the shell. */
function* fork(shell: Shell, body: Command, place: Place): SysCall {
  const { sys } = shell;
  const pid = yield* sys.fork();
  if (pid !== 0) {
    if (pid < 0) throw new ShellError("Cannot fork");
    yield* joinGroup(shell, pid, place);
    return pid;
  }
  yield* enter(sys, place, shell.isMonitor);
  shell.isSubshell = true;
  shell.isMonitor = false;
  shell.isInteractive = false;
  shell.jobs = [];
  for (const [signo, action] of [...shell.traps]) {
    if (action === "") continue;
    shell.traps.delete(signo);
    if (signo > 0) yield* sys.sigaction(signo, SIG_DFL);
  }
  return yield* sys.exit(yield* toTheEnd(shell, () => run(shell, body)));
}

/** The first steps of a child: its process group, its pipes, the signals that a shell at a terminal ignores. */
function* enter(sys: Sys, place: Place, isMonitor: boolean): SysCall<void> {
  if (isMonitor) {
    if (place.pgid !== undefined) {
      yield* sys.setpgid(0, place.pgid);
      if (place.isBackground !== true && place.pgid === 0)
        yield* giveTerminal(sys, yield* sys.getpid());
    }
    for (const signo of MONITOR_SIGNALS) yield* sys.sigaction(signo, SIG_DFL);
  } else if (place.isBackground === true) {
    for (const signo of [2, 3]) yield* sys.sigaction(signo, SIG_IGN);
    if (place.input === undefined) {
      yield* sys.close(0);
      yield* sys.open("/dev/null");
    }
  }
  for (const fd of place.close ?? []) yield* sys.close(fd);
  for (const [from, to] of [
    [place.input, 0],
    [place.output, 1],
  ] as const) {
    if (from === undefined || from === to) continue;
    yield* sys.dup2(from, to);
    yield* sys.close(from);
  }
}

function* joinGroup(shell: Shell, pid: number, place: Place): SysCall<void> {
  if (place.pgid !== undefined && pid > 0) yield* shell.sys.setpgid(pid, place.pgid || pid);
}

/** execve along PATH; answers the exit status of a failure, which it has told. */
export function* execute(
  sys: Sys,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  path: string | undefined,
  complain: (message: string) => string,
): SysCall {
  const name = argv[0]!;
  const places = name.includes("/")
    ? [name]
    : (path ?? "/usr/bin:/bin").split(":").map((dir) => `${dir || "."}/${name}`);
  let worst = ENOENT;
  for (const place of name === "" ? [] : places) {
    let failed = yield* sys.execve(place, argv, env);
    if (failed === ENOEXEC)
      failed = yield* sys.execve("/bin/sh", ["sh", place, ...argv.slice(1)], env);
    if (failed !== ENOENT && failed !== ENOTDIR) worst = failed;
  }
  yield* sys.write(2, complain(`${name}: ${worst === ENOENT ? "not found" : strerror(worst)}`));
  return worst === ENOENT ? 127 : 126;
}

const HOST = { execute, runText, run };
