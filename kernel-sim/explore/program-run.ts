import { addConsole } from "../drivers/tty/serial-port.ts";
import type { Costs } from "../hw/costs.ts";
import { startInit, startKernel } from "../init/main.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { TASK_RUNNING } from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import { TraceRing } from "../trace/ring.ts";
import { fromUtf8 } from "../user/marshal.ts";
import type { Program } from "../user/program.ts";
import { ProgramContext } from "../user/program-context.ts";
import { programFile } from "../user/program-file.ts";
import { programLoader } from "../user/user-context.ts";
import { going, mainProgram, type ReadyProgram, type RunRecord } from "./concurrent-program.ts";
import { ControlledKernel, type KernelDoors, plainDoors } from "./controlled-kernel.ts";
import type { ControlledRun } from "./dpor.ts";

const MEMORY_BYTES = 8 * 1024 * 1024;
const MAIN = "/sbin/init";
const WORD_BYTES = 4;
const STEPS_OF_MAIN = 10_000;

/** Nothing takes time, so that time depends on no schedule: it passes when programs compute, and when all sleep. */
const NO_COSTS: Costs = Object.freeze({
  ...{ syscallNs: 0, contextSwitchNs: 0, pageFaultNs: 0, copyLineNs: 0, pathComponentNs: 0 },
  ...{ sysenterNs: 0, int80Ns: 0, vdsoClockNs: 0, rdtscNs: 0 },
  ...{
    instructionsPerNs: 1e9,
    interruptNs: 0,
    softirqNs: 0,
    ipiSendNs: 0,
    forkNs: 0,
    execNs: 0,
    ttyWriteNs: 0,
    ttyByteNs: 0,
  },
});

/** One run of a program, on a small machine of its own. */
export class ProgramRun implements ControlledRun {
  readonly controlled: ControlledKernel;
  readonly #record: RunRecord = { base: 0, returned: {}, thrown: undefined };
  readonly #main: Task;
  readonly #program: ReadyProgram;
  readonly #output: Uint8Array[] = [];

  /** @param like a kernel that is over: this one has its tables and its trace, and need not make them again */
  constructor(program: ReadyProgram, like?: Kernel) {
    this.#program = program;
    const trace = like?.trace ?? new TraceRing();
    trace.reset();
    const started = startKernel({
      ...{ seed: 1, cpus: 1, memoryBytes: MEMORY_BYTES, costs: NO_COSTS, trace },
      ...(like === undefined ? {} : { like }),
    });
    const { kernel, rootfs } = started;
    for (const path of ["/dev", "/sbin", "/tmp"]) rootfs.mkdir(path);
    rootfs.device("/dev/console", 5, 1);
    rootfs.device("/dev/null", 1, 3);
    addConsole(kernel, { onOutput: (bytes) => this.#output.push(bytes.slice()) });
    const main = mainProgram(program, () => this.#main.user as ProgramContext, this.#record);
    kernel.programs.set(MAIN, programLoader(withConsole(main)));
    rootfs.file(MAIN, programFile(MAIN), { mode: 0o755 });
    for (const { name, file } of program.threads) {
      if (file !== undefined) rootfs.file(machineCodePath(name), file, { mode: 0o755 });
    }
    this.#main = startInit(started, MAIN, "explore");
    this.controlled = startThreads(kernel, this.#main, program, plainDoors(kernel));
  }

  enabled(): readonly string[] {
    return this.controlled.enabled();
  }

  step(thread: string) {
    return this.controlled.step(thread);
  }

  letTimePass(): boolean {
    return this.controlled.letTimePass();
  }

  /** Of machine code what it has returned is its exit status, and of one that a signal has ended 128 and its number. */
  get record(): RunRecord {
    for (const { name, file } of this.#program.threads) {
      const task = file === undefined ? undefined : this.controlled.taskOf(name);
      if (task === undefined || task.exitState === 0) continue;
      const signo = task.exitCode & 0x7f;
      this.#record.returned[name] = signo === 0 ? task.exitCode >> 8 : 128 + signo;
    }
    return this.#record;
  }

  /** Threads that have not ended. */
  alive(): readonly string[] {
    return this.controlled.alive();
  }

  get output(): string {
    return this.#output.map(fromUtf8).join("");
  }

  /** What the words are now. */
  words(): Record<string, number> {
    return readWords(this.#main, this.#program, this.#record.base);
  }
}

/** Lets the first process prepare everything, and takes over when its threads are there and it waits. */
export function startThreads(
  kernel: Kernel,
  main: Task,
  program: ReadyProgram,
  doors: KernelDoors,
): ControlledKernel {
  const controlled = new ControlledKernel(kernel, doors);
  for (let steps = 0; main.state === TASK_RUNNING && main.exitState === 0; steps++) {
    if (steps > STEPS_OF_MAIN) throw new Error("setup() does not come to its end");
    controlled.stepTask(main);
  }
  const { user } = main;
  if (user instanceof ProgramContext && user.thrown !== undefined) throw user.thrown.error;
  const born = controlled.newTasks();
  if (born.length !== program.threads.length)
    throw new Error("setup() must not end, and start no threads");
  for (const [i, task] of born.entries()) {
    const { name, file } = program.threads[i]!;
    if (file !== undefined) controlled.becomeMachineCode(task, machineCodePath(name));
    controlled.name(task, name);
  }
  controlled.begin();
  return controlled;
}

/** Where the file of a process of machine code lies. */
export function machineCodePath(name: string): string {
  return `/tmp/${name}.out`;
}

export function readWords(
  main: Task,
  { words }: ReadyProgram,
  base: number,
): Record<string, number> {
  const values: Record<string, number> = {};
  const task =
    main.mm !== undefined ? main : [...main.kernel.tasks].find(({ mm }) => mm !== undefined);
  const bytes = new Uint8Array(words.length * WORD_BYTES);
  task?.mm?.copyFromUser(base, bytes);
  const view = new DataView(bytes.buffer);
  words.forEach(([name], i) => {
    values[name] = view.getInt32(i * WORD_BYTES, true);
  });
  return values;
}

/** As `run` of a machine gives it to a program: descriptors 0, 1 and 2. */
function withConsole(main: Program): Program {
  return function* withConsole(sys, argv, env) {
    for (let fd = 0; fd < 3; fd++) yield* sys.open("/dev/console", 2);
    return yield* going(main(sys, argv, env));
  };
}
