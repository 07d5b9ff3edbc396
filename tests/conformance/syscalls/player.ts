import { Arguments } from "./argument.ts";
import { text } from "./bytes.ts";
import type { Constants } from "./constants.ts";
import type { Agent, Command, Outcome, World } from "./port.ts";
import { isAddressCall, isError, recordReturn } from "./results.ts";
import type { Step } from "./scenario.ts";
import { Symbols } from "./symbols.ts";

/** The result of a step, in the form in which the corpus records it. */
export type StepResult = Readonly<Record<string, unknown>>;

/** What turns the outcome of a command into the result of its step. */
type Finish = (outcome: Outcome) => StepResult;

interface Pending {
  readonly call: string;
  readonly finish: Finish;
}

/** Where the rings of an io_uring lie in the memory of the process that has set it up. */
export interface Ring {
  readonly agent: Agent;
  readonly sqTail: number;
  readonly sqMask: number;
  readonly sqArray: number;
  readonly sqes: number;
  readonly cqHead: number;
  readonly cqTail: number;
  readonly cqMask: number;
  readonly cqes: number;
}

/** No scenario waits as long as this; a timer that fires for ever must not hold the player up. */
const TIMERS_PASSED_MAX = 10_000;

/** Everything that lasts from step to step of one scenario. */
export class Player {
  readonly world: World;
  readonly constants: Constants;
  readonly symbols = new Symbols();
  private readonly agents = new Map<string, Agent>();
  /** The rings of io_uring, by the variables that hold their descriptors. */
  readonly rings = new Map<string, Ring>();
  private readonly pending = new Map<string, Pending>();

  constructor(world: World, constants: Constants) {
    this.world = world;
    this.constants = constants;
  }

  add(name: string, agent: Agent): void {
    this.agents.set(name, agent);
    this.symbols.namePid(name, agent.pid);
  }

  /** The process that takes a step, if it can take one. */
  agentOf(name: string): Agent {
    const agent = this.agents.get(name);
    if (agent === undefined) throw new StepRefused(`no process is called "${name}"`);
    return agent;
  }

  arguments(agent: Agent, keepsMemory = false): Arguments {
    return new Arguments(agent, this.world, this.constants, this.symbols, keepsMemory);
  }

  /** Gives a process its next command and waits until it is done, or blocked. */
  perform(step: Step, agent: Agent, command: Command, finish: Finish): StepResult {
    const busy = this.pending.get(step.p);
    if (busy !== undefined) throw new StepRefused(`${step.p} is still in ${busy.call}`);
    if (agent.outcome().kind === "gone") throw new StepRefused(`${step.p} is gone`);
    agent.begin(command);
    this.pending.set(step.p, { call: step.call, finish });
    return this.collect(step, step.blocks !== true);
  }

  /** What has become of the command that a process was given. */
  join(step: Step): StepResult {
    if (!this.pending.has(step.p)) throw new StepRefused(`${step.p} has no call to be joined`);
    return this.collect(step, true);
  }

  private collect(step: Step, maySpendTime: boolean): StepResult {
    const agent = this.agentOf(step.p);
    this.world.run();
    if (maySpendTime) {
      for (let i = 0; i < TIMERS_PASSED_MAX && agent.outcome().kind === "blocked"; i++) {
        if (!this.world.passTime()) break;
      }
    }
    const outcome = agent.outcome();
    if (outcome.kind === "blocked") return { blocked: true };
    const pending = this.pending.get(step.p);
    this.pending.delete(step.p);
    if (outcome.kind === "gone") return { gone: true };
    if (outcome.kind === "exec") {
      return { exec: true, argv: outcome.argv.map(text), env: outcome.env.map(text) };
    }
    return pending?.finish(outcome) ?? {};
  }

  /** A system call, by the raw convention of the kernel. */
  syscall(step: Step): StepResult {
    const agent = this.agentOf(step.p);
    const nr = this.callNumber(step.call);
    const args = this.arguments(agent);
    const values = args.encodeAll(step.args ?? []).map(({ value }) => Number(value));
    return this.perform(step, agent, { kind: "syscall", nr, args: values }, (outcome) => {
      const ret = outcome.kind === "returned" ? outcome.ret : 0;
      const returned = { call: step.call, nr, args: values, ret, outs: args.outs };
      const result = recordReturn(this.symbols, {
        ...returned,
        isOutputOfErrors: step.outerr === true,
      });
      this.save(step, ret);
      return result;
    });
  }

  /** A call that is only a part of a step: what it returned, or what else has become of the process. */
  call(step: Step, call: string, args: readonly number[]): number | StepResult {
    const nr = this.callNumber(call);
    const agent = this.agentOf(step.p);
    const result = this.perform(step, agent, { kind: "syscall", nr, args }, (outcome) => ({
      ret: outcome.kind === "returned" ? outcome.ret : 0,
    }));
    return typeof result["ret"] === "number" ? result["ret"] : result;
  }

  private callNumber(call: string): number {
    const nr = this.constants.callNumber(call);
    if (nr === undefined) throw new StepRefused(`no system call is called "${call}"`);
    return nr;
  }

  save({ save, call }: Step, ret: number): void {
    if (save === undefined) return;
    this.symbols.setVariable(save, isError(ret) ? -1 : ret, isAddressCall(call) && !isError(ret));
  }
}

/** A step that cannot be tried, because of what earlier ones have left. */
export class StepRefused extends Error {
  override readonly name = "StepRefused";
}
