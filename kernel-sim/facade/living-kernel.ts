import type { BootOptions } from "../api.ts";
import type {
  CpuStretch,
  LoadBinary,
  RegisteredBinfmt,
  Registers,
  SpawnOptions,
  SteppedInstruction,
} from "../api-kernel.ts";
import type { DiskView } from "../api-machine.ts";
import type { KernelView, Past, Stop, StopCondition } from "../api-observe.ts";
import type { BpfObject } from "../bpf/kernel.ts";
import { mainProgram, type ReadyProgram, type RunRecord } from "../explore/concurrent-program.ts";
import { becomeFile, type KernelDoors } from "../explore/controlled-kernel.ts";
import { machineCodePath, startThreads } from "../explore/program-run.ts";
import { pinAt } from "../fs/bpf-fs.ts";
import type { Rootfs } from "../fs/rootfs.ts";
import type { Clock } from "../hw/clock.ts";
import { AT_FDCWD } from "../include/uapi/fcntl.ts";
import { logBoot } from "../init/boot-log.ts";
import { becomeFirstLinux, FIRST_NAME_LEN, FIRST_UTSNAME } from "../init/first-linux.ts";
import { startKernelThreads } from "../init/kernel-threads.ts";
import { mountMachineTree } from "../init/machine-mounts.ts";
import { fillMachineTree } from "../init/machine-tree.ts";
import { startInit, startKernel } from "../init/main.ts";
import { PROFILES } from "../init/profiles.ts";
import { BpfCallbacks } from "../kernel/bpf-callbacks.ts";
import { bpfTaskOf, livingTasks } from "../kernel/bpf-task.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { byteString } from "../lib/byte-string.ts";
import type { TraceRing } from "../trace/ring.ts";
import { getty } from "../user/bin/getty.ts";
import { userPrograms } from "../user/bin/table.ts";
import { diskInitProgram, firstInitProgram, initProgram } from "../user/init-program.ts";
import { MachineContext } from "../user/machine-context.ts";
import { utf8 } from "../user/marshal.ts";
import type { Program } from "../user/program.ts";
import type { ProgramContext } from "../user/program-context.ts";
import type { TapePlayer } from "../user/tape.ts";
import { programLoader } from "../user/user-context.ts";
import type { BpfRows } from "./bpf-rows.ts";
import { MachineConsole } from "./console.ts";
import { facade } from "./facade.ts";
import { RecordedDevice } from "./host-device.ts";
import type { Journal } from "./journal.ts";
import type { ModeTimes } from "./kernel-part.ts";
import { kernelViews } from "./kernel-view.ts";
import { attachDisk, attachRootDisk, diskView, isRootDisk, wantedDisk } from "./machine-disk.ts";
import { readMachineFile, setSysctl, writeMachineFile } from "./machine-files.ts";
import { MachineRecord, recordingOf } from "./machine-record.ts";
import { PastRuns, pastFacade } from "./past.ts";
import { lookAtMemory, mapsOf } from "./process-memory.ts";
import { registerBinfmt } from "./register-binfmt.ts";
import { savedRegisters } from "./registers.ts";
import {
  type ExecutableFile,
  ProgramStarter,
  type SpawnedProgram,
  taskOf,
} from "./start-program.ts";
import { stepInstruction } from "./step-instruction.ts";
import { machineSystemCalls } from "./system-calls.ts";
import { taskViews } from "./task-views.ts";
import { Terminals } from "./terminals.ts";
import { watchTimeline } from "./timeline.ts";
import { Watch } from "./watch.ts";

/** The kernel of one machine that runs programs: made when the first one is started. */
export class LivingKernel {
  readonly kernel: Kernel;
  readonly rootfs: Rootfs;
  readonly init: Task;
  readonly #record: MachineRecord;
  readonly #starter: ProgramStarter;
  readonly runs: PastRuns;
  readonly past: Past;
  /** The state of the kernel as data. */
  readonly view: KernelView;
  readonly taskViews = taskViews;
  /** How programs of BPF see its tasks. */
  readonly bpfTaskOf = bpfTaskOf;
  readonly livingTasks = livingTasks;
  /** Functions of BPF programs that its kernel calls later. */
  readonly bpfCallbacks: BpfCallbacks;
  /** Gives an object of BPF a name in a bpffs that is mounted; 0 or a negative errno. */
  readonly pinBpf = (path: string, object: BpfObject) =>
    pinAt(this.init, AT_FDCWD, byteString(utf8(path)), object);
  readonly timeline: () => readonly CpuStretch[];
  readonly console: MachineConsole;
  readonly terminals: Terminals;
  readonly disk: DiskView | undefined;
  /** BPF programs and maps of the machine, for who looks at it. */
  bpf: (() => BpfRows) | undefined = undefined;
  #isRunning = false;
  /** Its system calls, those that a cell has added included. */
  readonly calls: ReturnType<typeof machineSystemCalls>;
  /** What code that a cell has added to the kernel has thrown. */
  #kernelError: { readonly problem: unknown } | undefined = undefined;
  readonly #binfmts: RegisteredBinfmt[] = [];

  /** @param player plays what the programs of another machine have done, so that this one becomes what that one was */
  constructor(
    options: BootOptions,
    cpus: number,
    clock: Clock,
    trace: TraceRing,
    player?: TapePlayer,
  ) {
    const boot = { options, cpus, time: clock.now(), events: trace.events() };
    this.#record = new MachineRecord(boot, player);
    const profile = PROFILES[options.profile ?? "server"];
    const started = startKernel({
      seed: options.seed ?? 1,
      hasTimer: options.timer ?? true,
      cpus,
      clock,
      trace,
      costs: profile.costs,
      interruptController: profile.interruptController,
      memoryBytes: (options.memoryMiB ?? profile.memoryMiB) * 1024 * 1024,
    });
    this.kernel = started.kernel;
    this.rootfs = started.rootfs;
    this.bpfCallbacks = new BpfCallbacks(this.kernel, (redo) =>
      this.input(
        (other) => redo(other.bpfCallbacks),
        () => {},
      ),
    );
    const { isFirstLinux } = profile;
    const fill = (root: Rootfs) => fillMachineTree(root, Object.keys(userPrograms), isFirstLinux);
    const disk = wantedDisk(options, profile);
    const hasRootDisk = disk !== undefined && isRootDisk(disk);
    if (hasRootDisk) {
      const { kernel, rootfs } = this;
      this.disk = diskView(attachRootDisk(kernel, rootfs, disk, !isFirstLinux, fill));
    } else fill(this.rootfs);
    if (isFirstLinux) {
      this.rootfs.limitNames(FIRST_NAME_LEN);
      becomeFirstLinux(this.kernel);
    } else mountMachineTree(this.kernel, this.rootfs);
    if (disk !== undefined && !hasRootDisk) {
      this.disk = diskView(attachDisk(this.kernel, this.rootfs, disk));
    }
    this.console = new MachineConsole(this.kernel, options.terminal);
    this.terminals = new Terminals(this, this.console);
    for (const [name, program] of Object.entries({ ...userPrograms })) {
      this.kernel.programs.set(`/bin/${name}`, programLoader(program));
    }
    const ownInit = hasRootDisk ? diskInitProgram : initProgram;
    this.kernel.programs.set(
      "/sbin/init",
      programLoader(isFirstLinux ? firstInitProgram : ownInit),
    );
    this.kernel.programs.set("/sbin/getty", programLoader(getty));
    const uts = isFirstLinux ? FIRST_UTSNAME : undefined;
    this.init = startInit(started, "/sbin/init", "kernelbook", undefined, uts);
    if (!isFirstLinux) {
      logBoot(this.kernel, this.init.nsproxy.uts, this.rootfs.root, this.disk);
    }
    this.#starter = new ProgramStarter(this.rootfs, this.init, this.#record.tape);
    if (options.kernelThreads === true) startKernelThreads(this.kernel, this.init);
    const { kernel } = this;
    this.view = facade({
      get event() {
        return kernel.trace.recorded - 1;
      },
      get time() {
        return kernel.now();
      },
      ...kernelViews(() => kernel),
    } satisfies KernelView);
    for (const [name, value] of Object.entries(options.sysctl ?? {})) {
      setSysctl(this.init, name, value);
    }
    this.#record.begin(kernel);
    this.calls = machineSystemCalls(this);
    this.guarded(() => this.kernel.runReady());
    this.timeline =
      options.timeline === true ? watchTimeline(this.kernel) : () => Object.freeze([]);
    this.runs = new PastRuns(this);
    this.past = pastFacade(this.runs);
  }

  /** What was done to it, and when. */
  get journal(): Journal {
    return this.#record.journal;
  }

  /** The same machine at its beginning. It becomes what this one was when the journal's inputs are done again. */
  again(): LivingKernel {
    return this.#record.again((...args) => new LivingKernel(...args));
  }

  /** Events from number `from` on were recorded by the host: a recording was replayed. */
  noteRecorded(from: number): void {
    this.input(recordingOf(this.kernel, from), () => {});
  }

  /** BPF programs at the newest event have taken `ns`. */
  noteCharge(ns: number): void {
    this.#record.noteCharge(this.kernel, ns);
  }

  /**
   * Does something to the machine that its kernel would not do by itself, and remembers it: whatever changes the machine
   * from outside goes through here, so that its past can be played again. `redo` does the same to another machine.
   */
  input<T>(redo: (machine: LivingKernel) => void, body: () => T): T {
    if (!this.#isRunning) this.#record.noteClock(this.kernel);
    return this.journal.note(this.kernel.steps, redo, body);
  }

  /** Puts a program into the file system, so that it can be run by its path. */
  install(path: string, program: Program | ExecutableFile): void {
    this.input(
      (machine) => machine.install(path, program),
      () => this.#starter.install(path, program),
    );
  }

  /** Makes a file, and the directories above it. */
  writeFile(path: string, bytes: Uint8Array, mode: number): void {
    this.input(
      (machine) => machine.writeFile(path, bytes, mode),
      () => writeMachineFile(this.rootfs, path, bytes, mode),
    );
  }

  /** Starts a program, not yet running: a file's path, or a function that becomes a file. */
  spawn(program: Program | ExecutableFile | string, options: SpawnOptions): SpawnedProgram {
    // The caller may change its own.
    const { argv, env } = options;
    const own = {
      ...options,
      ...(argv === undefined ? {} : { argv: [...argv] }),
      ...(env === undefined ? {} : { env: { ...env } }),
    };
    const { stdout } = own;
    if (stdout === undefined) {
      return this.input(
        (machine) => void machine.spawn(program, own),
        () => this.#starter.start(program, own),
      );
    }
    const device = new RecordedDevice(stdout);
    return this.input(
      (machine) => void machine.spawn(program, { ...own, stdout: device.again() }),
      () => this.#starter.start(program, { ...own, stdout: device.take }),
    );
  }

  /** The same without a journal: the machine itself does it. */
  spawnOwn(path: string, options: SpawnOptions): SpawnedProgram {
    return this.#starter.start(path, options);
  }

  /** Runs until `isDone`, or until nothing can happen any more. */
  runUntil(isDone: () => boolean): void {
    this.guarded(() => {
      while (!isDone()) {
        if (!this.kernel.step() && !this.kernel.advanceToNextEvent()) return;
      }
    });
  }

  /** Runs until a condition holds at an event, and makes that step to its end; undefined when nothing can happen any more. */
  runUntilStop(condition: StopCondition): Stop | undefined {
    const { kernel } = this;
    const watch = new Watch(condition);
    let stop: Stop | undefined;
    let failure: { readonly error: unknown } | undefined;
    watch.begin(this);
    kernel.tracing.observer = () => {
      if (stop !== undefined || failure !== undefined) return;
      try {
        stop = watch.look(this, kernel.trace.recorded - 1);
      } catch (error) {
        // It is the cell's own code: it must not come out in the middle of a step.
        failure = { error };
      }
    };
    try {
      this.runUntil(() => stop !== undefined || failure !== undefined);
    } finally {
      kernel.tracing.observer = undefined;
    }
    if (failure !== undefined) throw failure.error;
    return stop;
  }

  /** Runs for so many ns of its own time. */
  runFor(ns: number): void {
    const end = this.kernel.now() + ns;
    this.guarded(() => {
      this.kernel.run(end);
      this.advanceIdleTo(end);
    });
  }

  /** Time passes in which nothing happens. */
  advanceIdleTo(time: number): void {
    this.journal.noteIdle(this.kernel.steps, time, () => this.kernel.advanceIdleTo(time));
  }

  /** The same, once more: what had happened before gave nobody anything to do. */
  passIdleTo(time: number): void {
    while (this.kernel.advanceToNextEvent(time));
    this.advanceIdleTo(time);
  }

  /** A format of executables that a cell has written. */
  registerBinfmt(name: string, load: LoadBinary): RegisteredBinfmt {
    return this.input(
      (machine) => void machine.registerBinfmt(name, load),
      () => {
        const at = this.#binfmts.push(registerBinfmt(this.kernel, name, load)) - 1;
        return facade({ unregister: () => this.#unregisterBinfmt(at) });
      },
    );
  }

  #unregisterBinfmt(at: number): void {
    this.input(
      (machine) => machine.#unregisterBinfmt(at),
      () => this.#binfmts[at]?.unregister(),
    );
  }

  /** Runs a concurrent program, its threads making their steps in this order; answers the last event of each step. */
  runSchedule(program: ReadyProgram, schedule: readonly string[]): number[] {
    const events: number[] = [];
    for (const { name, file } of program.threads) {
      if (file !== undefined) this.writeFile(machineCodePath(name), file, 0o755);
    }
    const doors: KernelDoors = {
      choose: ({ pid }) => this.#choose(pid),
      rename: ({ pid }, name) => this.#rename(pid, name),
      exec: ({ pid }, path) => this.#exec(pid, path),
      singleStep: ({ pid }) => this.setStretch(pid, 1),
    };
    const record: RunRecord = { base: 0, returned: {}, thrown: undefined };
    const main = mainProgram(program, () => task.user as ProgramContext, record);
    const { task } = this.guarded(() => this.spawn(main, {}));
    this.guarded(() => {
      const controlled = startThreads(this.kernel, task, program, doors);
      for (const thread of schedule) {
        controlled.letTimePass();
        controlled.step(thread);
        events.push(this.kernel.trace.recorded - 1);
      }
      controlled.end();
    });
    return events;
  }

  #choose(pid: number): void {
    this.input(
      (machine) => machine.#choose(pid),
      () => {
        const task = taskOf(this.kernel, pid);
        if (task !== undefined) this.kernel.sched.choose(task);
      },
    );
  }

  #rename(pid: number, name: string): void {
    this.input(
      (machine) => machine.#rename(pid, name),
      () => {
        const task = taskOf(this.kernel, pid);
        if (task !== undefined) task.comm = name;
      },
    );
  }

  #exec(pid: number, path: string): void {
    this.input(
      (machine) => machine.#exec(pid, path),
      () => {
        const task = taskOf(this.kernel, pid);
        if (task !== undefined) becomeFile(task, path);
      },
    );
  }

  /** How many instructions of its machine code a process executes at once; 0: as many as usual. */
  setStretch(pid: number, instructions: number): void {
    const task = taskOf(this.kernel, pid);
    const context = task?.user;
    this.input(
      (machine) => machine.setStretch(pid, instructions),
      () => {
        if (context instanceof MachineContext) context.stretch = instructions;
      },
    );
  }

  /** What `task` (or, without one, anybody) has written to the console, as text. */
  output(task?: Task): string {
    return task === undefined ? this.console.all.text : this.console.outputOf(task.tgid);
  }

  /** The time of all CPUs by mode. @linux fs/proc/stat.c `show_stat` (6.18) */
  modeTimes(): ModeTimes {
    const now = this.kernel.now();
    const sum = { user: 0, kernel: 0, interrupt: 0, idle: 0 };
    for (const rq of this.kernel.sched.runQueues) {
      sum.user += rq.userNs + rq.niceNs;
      sum.kernel += rq.systemNs;
      sum.interrupt += rq.irqNs + rq.softirqNs;
      sum.idle += rq.idleNs + (rq.nrRunning > 0 ? 0 : Math.max(0, now - rq.now));
    }
    return sum;
  }

  /** A program must not run the machine that runs it. */
  guarded<T>(body: () => T): T {
    if (this.#isRunning) {
      throw new Error("this machine is running: a program cannot run its own machine");
    }
    this.#isRunning = true;
    this.#record.noteClock(this.kernel);
    try {
      const result = body();
      const thrown = this.#kernelError;
      this.#kernelError = undefined;
      if (thrown !== undefined) throw thrown.problem;
      return result;
    } finally {
      this.#isRunning = false;
      this.#record.leaveClock(this.kernel);
    }
  }

  /** The kernel has oopsed; who runs the machine hears of it when the machine stops. */
  noteKernelError(problem: unknown): void {
    this.#kernelError ??= { problem };
  }

  /** Writes into a process's memory as a thread of it would. */
  store(pid: number, address: number, bytes: Uint8Array): number {
    const task = taskOf(this.kernel, pid);
    return this.input(
      (machine) => void machine.store(pid, address, bytes),
      () => task?.mm?.copyToUser(address, bytes) ?? 0,
    );
  }

  /** The bytes of a file as the first process sees it; undefined when it cannot be opened. */
  readFile(path: string): Uint8Array | undefined {
    return this.input(
      (machine) => void machine.readFile(path),
      () => readMachineFile(this.init, path),
    );
  }

  stepInstruction(task: Task): SteppedInstruction | undefined {
    return stepInstruction(this, task);
  }

  registers(task: Task): Registers | undefined {
    if (!(task.user instanceof MachineContext)) return undefined;
    return savedRegisters(task.regs, task.user.shadowStack());
  }

  memory(task: Task, address: number, n: number): Uint8Array | undefined {
    return lookAtMemory(task, address, n);
  }

  maps(task: Task): string {
    return mapsOf(task);
  }
}
