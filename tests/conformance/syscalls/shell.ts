import { writeInt } from "./bytes.ts";
import type { Constants } from "./constants.ts";
import type { Agent } from "./port.ts";
import { isError } from "./results.ts";
import { recordErrno } from "./words.ts";

type ShellArg = number | string | Uint8Array;

/** Makes system calls in the name of a process, while the world is prepared. */
export class Shell {
  readonly agent: Agent;
  private readonly constants: Constants;
  private readonly run: () => void;
  /** What has failed, of what should not: the world is then not the one of the scenarios. */
  readonly problems: string[];

  constructor(agent: Agent, constants: Constants, run: () => void, problems: string[] = []) {
    this.agent = agent;
    this.constants = constants;
    this.run = run;
    this.problems = problems;
  }

  /** The same for another process. */
  of(agent: Agent): Shell {
    return new Shell(agent, this.constants, this.run, this.problems);
  }

  /** Texts are passed with their NUL, bytes without. */
  must(call: string, ...args: ShellArg[]): number {
    const ret = this.try(call, ...args);
    if (!isError(ret)) return ret;
    const shown = args.map((arg) => (typeof arg === "object" ? "…" : arg)).join(", ");
    this.problems.push(`${call}(${shown}) answers ${recordErrno(-ret)}`);
    return ret;
  }

  try(call: string, ...args: ShellArg[]): number {
    const nr = this.constants.callNumber(call);
    if (nr === undefined) throw new Error(`no system call is called "${call}"`);
    const values = args.map((arg) => (typeof arg === "number" ? arg : this.place(arg)));
    this.agent.begin({ kind: "syscall", nr, args: values });
    this.run();
    const outcome = this.agent.outcome();
    if (outcome.kind !== "returned") throw new Error(`${call} is ${outcome.kind}`);
    return outcome.ret;
  }

  private place(arg: string | Uint8Array): number {
    const bytes = typeof arg === "string" ? Buffer.from(`${arg}\0`, "utf8") : arg;
    const address = this.agent.alloc(bytes.length);
    this.agent.write(address, bytes);
    return address;
  }
}

/** 32-bit words as bytes. */
export function wordBytes(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  for (const [i, value] of values.entries()) writeInt(bytes, i * 4, "u32", value);
  return bytes;
}
