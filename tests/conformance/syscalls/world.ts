import { CAP_SYS_RESOURCE } from "../../../kernel-sim/include/uapi/capability.ts";
import { bareTask } from "../../../kernel-sim/init/bare-task.ts";
import { initSyscalls } from "../../../kernel-sim/init/syscalls.ts";
import { CAP_FULL_SET } from "../../../kernel-sim/kernel/cred.ts";
import type { Kernel } from "../../../kernel-sim/kernel/kernel.ts";
import { TASK_STOPPED_BIT } from "../../../kernel-sim/kernel/state.ts";
import type { Task } from "../../../kernel-sim/kernel/task.ts";
import { VM_READ, VM_WRITE } from "../../../kernel-sim/mm/vma.ts";
import { PROGRAM_BSS } from "../../../kernel-sim/user/program-file.ts";
import { AgentContext } from "./agent-context.ts";
import { AGENT_TEXT } from "./agent-text.ts";
import { BSS_BYTES } from "./arena.ts";
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
import { makeFiles, makeTree, openNull, reapChildren, setLimits, startProcess } from "./setup.ts";
import { Shell } from "./shell.ts";

/** A program that never sleeps must not hold the player up. */
const STEPS_MAX = 1_000_000;
/** Scenarios run one pid namespace below the machine's own. */
const SCENARIO_LEVEL = 1;
const CLONE_NEWPID = 0x2000_0000;
const SIGCHLD = 17;
const STACK_TOP = 0x7fff_ffff_0000;

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
    return this.context.arena.alloc(bytes);
  }

  allocForGood(bytes: number): number {
    return this.context.arena.allocForGood(bytes);
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
    return this.task.exitState === 0 ? this.context.outcome : { kind: "gone" };
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
    return this.context.children.splice(0).map((task) => new SimAgent(task));
  }
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
    const outer = bareTask();
    this.kernel = outer.kernel;
    initSyscalls(this.kernel);
    outer.user = new AgentContext();
    outer.mm?.mapAnonymous(PROGRAM_BSS, BSS_BYTES, VM_READ | VM_WRITE);
    outer.mm?.mapAnonymous(STACK_TOP - 0x20000, 0x20000, VM_READ | VM_WRITE);
    outer.regs.sp = STACK_TOP - 64;
    outer.regs.ip = AGENT_TEXT.idle;
    this.kernel.sched.wakeUpNewTask(outer);
    this.init = this.startInit(new Shell(new SimAgent(outer), constantsFor(), () => this.run()));
    makeTree(this.init);
    openNull(this.init);
    setLimits(this.init);
    this.dropResourceCapability();
    makeFiles(this.init, files);
  }

  /** The init of the scenario is a child of the machine's, in a pid namespace of its own. */
  private startInit(outer: Shell): Shell {
    this.run();
    outer.must("clone", CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    const [agent] = outer.agent.takeChildren();
    if (!(agent instanceof SimAgent)) throw new Error("the machine's init has no child");
    const { user } = agent.task;
    if (user instanceof AgentContext) {
      user.onReaped = (pid, status) => this.ends.set(pid, status);
    }
    const init = outer.of(agent);
    init.must("setsid");
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
    this.kernel.runReady(STEPS_MAX);
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
