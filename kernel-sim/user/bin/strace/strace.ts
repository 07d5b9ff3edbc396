import { syscallNames32 } from "../../../arch/x86/entry/syscall-table-32.ts";
import { syscallNames64 } from "../../../arch/x86/entry/syscall-table-64.ts";
import { errnoName } from "../../../include/errno.ts";
import {
  PTRACE_ATTACH,
  PTRACE_SETOPTIONS,
  PTRACE_SYSCALL,
  PTRACE_TRACEME,
} from "../../../include/uapi/ptrace.ts";
import { SIGSTOP, SIGTRAP } from "../../../include/uapi/signal.ts";
import type { Program } from "../../program.ts";
import { strerror } from "../../strerror.ts";
import type { Sys } from "../../sys.ts";
import type { SysCall } from "../../sys-port.ts";
import { options, pathPlaces, usage } from "../io.ts";
import { flagNames } from "./flag-names.ts";
import { printArgument, type TracedCall } from "./print-argument.ts";
import { hex, pointer, siginfoText, signalName } from "./print-struct.ts";
import { signature } from "./signatures.ts";
import { summary, type Tally } from "./summary.ts";
import { traceSet } from "./trace-set.ts";
import { type SyscallStop, Tracee } from "./tracee.ts";

const X_OK = 1;
const TRACESYSGOOD = 1;
const FOLLOW_CHILDREN = 2 | 4 | 8;
const TRACEEXEC = 0x10;
const SYSCALL_STOP = SIGTRAP | 0x80;
const WALL = 0x40000000;
const EVENT_EXEC = 4;
const ECHILD = -10;
/** Where the `=` of a result stands. */
const COLUMN = 40;
const STRING_SIZE = 32;
const RESTART = "restart_syscall";
const NEVER_RETURNS: readonly string[] = ["exit", "exit_group"];
const ADDRESS_RESULTS: readonly string[] = ["mmap", "mmap2", "mremap", "brk", "shmat"];
const RESTARTS: Readonly<Record<number, string>> = {
  512: "ERESTARTSYS (To be restarted if SA_RESTART is set)",
  513: "ERESTARTNOINTR (To be restarted)",
  514: "ERESTARTNOHAND (To be restarted if no handler)",
  516: "ERESTART_RESTARTBLOCK (Interrupted by signal)",
};

/** A call that has begun. */
interface Begun {
  readonly name: string;
  readonly is32: boolean;
  readonly args: readonly number[];
  /** Arguments that stand there already. */
  readonly printed: number;
  readonly isShown: boolean;
  readonly timeNs: number;
}

interface Settings {
  readonly out: number;
  readonly follows: boolean;
  readonly isWanted: (name: string) => boolean;
  readonly isSummary: boolean;
  readonly stringSize: number;
}

/** Follows processes from stop to stop and writes down their calls. */
class Strace {
  readonly #sys: Sys;
  readonly #settings: Settings;
  readonly #tracee: Tracee;
  readonly #begun = new Map<number, Begun>();
  readonly #known = new Set<number>();
  /** Those that were seen in 32-bit code last. */
  readonly #in32 = new Set<number>();
  /** The call that each has made last, which `restart_syscall` goes on with. */
  readonly #last = new Map<number, string>();
  readonly tallies = new Map<string, Tally>();
  /** The process whose line is not complete, and how long the line is. */
  #open: { pid: number; length: number } | undefined;
  /** The child's calls are not its program's until it has executed that. */
  #isStarting: boolean;

  constructor(
    sys: Sys,
    settings: Settings,
    tracee: Tracee,
    pids: readonly number[],
    isStarting: boolean,
  ) {
    this.#sys = sys;
    this.#settings = settings;
    this.#tracee = tracee;
    this.#isStarting = isStarting;
    for (const pid of pids) this.#known.add(pid);
  }

  /** `pid` was in the middle of something when we came: in which call? */
  *attached(pid: number): SysCall<void> {
    const { is32, nr } = yield* this.#tracee.callInProgress(pid);
    if (nr >= 0) this.#last.set(pid, callName(is32, nr));
  }

  /** Until none is left; the status of `first`, as a shell would have it. */
  *run(first: number): SysCall {
    let status = 0;
    for (;;) {
      const word = new Uint8Array(4);
      const pid = yield* this.#sys.call("wait4", -1, word, WALL, 0);
      if (pid === ECHILD) return status;
      if (pid < 0) continue;
      const stop = new DataView(word.buffer).getUint32(0, true);
      if ((stop & 0xff) === 0x7f) yield* this.#stopped(pid, stop >>> 8);
      else {
        const ended = yield* this.#ended(pid, stop);
        if (pid === first) status = ended;
        if (this.#known.size === 0) return status;
      }
    }
  }

  *#stopped(pid: number, what: number): SysCall<void> {
    const signo = what & 0xff;
    const event = what >> 8;
    let deliver = 0;
    if (!this.#known.has(pid)) {
      // A new child's first stop: it is ours now.
      this.#known.add(pid);
      yield* this.#line("", `strace: Process ${pid} attached`);
    } else if (signo === SYSCALL_STOP) yield* this.#syscall(pid);
    else if (event !== 0) {
      if (event !== EVENT_EXEC) yield* this.#tracee.eventMessage(pid);
    } else if (!this.#isStarting) {
      const info = yield* this.#tracee.siginfo(pid);
      if (info === undefined)
        yield* this.#line(this.#prefix(pid), `--- stopped by ${signalName(signo)} ---`);
      else {
        yield* this.#line(this.#prefix(pid), siginfoText(info));
        deliver = signo;
      }
    }
    yield* this.#sys.call("ptrace", PTRACE_SYSCALL, pid, 0, deliver);
  }

  *#ended(pid: number, status: number): SysCall {
    const signo = status & 0x7f;
    const code = (status >> 8) & 0xff;
    const begun = this.#begun.get(pid);
    this.#begun.delete(pid);
    if (begun?.isShown === true) yield* this.#result(pid, begun, "?");
    const how = signo === 0 ? `exited with ${code}` : `killed by ${signalName(signo)}`;
    const core = (status & 0x80) === 0 ? "" : " (core dumped)";
    yield* this.#line(this.#prefix(pid), `+++ ${how}${core} +++`);
    this.#known.delete(pid);
    return signo === 0 ? code : 128 + signo;
  }

  *#syscall(pid: number): SysCall<void> {
    const stop = yield* this.#tracee.syscallStop(pid);
    if (stop.kind === "entry") yield* this.#entry(pid, stop);
    else if (stop.kind === "exit") yield* this.#exit(pid, stop);
  }

  *#entry(pid: number, stop: SyscallStop & { kind: "entry" }): SysCall<void> {
    yield* this.#tellMode(pid, stop.is32);
    const name = callName(stop.is32, stop.nr);
    if (name === "execve") this.#isStarting = false;
    const { isWanted, isSummary, stringSize } = this.#settings;
    const isShown = !(this.#isStarting || isSummary) && isWanted(name);
    const kinds = signature(name);
    const out = kinds.findIndex((kind) => kind.startsWith(">"));
    const printed = out === -1 ? kinds.length : out;
    const timeNs = yield* this.#sys.clock_gettime(1);
    const { is32, args } = stop;
    this.#begun.set(pid, { name, is32, args, printed, isShown, timeNs });
    if (!isShown) return;
    const call = { pid, is32, args, result: undefined, stringSize };
    const given = yield* this.#arguments(call, name, kinds, 0, printed);
    const text = printed > 0 && printed < kinds.length ? `${given}, ` : given;
    yield* this.#start(pid, `${this.#prefix(pid)}${name}(${text}`);
  }

  *#tellMode(pid: number, is32: boolean): SysCall<void> {
    if (is32 === this.#in32.has(pid)) return;
    if (is32) this.#in32.add(pid);
    else this.#in32.delete(pid);
    yield* this.#line("", `[ Process PID=${pid} runs in ${is32 ? 32 : 64} bit mode. ]`);
  }

  *#exit(pid: number, stop: SyscallStop & { kind: "exit" }): SysCall<void> {
    const begun = this.#begun.get(pid);
    if (begun === undefined) return;
    this.#begun.delete(pid);
    const { name, timeNs } = begun;
    if (name !== RESTART) this.#last.set(pid, name);
    if (!this.#isStarting && this.#settings.isWanted(name)) {
      const tally = this.tallies.get(name) ?? { name, calls: 0, errors: 0, ns: 0 };
      const ns = tally.ns + (yield* this.#sys.clock_gettime(1)) - timeNs;
      const errors = tally.errors + (stop.isError ? 1 : 0);
      this.tallies.set(name, { name, calls: tally.calls + 1, errors, ns });
    }
    if (begun.isShown) yield* this.#result(pid, begun, answerText(name, stop), stop.result);
  }

  /** The rest of a call's line. */
  *#result(pid: number, begun: Begun, answer: string, result?: number): SysCall<void> {
    const { name, is32, args, printed } = begun;
    if (this.#open?.pid !== pid)
      yield* this.#start(pid, `${this.#prefix(pid)}<... ${name} resumed>`);
    const kinds = signature(name);
    const call = { pid, is32, args, result, stringSize: this.#settings.stringSize };
    const rest = yield* this.#arguments(call, name, kinds, printed, kinds.length);
    const text = `${rest})`;
    const room = COLUMN - 1 - (this.#open?.length ?? 0);
    this.#open = undefined;
    yield* this.#sys.write(this.#settings.out, `${text.padEnd(room)} = ${answer}\n`);
  }

  *#arguments(
    call: TracedCall,
    name: string,
    kinds: readonly string[],
    from: number,
    to: number,
  ): SysCall<string> {
    if (name === "clone" && from === 0) return cloneText(call.args);
    if (name === RESTART && from === 0)
      return `<... resuming interrupted ${this.#last.get(call.pid) ?? "system call"} ...>`;
    const texts: string[] = [];
    for (let at = from; at < to; at++) {
      const kind = kinds[at]!;
      // A mode counts only where a file can be made.
      if (kind === "mode" && kinds[at - 1] === "open" && (call.args[at - 1]! & 0o100) === 0)
        continue;
      texts.push(yield* printArgument(this.#tracee, call, kind, at));
    }
    return texts.join(", ");
  }

  /** Begins a line that will go on; what another process has begun is broken off. */
  *#start(pid: number, text: string): SysCall<void> {
    yield* this.#breakOff();
    this.#open = { pid, length: text.length };
    yield* this.#sys.write(this.#settings.out, text);
  }

  *#line(prefix: string, text: string): SysCall<void> {
    if (this.#settings.isSummary) return;
    yield* this.#breakOff();
    yield* this.#sys.write(this.#settings.out, `${prefix}${text}\n`);
  }

  *#breakOff(): SysCall<void> {
    if (this.#open === undefined) return;
    this.#open = undefined;
    yield* this.#sys.write(this.#settings.out, " <unfinished ...>\n");
  }

  #prefix(pid: number): string {
    return this.#known.size > 1 ? `[pid ${String(pid).padStart(5)}] ` : "";
  }
}

function callName(is32: boolean, nr: number): string {
  return (is32 ? syscallNames32 : syscallNames64)[nr] ?? `syscall_${hex(nr)}`;
}

/** The raw call has its flags first; the wrapper's names say more. */
function cloneText(args: readonly number[]): string {
  const [flags = 0, stack = 0, parentTid = 0, childTid = 0] = args;
  const signo = flags & 0xff;
  const set = (flags & ~0xff) === 0 ? [] : [flagNames("clone", flags & ~0xff)];
  if (signo !== 0) set.push(signalName(signo));
  const parts = [
    `child_stack=${pointer(stack)}`,
    `flags=${set.length === 0 ? "0" : set.join("|")}`,
  ];
  if ((flags & 0x100000) !== 0) parts.push(`parent_tid=${pointer(parentTid)}`);
  if ((flags & 0x1200000) !== 0) parts.push(`child_tidptr=${pointer(childTid)}`);
  return parts.join(", ");
}

function answerText(name: string, { result, isError }: SyscallStop & { kind: "exit" }): string {
  if (NEVER_RETURNS.includes(name)) return "?";
  if (!isError) return ADDRESS_RESULTS.includes(name) ? hex(result) : String(result);
  const restart = RESTARTS[-result];
  if (restart !== undefined) return `? ${restart}`;
  return `-1 ${errnoName(-result)} (${strerror(result)})`;
}

/**
 * strace [-f] [-c] [-o file] [-s size] [-e trace=call,...] [-p pid] [command [argument]...]
 *
 * @simplified a group stop is told, and the process goes on.
 */
export const strace: Program = function* strace(sys, argv, env) {
  const { flags, rest, wrong } = options(argv, "+fco:s:e:p:q");
  if (wrong !== undefined) return yield* usage(sys, "strace", wrong);
  const attach = flags.get("p");
  if (rest.length === 0 && attach === undefined) {
    yield* sys.write(
      2,
      "strace: must have PROG [ARGS] or -p PID\nTry 'strace -h' for more information.\n",
    );
    return 1;
  }
  const isWanted = traceSet(flags.get("e") ?? "all");
  if (typeof isWanted === "string") {
    yield* sys.write(2, `strace: invalid system call '${isWanted}'\n`);
    return 1;
  }
  const file = flags.get("o");
  const out = file === undefined ? 2 : yield* sys.open(file, 0o2001101, 0o666);
  if (out < 0) {
    yield* sys.write(2, `strace: Can't fopen '${file}': ${strerror(out)}\n`);
    return 1;
  }
  const settings: Settings = {
    out,
    follows: flags.has("f"),
    isWanted,
    isSummary: flags.has("c"),
    stringSize: Number(flags.get("s") ?? STRING_SIZE),
  };
  const first =
    attach === undefined ? yield* start(sys, rest, env) : yield* attachTo(sys, Number(attach));
  if (first < 0) return 1;
  const follow = settings.follows ? FOLLOW_CHILDREN : 0;
  yield* sys.call("ptrace", PTRACE_SETOPTIONS, first, 0, TRACESYSGOOD | TRACEEXEC | follow);
  const tracee = yield* Tracee.reader(sys);
  const tracer = new Strace(sys, settings, tracee, [first], attach === undefined);
  if (attach !== undefined) yield* tracer.attached(first);
  yield* sys.call("ptrace", PTRACE_SYSCALL, first, 0, 0);
  const status = yield* tracer.run(first);
  if (settings.isSummary) yield* sys.write(out, summary([...tracer.tallies.values()]));
  return status;
};

function* firstExecutable(sys: Sys, places: readonly string[]): SysCall<string | undefined> {
  for (const place of places) if ((yield* sys.call("access", place, X_OK)) === 0) return place;
  return undefined;
}

/** A child that stops before it executes the program. */
function* start(sys: Sys, argv: readonly string[], env: Readonly<Record<string, string>>): SysCall {
  const file = argv[0]!;
  const path = file.includes("/") ? file : yield* firstExecutable(sys, pathPlaces(file, env));
  if (path === undefined) {
    yield* sys.write(2, `strace: Can't stat '${file}': No such file or directory\n`);
    return -1;
  }
  const pid = yield* sys.fork();
  if (pid === 0) {
    yield* sys.call("ptrace", PTRACE_TRACEME, 0, 0, 0);
    yield* sys.kill(yield* sys.getpid(), SIGSTOP);
    const failed = yield* sys.execve(path, argv, env);
    yield* sys.write(2, `strace: exec: ${strerror(failed)}\n`);
    return yield* sys.exit(1);
  }
  yield* sys.call("wait4", pid, 0, WALL, 0);
  return pid;
}

function* attachTo(sys: Sys, pid: number): SysCall {
  const done = yield* sys.call("ptrace", PTRACE_ATTACH, pid, 0, 0);
  if (done < 0) {
    yield* sys.write(2, `strace: attach: ptrace(PTRACE_SEIZE, ${pid}): ${strerror(done)}\n`);
    return -1;
  }
  yield* sys.call("wait4", pid, 0, WALL, 0);
  yield* sys.write(2, `strace: Process ${pid} attached\n`);
  return pid;
}
