import type { Machine } from "../api.ts";
import type {
  LoadBinary,
  MachineProgram,
  Process,
  SpawnOptions,
  UserProgram,
} from "../api-kernel.ts";
import type { Terminal, TerminalOptions } from "../api-terminal.ts";
import type { Task } from "../kernel/task.ts";
import { fromUtf8, plainBytes, utf8 } from "../user/marshal.ts";
import type { Program } from "../user/program.ts";
import { facade } from "./facade.ts";
import type { LivingKernel } from "./living-kernel.ts";
import type { ExecutableFile, SpawnedProgram } from "./start-program.ts";

/** What a machine offers for running programs. */
type Programs = Pick<
  Machine,
  | "run"
  | "spawn"
  | "install"
  | "registerBinfmt"
  | "stepInstruction"
  | "runFor"
  | "runUntilIdle"
  | "readFile"
  | "writeFile"
  | "processes"
  | "descriptors"
  | "timeline"
  | "terminal"
>;

/** The part of a machine that runs programs; `living` makes its kernel when it is first asked for. */
export function machinePrograms(living: () => LivingKernel): Programs {
  return {
    run(program: UserProgram | MachineProgram, options: SpawnOptions = {}) {
      const machine = living();
      const what = asProgram(program, "run");
      const spawned = machine.guarded(() => machine.spawn(what, options));
      machine.runUntil(() => spawned.task.exitState !== 0);
      return outcome(spawned);
    },
    spawn(program: UserProgram | MachineProgram | string, options: SpawnOptions = {}) {
      const machine = living();
      const what = typeof program === "string" ? program : asProgram(program, "spawn");
      return processFacade(
        machine,
        machine.guarded(() => machine.spawn(what, options)),
      );
    },
    install(path: string, program: UserProgram | MachineProgram) {
      const machine = living();
      const what = asProgram(program, "install");
      machine.guarded(() => machine.install(path, what));
    },
    registerBinfmt: (name: string, load: LoadBinary) => living().registerBinfmt(name, load),
    stepInstruction(process: { readonly pid: number }) {
      const machine = living();
      const task = findTask(machine, process.pid);
      return task === undefined ? undefined : machine.stepInstruction(task);
    },
    runFor(ns: number) {
      living().runFor(ns);
    },
    runUntilIdle() {
      const { kernel } = living();
      living().guarded(() => kernel.run());
      return kernel.now();
    },
    readFile: (path: string) => readFile(living(), path),
    writeFile(path: string, contents: string | Uint8Array, mode = 0o644) {
      const bytes = typeof contents === "string" ? utf8(contents) : plainBytes(contents);
      const machine = living();
      machine.guarded(() => machine.writeFile(path, bytes, mode));
    },
    timeline: () => living().timeline(),
    processes: () => Object.freeze(living().taskViews.processRows(living().kernel)),
    terminal(options: TerminalOptions = {}) {
      const machine = living();
      const line = machine.terminals.open(options);
      return machine.terminals.facade(() => {
        living();
        return line;
      });
    },
    descriptors(pid: number) {
      const machine = living();
      const task = findTask(machine, pid);
      return Object.freeze(task === undefined ? [] : machine.taskViews.descriptorRows(task));
    },
  };
}

/** The machine's console, where somebody may type as well. */
export function consoleTerminal(living: () => LivingKernel): Terminal {
  const { terminals } = living();
  terminals.consoleFacade ??= terminals.facade(() => living().terminals.console);
  return terminals.consoleFacade;
}

/**
 * What a cell gives as the kernel takes it: machine code is a file; of functions, what differs is only how much of
 * `sys` the types show.
 */
function asProgram(program: UserProgram | MachineProgram, call: string): Program | ExecutableFile {
  if (typeof program === "object" && program !== null && typeof program.bytes === "function") {
    return { name: String(program.name), bytes: plainBytes(program.bytes()) };
  }
  if (typeof program !== "function") {
    throw new TypeError(
      `machine.${call}(): a program is a generator function, function* (sys) { … }, or machine code, i386.asm\`…\`, not ${String(program)}`,
    );
  }
  return program as unknown as Program;
}

function outcome({ task, context, isMachineCode }: SpawnedProgram): unknown {
  if (context?.thrown !== undefined) throw context.thrown.error;
  if (task.exitState === 0) {
    throw new Error(
      `${task.comm} (pid ${task.pid}) never ends: nothing can happen any more, and it still waits`,
    );
  }
  if (!isMachineCode) return context?.returned;
  const signo = task.exitCode & 0x7f;
  return signo === 0 ? task.exitCode >> 8 : 128 + signo;
}

function processFacade(machine: LivingKernel, { task, context }: SpawnedProgram): Process {
  const { pid } = task;
  const ended = () => task.exitState !== 0;
  const signal = () => task.exitCode & 0x7f;
  return facade({
    pid,
    get comm() {
      return task.comm;
    },
    get state() {
      return machine.taskViews.stateLetter(task);
    },
    get exited() {
      return ended() && signal() === 0 ? task.exitCode >> 8 : undefined;
    },
    get signaled() {
      return ended() && signal() !== 0 ? signal() : undefined;
    },
    get returned() {
      if (context?.thrown !== undefined) throw context.thrown.error;
      return context?.returned;
    },
    get output() {
      return machine.output(task);
    },
    get maps() {
      return machine.maps(task);
    },
    get libraries() {
      return machine.taskViews.loadedLibraries(task);
    },
    get bindings() {
      return machine.taskViews.symbolBindings(task);
    },
    registers: () => {
      return machine.registers(task);
    },
    memory: (address: number, n: number) => machine.memory(task, address, n),
    store: (address: number, bytes: Uint8Array) => machine.store(pid, address, plainBytes(bytes)),
  });
}

function findTask(machine: LivingKernel, pid: number): Task | undefined {
  for (const task of machine.kernel.tasks) if (task.pid === pid) return task;
  return undefined;
}

/** A file's contents, read by the first process. */
function readFile(machine: LivingKernel, path: string): string | undefined {
  const bytes = machine.readFile(path);
  return bytes === undefined ? undefined : fromUtf8(bytes);
}
