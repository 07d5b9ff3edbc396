import { CAP_SYS_RESOURCE } from "../../../kernel-sim/include/uapi/capability.ts";
import { startInit, startKernel } from "../../../kernel-sim/init/main.ts";
import { CAP_FULL_SET } from "../../../kernel-sim/kernel/cred.ts";
import type { Kernel } from "../../../kernel-sim/kernel/kernel.ts";
import { TASK_STOPPED_BIT } from "../../../kernel-sim/kernel/state.ts";
import type { Task } from "../../../kernel-sim/kernel/task.ts";
import { programLoader } from "../../../kernel-sim/user/user-context.ts";
import { AgentContext } from "./agent-context.ts";
import { AGENT_TEXT } from "./agent-text.ts";
import type { Arena } from "./arena.ts";
import { writeInt } from "./bytes.ts";
import { constantsFor } from "./constants.ts";
import type {
  Agent,
  BootWorld,
  Command,
  End,
  Outcome,
  ProcessState,
  TakenSignal,
  World,
} from "./port.ts";
import type { SetupFile, StartOptions } from "./scenario.ts";
import {
  mapControlFile,
  mountProc,
  openNull,
  reapChildren,
  setLimits,
  startProcess,
} from "./setup.ts";
import { Shell } from "./shell.ts";
import { AGENT_PATH, EXIT_PATH, makeFiles, makeTree } from "./tree.ts";

/** A program that never sleeps must not hold the player up. */
const STEPS_MAX = 1_000_000;
/** Scenarios run one pid namespace below the machine's own. */
const SCENARIO_LEVEL = 1;
const CLONE_NEWPID = 0x2000_0000;
const SIGCHLD = 17;
const SYS_EXECVE = 59;
const PR_SET_NAME = 15;

/** A process of the simulated machine. */
class SimAgent implements Agent {
  readonly task: Task;
  readonly pid: number;

  constructor(task: Task) {
    this.task = task;
    const innermost = task.threadPid.numbers;
    this.pid = (innermost[SCENARIO_LEVEL] ?? innermost[0])?.nr ?? 0;
  }

  private get context(): AgentContext {
    const { user } = this.task;
    if (user instanceof AgentContext) return user;
    throw new Error(`${this.task.comm} runs a program that takes no commands`);
  }

  alloc(bytes: number): number {
    return this.cleanArena().alloc(bytes);
  }

  allocForGood(bytes: number): number {
    return this.cleanArena().allocForGood(bytes);
  }

  private cleanArena(): Arena {
    const { arena } = this.context;
    const { start, bytes } = arena.reclaim();
    if (bytes > 0) this.write(start, new Uint8Array(bytes));
    return arena;
  }

  read(address: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    const done = this.task.mm?.copyFromUser(address, bytes) ?? 0;
    if (done < count) throw new Error(`no memory to read at ${(address + done).toString(16)}`);
    return bytes;
  }

  write(address: number, bytes: Uint8Array): void {
    const done = this.task.mm?.copyToUser(address, bytes) ?? 0;
    if (done < bytes.length) {
      throw new Error(`no memory to write at ${(address + done).toString(16)}`);
    }
  }

  begin(command: Command): void {
    this.context.begin(this.task, command);
  }

  outcome(): Outcome {
    const { exitState, user } = this.task;
    if (exitState !== 0) return { kind: "gone" };
    // Another program, which was stopped before it came to its end.
    return user instanceof AgentContext ? user.outcome : { kind: "blocked" };
  }

  state(): ProcessState {
    const { task } = this;
    if (!task.kernel.tasks.has(task)) return "gone";
    if (task.exitState !== 0) return "zombie";
    return (task.state & TASK_STOPPED_BIT) !== 0 ? "stopped" : "alive";
  }

  takeSignals(): readonly TakenSignal[] {
    return this.context.taken.splice(0);
  }

  takeChildren(): readonly Agent[] {
    const { user } = this.task;
    if (!(user instanceof AgentContext)) return [];
    return user.children.splice(0).map((task) => new SimAgent(task));
  }
}

function addPrograms(kernel: Kernel): void {
  kernel.programs.set("agent", () => new AgentContext());
  // The first to run this one is the machine's init, which takes commands.
  let isInit = true;
  const exit = programLoader(exitProgram);
  kernel.programs.set("exit", (argv, envp) => {
    const context = isInit ? new AgentContext() : exit(argv, envp);
    isInit = false;
    return context;
  });
}

/** /bin/exit: ends with the status that its argument names. */
// biome-ignore lint/correctness/useYield: a program is a generator, even if it makes no call.
function* exitProgram(_sys: unknown, argv: readonly string[]): Generator<never, number> {
  return Number.parseInt(argv[1] ?? "0", 10);
}

/** execve of a path without arguments or environment. */
function execArguments(agent: Agent, path: string): number[] {
  const text = Buffer.from(`${path}\0`);
  const name = agent.alloc(text.length);
  agent.write(name, text);
  const list = new Uint8Array(24);
  writeInt(list, 0, "u64", name);
  const argv = agent.alloc(list.length);
  agent.write(argv, list);
  return [name, argv, argv + 8];
}

/** The simulated machine of one scenario. */
export class SimWorld implements World {
  readonly recordHandler = AGENT_TEXT.record;
  readonly restorer = AGENT_TEXT.restorer;
  readonly kernel: Kernel;
  private readonly ends = new Map<number, number>();
  private readonly init: Shell;

  get problems(): readonly string[] {
    return this.init.problems;
  }

  constructor(files: readonly SetupFile[]) {
    const started = startKernel({ seed: 1, cpus: 1, memoryBytes: 2 ** 32 });
    this.kernel = started.kernel;
    addPrograms(this.kernel);
    makeTree(started.rootfs);
    makeFiles(started.rootfs, files);
    // The recorder held /bin/exit: it cannot be written to.
    const outer = new SimAgent(startInit(started, EXIT_PATH, "corpus"));
    this.init = this.startInit(new Shell(outer, constantsFor(), () => this.run()));
    mountProc(this.init);
    mapControlFile(this.init);
    openNull(this.init);
    setLimits(this.init);
    this.dropResourceCapability();
  }

  /** The init of the scenario is a child of the machine's, in a pid namespace of its own. */
  private startInit(outer: Shell): Shell {
    this.run();
    outer.must("clone", CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    const [agent] = outer.agent.takeChildren();
    if (!(agent instanceof SimAgent)) throw new Error("the machine's init has no child");
    const init = outer.of(agent);
    init.must("setsid");
    agent.begin({ kind: "syscall", nr: SYS_EXECVE, args: execArguments(agent, AGENT_PATH) });
    this.run();
    const { user } = agent.task;
    if (user instanceof AgentContext) {
      user.onReaped = (pid, status) => this.ends.set(pid, status);
    }
    init.must("prctl", PR_SET_NAME, "init");
    reapChildren(init);
    return init;
  }

  /** Even root cannot raise a hard limit. */
  private dropResourceCapability(): void {
    const { task } = this.init.agent as SimAgent;
    const caps = CAP_FULL_SET & ~(1n << BigInt(CAP_SYS_RESOURCE));
    task.cred = { ...task.cred, capPermitted: caps, capEffective: caps, capBset: caps };
  }

  start(name: string, options: StartOptions): Agent {
    return startProcess(this.init, name, options);
  }

  /** A signal from init. */
  kill(pid: number, signo: number): void {
    this.init.try("kill", pid, signo);
  }

  run(): void {
    const steps = this.kernel.runReady(STEPS_MAX);
    if (steps >= STEPS_MAX) throw new Error(`nobody comes to rest within ${steps} steps`);
  }

  passTime(): boolean {
    if (!this.kernel.advanceToNextEvent()) return false;
    this.run();
    return true;
  }

  endOf(pid: number): End | undefined {
    const status = this.ends.get(pid);
    if (status === undefined) return undefined;
    const signo = status & 0x7f;
    if (signo !== 0) return { kind: "signaled", signo };
    return { kind: "exited", code: (status >> 8) & 0xff };
  }
}

/** A machine in the state in which every scenario begins, with these files. */
export const bootWorld: BootWorld = (files) => new SimWorld(files);
