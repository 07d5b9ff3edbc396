import type { Sys } from "../sys.ts";
import type { Command } from "./ast.ts";

/** An error that ends a script, or the command an interactive shell reads. */
export class ShellError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** `exit`, `return`, `break` or `continue` on its way to where it ends. */
export class Jump {
  readonly kind: "exit" | "return" | "break" | "continue";
  readonly status: number;
  /** Loops that are still to be left. */
  levels: number;

  constructor(kind: "exit" | "return" | "break" | "continue", status: number, levels = 1) {
    this.kind = kind;
    this.status = status;
    this.levels = levels;
  }
}

/** ^C: an interactive shell leaves whatever it does and asks for the next command. */
export class Interrupt {
  readonly status = 130;
}

interface Variable {
  value: string | undefined;
  isExported: boolean;
  isReadonly: boolean;
}

export interface Job {
  readonly id: number;
  readonly pids: readonly number[];
  readonly pgid: number;
  readonly text: string;
  state: "Running" | "Stopped" | "Done";
  status: number;
}

/** The state of one shell: what a fork copies and what `exec` loses. */
export class Shell {
  readonly sys: Sys;
  readonly name: string;
  readonly variables = new Map<string, Variable>();
  readonly functions = new Map<string, Command>();
  readonly aliases = new Map<string, string>();
  /** By function that runs: what `local` has to give back, `-` for the options of `set`. */
  readonly locals: Map<string, Variable | string | undefined>[] = [];
  /** Where `getopts` goes on: the next argument, and the letter in the one before it. */
  optionIndex = 1;
  optionOffset = -1;
  /** `set -e` and its like, by letter. */
  readonly options = new Set<string>();
  /** Actions by signal number; 0 is EXIT. */
  readonly traps = new Map<number, string>();
  readonly pendingSignals: number[] = [];
  jobs: Job[] = [];
  parameters: readonly string[];
  status = 0;
  line = 1;
  pid = 0;
  lastBackground = 0;
  /** Above 0 where a failure is asked for (conditions), so that `set -e` does not end the shell. */
  tested = 0;
  loops = 0;
  functionDepth = 0;
  isSubshell = false;
  /** Job control: pipelines are process groups, and one of them has the terminal. */
  isMonitor = false;
  isInteractive = false;
  /** ^C has come: for the shell, or for the job that it waited for. */
  isInterrupted = false;

  constructor(
    sys: Sys,
    name: string,
    parameters: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    this.sys = sys;
    this.name = name;
    this.parameters = parameters;
    this.variables.set("IFS", { value: " \t\n", isExported: false, isReadonly: false });
    this.variables.set("OPTIND", { value: "1", isExported: false, isReadonly: false });
    this.variables.set("PS4", { value: "+ ", isExported: false, isReadonly: false });
    for (const [key, value] of Object.entries(env)) {
      if (key !== "IFS") this.variables.set(key, { value, isExported: true, isReadonly: false });
    }
  }

  get(name: string): string | undefined {
    return this.variables.get(name)?.value;
  }

  set(name: string, value: string | undefined, isExported = false): void {
    const known = this.variables.get(name);
    if (known?.isReadonly === true) throw new ShellError(`${name}: is read only`);
    if (name === "OPTIND") {
      this.optionIndex = Math.max(1, Number.parseInt(value ?? "1", 10) || 1);
      this.optionOffset = -1;
    }
    if (known === undefined) this.variables.set(name, { value, isExported, isReadonly: false });
    else {
      known.value = value;
      known.isExported ||= isExported;
    }
  }

  /** `export` and `readonly`: the mark without a value. */
  mark(name: string, what: "isExported" | "isReadonly"): void {
    const known = this.variables.get(name);
    if (known !== undefined) known[what] = true;
    else {
      const fresh: Variable = { value: undefined, isExported: false, isReadonly: false };
      fresh[what] = true;
      this.variables.set(name, fresh);
    }
  }

  unset(name: string): void {
    if (this.variables.get(name)?.isReadonly === true) {
      throw new ShellError(`unset: ${name}: is read only`);
    }
    this.variables.delete(name);
  }

  /** `local`: what `name` is now comes back when the function ends. False outside of functions. */
  keepLocal(name: string): boolean {
    const kept = this.locals.at(-1);
    if (kept === undefined) return false;
    if (kept.has(name)) return true;
    const variable = this.variables.get(name);
    if (name === "-") kept.set(name, [...this.options].join(""));
    else kept.set(name, variable === undefined ? undefined : { ...variable });
    return true;
  }

  leaveLocals(): void {
    for (const [name, before] of this.locals.pop() ?? []) {
      if (typeof before === "string") {
        this.options.clear();
        for (const letter of before) this.options.add(letter);
      } else if (before === undefined) this.variables.delete(name);
      else this.variables.set(name, before);
    }
  }

  /** The environment of a command with assignments before it. */
  environment(extra: readonly (readonly [string, string])[] = []): Record<string, string> {
    const env: Record<string, string> = {};
    for (const [name, { value, isExported }] of this.variables) {
      if (isExported && value !== undefined) env[name] = value;
    }
    for (const [name, value] of extra) env[name] = value;
    return env;
  }

  /** The prefix of what the shell says on standard error. */
  complaint(message: string): string {
    return `${this.name}: ${this.line}: ${message}\n`;
  }
}
