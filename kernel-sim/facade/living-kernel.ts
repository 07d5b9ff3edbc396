import type { BootOptions, TraceEvent } from "../api.ts";
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
import { shstkSetup } from "../arch/x86/shstk.ts";
import { mainProgram, type ReadyProgram, type RunRecord } from "../explore/concurrent-program.ts";
import { startThreads } from "../explore/program-run.ts";
import { kernelExecve } from "../fs/exec.ts";
import { fput } from "../fs/file-table.ts";
import { File } from "../fs/fs.ts";
import { kernelRead } from "../fs/kernel-read.ts";
import { doFilpOpen } from "../fs/namei-open.ts";
import type { Rootfs } from "../fs/rootfs.ts";
import { Clock } from "../hw/clock.ts";
import { EINVAL, errnoName } from "../include/errno.ts";
import { AT_FDCWD, O_RDWR, O_WRONLY } from "../include/uapi/fcntl.ts";
import { CLONE_UNTRACED } from "../include/uapi/sched.ts";
import { SIGCHLD } from "../include/uapi/signal.ts";
import { logBoot } from "../init/boot-log.ts";
import { becomeFirstLinux, FIRST_NAME_LEN, FIRST_UTSNAME } from "../init/first-linux.ts";
import { startKernelThreads } from "../init/kernel-threads.ts";
import { mountMachineTree } from "../init/machine-mounts.ts";
import { fillMachineTree } from "../init/machine-tree.ts";
import { startInit, startKernel } from "../init/main.ts";
import { PROFILES } from "../init/profiles.ts";
import { kernelClone } from "../kernel/fork.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { isSleeping } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { byteString } from "../lib/byte-string.ts";
import { IovIter } from "../lib/iov-iter.ts";
import { TraceRing } from "../trace/ring.ts";
import { getty } from "../user/bin/getty.ts";
import { userPrograms } from "../user/bin/table.ts";
import { firstInitProgram, initProgram } from "../user/init-program.ts";
import { LinkedContext } from "../user/ld-so/linked-context.ts";
import { MachineContext } from "../user/machine-context.ts";
import { utf8 } from "../user/marshal.ts";
import type { Program } from "../user/program.ts";
import { ProgramContext } from "../user/program-context.ts";
import { programFile } from "../user/program-file.ts";
import { Tape, TapePlayer } from "../user/tape.ts";
import { programLoader } from "../user/user-context.ts";
import { MachineConsole } from "./console.ts";
import { facade } from "./facade.ts";
import { hostDevice, RecordedDevice } from "./host-device.ts";
import { Journal } from "./journal.ts";
import type { ModeTimes } from "./kernel-part.ts";
import { kernelViews } from "./kernel-view.ts";
import { attachDisk, diskView } from "./machine-disk.ts";
import { PastRuns, pastFacade } from "./past.ts";
import { lookAtMemory, mapsOf } from "./process-memory.ts";
import { registerBinfmt } from "./register-binfmt.ts";
import { savedRegisters } from "./registers.ts";
import { stepInstruction } from "./step-instruction.ts";
import { machineSystemCalls } from "./system-calls.ts";
import { taskViews } from "./task-views.ts";
import { Terminals } from "./terminals.ts";
import { watchTimeline } from "./timeline.ts";
import { Watch } from "./watch.ts";

const DEFAULT_ENV = { HOME: "/", PATH: "/usr/bin:/bin", TERM: "linux" };

/** A program that was started from outside, with what its host wants to know of it. */
export interface SpawnedProgram {
  readonly task: Task;
  readonly context: ProgramContext | undefined;
  readonly isMachineCode: boolean;
}

/** The bytes of an executable, and what it is called. */
export interface ExecutableFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The kernel of one machine that runs programs: made when the first one is started. */
export class LivingKernel {
  readonly kernel: Kernel;
  readonly rootfs: Rootfs;
  readonly init: Task;
  /** What was done to it, and what its programs have done: enough to run it again. */
  readonly journal = new Journal();
  readonly tape = new Tape();
  readonly #boot: BootState;
  readonly runs: PastRuns;
  readonly past: Past;
  /** The state of the kernel as data. */
  readonly view: KernelView;
  readonly taskViews = taskViews;
  readonly timeline: () => readonly CpuStretch[];
  readonly console: MachineConsole;
  readonly terminals: Terminals;
  readonly disk: DiskView | undefined;
  readonly #player: TapePlayer | undefined;
  #isRunning = false;
  /** The time at which the host was last left alone with the clock. */
  #leftAt = 0;
  /** Its system calls, those that a cell has added included. */
  readonly calls: ReturnType<typeof machineSystemCalls>;
  /** What code that a cell has added to the kernel has thrown. */
  #kernelError: { readonly problem: unknown } | undefined = undefined;
  #programs = 0;
  readonly #binfmts: RegisteredBinfmt[] = [];
  /** Paths of programs that were started without one of their own. */
  readonly #taken = new Set<string>();

  /** @param player plays what the programs of another machine have done, so that this one becomes what that one was */
  constructor(
    options: BootOptions,
    cpus: number,
    clock: Clock,
    trace: TraceRing,
    player?: TapePlayer,
  ) {
    this.#boot = { options, cpus, time: clock.now(), events: trace.events() };
    this.#player = player;
    const profile = PROFILES[options.profile ?? "server"];
    const started = startKernel({
      seed: options.seed ?? 1,
      hasTimer: options.timer ?? true,
      cpus,
      clock,
      trace,
      costs: profile.costs,
      memoryBytes: (options.memoryMiB ?? profile.memoryMiB) * 1024 * 1024,
    });
    this.kernel = started.kernel;
    this.rootfs = started.rootfs;
    const { isFirstLinux } = profile;
    fillMachineTree(this.rootfs, Object.keys(userPrograms), isFirstLinux);
    if (isFirstLinux) {
      this.rootfs.limitNames(FIRST_NAME_LEN);
      becomeFirstLinux(this.kernel);
    } else mountMachineTree(this.kernel, this.rootfs);
    const disk = options.disk ?? profile.disk ?? false;
    if (disk !== false) {
      const fileSystem = isFirstLinux ? "minix" : "ext2";
      const wanted = {
        fileSystem,
        ...(typeof disk === "string" ? { model: disk } : disk),
      } as const;
      this.disk = diskView(attachDisk(this.kernel, this.rootfs, wanted));
    }
    this.console = new MachineConsole(this.kernel, options.terminal);
    this.terminals = new Terminals(this, this.console);
    for (const [name, program] of Object.entries({ ...userPrograms })) {
      this.kernel.programs.set(`/bin/${name}`, programLoader(program));
    }
    this.kernel.programs.set(
      "/sbin/init",
      programLoader(isFirstLinux ? firstInitProgram : initProgram),
    );
    this.kernel.programs.set("/sbin/getty", programLoader(getty));
    const uts = isFirstLinux ? FIRST_UTSNAME : undefined;
    this.init = startInit(started, "/sbin/init", "kernelbook", undefined, uts);
    if (!isFirstLinux) logBoot(this.kernel, this.init.nsproxy.uts, this.disk);
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
    for (const [name, value] of Object.entries(options.sysctl ?? {})) this.#setSysctl(name, value);
    this.#leftAt = kernel.now();
    kernel.onUntil = (untilNs) => this.journal.noteHorizon(kernel.steps, untilNs);
    this.calls = machineSystemCalls(this);
    this.guarded(() => this.kernel.runReady());
    this.timeline =
      options.timeline === true ? watchTimeline(this.kernel) : () => Object.freeze([]);
    this.runs = new PastRuns(this);
    this.past = pastFacade(this.runs);
  }

  /** The same machine at its beginning. It becomes what this one was when the journal's inputs are done again. */
  again(): LivingKernel {
    const { options, cpus, time, events } = this.#boot;
    const clock = new Clock();
    clock.advanceTo(time);
    const trace = new TraceRing();
    for (const event of events) recordAgain(trace, event);
    return new LivingKernel(
      { ...options, timeline: false },
      cpus,
      clock,
      trace,
      new TapePlayer(this.tape),
    );
  }

  /**
   * Does something to the machine that its kernel would not do by itself, and remembers it: whatever changes the machine
   * from outside goes through here, so that its past can be played again. `redo` does the same to another machine.
   */
  input<T>(redo: (machine: LivingKernel) => void, body: () => T): T {
    if (!this.#isRunning) this.#noteClock();
    return this.journal.note(this.kernel.steps, redo, body);
  }

  /** BPF programs that are run from outside take time, too. */
  #noteClock(): void {
    const now = this.kernel.now();
    if (now === this.#leftAt) return;
    this.#leftAt = now;
    this.journal.note(
      this.kernel.steps,
      ({ kernel }) => kernel.clock.advanceTo(now),
      () => {},
    );
  }

  /** Events from number `from` on were recorded by the host: a recording was replayed. */
  noteRecorded(from: number): void {
    const events = this.kernel.trace.events().filter(({ seq }) => seq >= from);
    const redo = ({ kernel }: LivingKernel): void => {
      for (const event of events) {
        kernel.clock.advanceTo(event.time);
        recordAgain(kernel.trace, event);
        kernel.tracing.observer?.();
      }
    };
    this.input(redo, () => {});
  }

  /** BPF programs at the newest event have taken `ns`. */
  noteCharge(ns: number): void {
    const { charges } = this.journal;
    const event = this.kernel.trace.recorded - 1;
    charges.set(event, (charges.get(event) ?? 0) + ns);
  }

  /** Puts a program into the file system, so that it can be run by its path. */
  install(path: string, program: Program | ExecutableFile): void {
    this.input(
      (machine) => machine.install(path, program),
      () => this.#install(path, program),
    );
  }

  #install(path: string, program: Program | ExecutableFile): void {
    if (typeof program === "object") {
      this.writeFile(path, program.bytes, 0o755);
      return;
    }
    // The machine's own files stay; what they stand for is another program from now on.
    const own = path.replace(/^\/usr\/bin\//, "/bin/");
    const isOwn = own.startsWith("/bin/") && Object.hasOwn(userPrograms, own.slice(5));
    this.kernel.programs.set(isOwn ? own : path, programLoader(program, this.#player ?? this.tape));
    if (!isOwn) this.writeFile(path, programFile(path), 0o755);
  }

  /** Makes a file, and the directories above it. */
  writeFile(path: string, bytes: Uint8Array, mode: number): void {
    this.input(
      (machine) => machine.writeFile(path, bytes, mode),
      () => this.#writeFile(path, bytes, mode),
    );
  }

  #writeFile(path: string, bytes: Uint8Array, mode: number): void {
    const name = encode(path);
    const slash = name.lastIndexOf("/");
    if (slash > 0) this.rootfs.mkdirAll(name.slice(0, slash));
    if (this.rootfs.lookup(name).inode !== undefined) throw new Error(`${path} exists already`);
    this.rootfs.file(name, bytes, { mode });
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
        () => this.#spawn(program, own),
      );
    }
    const device = new RecordedDevice(stdout);
    return this.input(
      (machine) => void machine.spawn(program, { ...own, stdout: device.again() }),
      () => this.#spawn(program, { ...own, stdout: device.take }),
    );
  }

  /** The same without a journal: the machine itself does it. */
  spawnOwn(path: string, options: SpawnOptions): SpawnedProgram {
    return this.#spawn(path, options);
  }

  #spawn(program: Program | ExecutableFile | string, options: SpawnOptions): SpawnedProgram {
    const path = typeof program === "string" ? program : this.#installed(program);
    const pid = kernelClone(this.init, CHILD);
    const child = typeof pid === "number" ? this.#childOf(pid) : undefined;
    if (child === undefined)
      throw new Error(`no process can be made: ${answerText(pid as number)}`);
    this.#prepare(child, options);
    const argv = options.argv ?? [path];
    const env = Object.entries({ ...DEFAULT_ENV, ...options.env });
    const result = kernelExecve(
      child,
      encode(path),
      argv.map(encode),
      env.map(([name, value]) => encode(`${name}=${value}`)),
    );
    if (isSleeping(result) || result < 0) {
      throw new Error(
        `${path} cannot be run: ${isSleeping(result) ? "it waits" : answerText(result)}`,
      );
    }
    const { user } = child;
    if (options.shadowStack === true) shstkSetup(child);
    const isMachineCode = user instanceof MachineContext || user instanceof LinkedContext;
    return {
      ...{ task: child, isMachineCode },
      context: user instanceof ProgramContext ? user : undefined,
    };
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

  /** Runs a concurrent program, its threads making their steps in this order. */
  runSchedule(program: ReadyProgram, schedule: readonly string[]): void {
    const record: RunRecord = { base: 0, returned: {}, thrown: undefined };
    const main = mainProgram(program, () => task.user as ProgramContext, record);
    const { task } = this.guarded(() => this.spawn(main, {}));
    this.guarded(() => {
      const controlled = startThreads(this.kernel, task, program, ({ pid }) => this.#choose(pid));
      for (const thread of schedule) {
        controlled.letTimePass();
        controlled.step(thread);
      }
      controlled.end();
    });
  }

  #choose(pid: number): void {
    this.input(
      (machine) => machine.#choose(pid),
      () => {
        const task = this.#childOf(pid);
        if (task !== undefined) this.kernel.sched.choose(task);
      },
    );
  }

  /** How many instructions of its machine code a process executes at once; 0: as many as usual. */
  setStretch(pid: number, instructions: number): void {
    const task = [...this.kernel.tasks].find((one) => one.pid === pid);
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
      sum.interrupt += rq.irqNs;
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
    this.#noteClock();
    try {
      const result = body();
      const thrown = this.#kernelError;
      this.#kernelError = undefined;
      if (thrown !== undefined) throw thrown.problem;
      return result;
    } finally {
      this.#isRunning = false;
      this.#leftAt = this.kernel.now();
    }
  }

  /** The kernel has oopsed; who runs the machine hears of it when the machine stops. */
  noteKernelError(problem: unknown): void {
    this.#kernelError ??= { problem };
  }

  /** Writes into a process's memory as a thread of it would. */
  store(pid: number, address: number, bytes: Uint8Array): number {
    const task = [...this.kernel.tasks].find((one) => one.pid === pid);
    return this.input(
      (machine) => void machine.store(pid, address, bytes),
      () => task?.mm?.copyToUser(address, bytes) ?? 0,
    );
  }

  /** The bytes of a file as the first process sees it; undefined when it cannot be opened. */
  readFile(path: string): Uint8Array | undefined {
    return this.input(
      (machine) => void machine.readFile(path),
      () => this.#readFile(path),
    );
  }

  #readFile(path: string): Uint8Array | undefined {
    const file = doFilpOpen(this.init, AT_FDCWD, encode(path), READ_ONLY);
    if (!(file instanceof File)) return undefined;
    const pieces: Uint8Array[] = [];
    let pos = 0;
    for (;;) {
      const piece = kernelRead(file, pos, READ_BYTES);
      if (piece.length === 0) break;
      pieces.push(piece);
      pos += piece.length;
    }
    fput(file);
    return concat(pieces);
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

  /** Writes a setting as sysctl(8) would. */
  #setSysctl(name: string, value: string | number): void {
    const path = `/proc/sys/${name.replaceAll(".", "/")}`;
    const file = doFilpOpen(this.init, AT_FDCWD, encode(path), WRITE_ONLY);
    const refused = typeof file === "number" ? file : -EINVAL;
    const answer = file instanceof File ? writeAtOnce(this.init, file, `${value}\n`) : refused;
    if (answer < 0) {
      throw new Error(`boot(): sysctl ${name} cannot be ${String(value)}: ${answerText(answer)}`);
    }
  }

  #installed(program: Program | ExecutableFile): string {
    const given = String(program.name);
    const name = /^[\w.-]{1,64}$/.test(given) ? given : "program";
    this.#programs++;
    const plain = `/usr/${Object.hasOwn(userPrograms, name) ? "local/" : ""}bin/${name}`;
    const path = this.#taken.has(plain) ? `${plain}.${this.#programs}` : plain;
    this.#taken.add(path);
    this.install(path, program);
    return path;
  }

  #childOf(pid: number): Task | undefined {
    for (const task of this.kernel.tasks) if (task.pid === pid) return task;
    return undefined;
  }

  #prepare(child: Task, options: SpawnOptions): void {
    child.blocked = 0n;
    const { uid, gid } = options;
    if (uid !== undefined || gid !== undefined)
      child.cred = this.#cred(child, uid ?? 0, gid ?? uid ?? 0);
    if (options.nice !== undefined) child.se.nice = options.nice;
    const console = doFilpOpen(this.init, AT_FDCWD, "/dev/console", CONSOLE_OPEN);
    if (!(console instanceof File)) throw new Error("the console cannot be opened");
    for (const fd of [0, 1, 2]) {
      child.files.install(fd, console);
      console.count++;
    }
    console.count--;
    if (options.stdout !== undefined) {
      console.count--;
      child.files.install(1, hostDevice(child, options.stdout));
    }
  }

  #cred(child: Task, uid: number, gid: number) {
    const caps = uid === 0 ? child.cred.capPermitted : 0n;
    child.cred.user.processes--;
    const user = this.kernel.user(uid);
    user.processes++;
    return {
      ...child.cred,
      uid,
      euid: uid,
      suid: uid,
      fsuid: uid,
      gid,
      egid: gid,
      sgid: gid,
      fsgid: gid,
      capPermitted: caps,
      capEffective: caps,
      user,
    };
  }
}

/** How a machine was started, to start it again. */
interface BootState {
  readonly options: BootOptions;
  readonly cpus: number;
  readonly time: number;
  /** What its trace had recorded before: replayed recordings. */
  readonly events: readonly TraceEvent[];
}

function recordAgain(trace: TraceRing, { name, time, cpu, fields, pid }: TraceEvent): void {
  trace.record(trace.nameNumber(name), time, cpu, fields, pid);
}

const CHILD = {
  // It is not init's own call: who traces init hears nothing of it, and nothing waits for him.
  flags: CLONE_UNTRACED,
  exitSignal: SIGCHLD,
  pidfd: 0,
  parentTid: 0,
  childTid: 0,
  stack: 0,
  tls: 0,
  setTid: [],
};

const READ_BYTES = 65_536;
const READ_ONLY = { openFlag: 0, mode: 0, accMode: 0, lookupFlags: 1 };
const WRITE_ONLY = { openFlag: O_WRONLY, mode: 0, accMode: 0, lookupFlags: 1 };
const CONSOLE_OPEN = { openFlag: O_RDWR, mode: 0, accMode: 0, lookupFlags: 1 };

function writeAtOnce(task: Task, file: File, text: string): number {
  const iocb = { task, file, pos: 0, flags: 0 };
  const done = file.op.writeIter?.(iocb, IovIter.kernel(utf8(text))) ?? -EINVAL;
  fput(file);
  return isSleeping(done) ? -EINVAL : done;
}

function answerText(answer: number): string {
  return errnoName(-answer);
}

function encode(text: string): string {
  return byteString(utf8(text));
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
