import { CAP_SYS_RESOURCE } from "../../../kernel-sim/include/uapi/capability.ts";
import { bareTask } from "../../../kernel-sim/init/bare-task.ts";
import { initSyscalls } from "../../../kernel-sim/init/syscalls.ts";
import { CAP_FULL_SET } from "../../../kernel-sim/kernel/cred.ts";
import type { Kernel } from "../../../kernel-sim/kernel/kernel.ts";
import { TASK_STOPPED_BIT } from "../../../kernel-sim/kernel/state.ts";
import type { Task } from "../../../kernel-sim/kernel/task.ts";
import { VM_READ, VM_WRITE } from "../../../kernel-sim/mm/vma.ts";
import { PROGRAM_BSS } from "../../../kernel-sim/user/program-file.ts";
import { AGENT_TEXT, AgentContext } from "./agent-context.ts";
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
import { makeFiles, makeTree, openNull, setLimits, startProcess } from "./setup.ts";
import { Shell } from "./shell.ts";
import { SA_RESTORER, SA_SIGINFO } from "./words.ts";

/** A program that never sleeps must not hold the player up. */
const STEPS_MAX = 1_000_000;
const STACK_TOP = 0x7fff_ffff_0000;

const SIGCHLD = 17;
const CLONE_NEWPID = 0x20000000;
/** How deep the pid namespace of the scenario lies. */
const SCENARIO_LEVEL = 1;

/** Lets init reap its children: `struct sigaction`. */
const REAPING = new Uint8Array(
  new BigUint64Array([
    BigInt(AGENT_TEXT.reap),
    BigInt(SA_SIGINFO | SA_RESTORER),
    BigInt(AGENT_TEXT.restorer),
    0n,
  ]).buffer,
);

/** A process of the simulated machine. */
class SimAgent implements Agent {
  readonly task: Task;
  readonly pid: number;

  constructor(task: Task) {
    this.task = task;
    this.pid = task.threadPid.numbers[SCENARIO_LEVEL]?.nr ?? 0;
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
    const first = bareTask();
    this.kernel = first.kernel;
    initSyscalls(this.kernel);
    first.user = new AgentContext();
    first.mm?.mapAnonymous(PROGRAM_BSS, BSS_BYTES, VM_READ | VM_WRITE);
    first.mm?.mapAnonymous(STACK_TOP - 0x20000, 0x20000, VM_READ | VM_WRITE);
    first.regs.sp = STACK_TOP - 64;
    first.regs.ip = AGENT_TEXT.idle;
    this.kernel.sched.wakeUpNewTask(first);
    const task = this.bootNamespace(first);
    this.init = new Shell(new SimAgent(task), constantsFor(), () => this.run());
    this.init.must("setsid");
    this.init.must("rt_sigaction", SIGCHLD, REAPING, 0, 8);
    makeTree(this.init);
    openNull(this.init);
    setLimits(this.init);
    // Even root cannot raise a hard limit.
    const caps = CAP_FULL_SET & ~(1n << BigInt(CAP_SYS_RESOURCE));
    task.cred = { ...task.cred, capPermitted: caps, capEffective: caps, capBset: caps };
    makeFiles(this.init, files);
  }

  /**
   * The scenarios were recorded in a fresh pid namespace, whose init has no privilege that a machine's own
   * first process has: a group with a parent in it is not orphaned, for one.
   */
  private bootNamespace(first: Task): Task {
    const boot = new Shell(new SimAgent(first), constantsFor(), () => this.run());
    this.run();
    boot.must("clone", CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
    const [init] = [...this.kernel.tasks].slice(-1);
    if (init?.user instanceof AgentContext) {
      init.user.onReaped = (pid, status) => this.ends.set(pid, status);
      this.run();
      return init;
    }
    throw new Error("the scenario has no init");
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
