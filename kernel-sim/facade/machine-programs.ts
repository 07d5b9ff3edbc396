import type { Machine } from "../api.ts";
import type { Process, SpawnOptions, UserProgram } from "../api-kernel.ts";
import type { Task } from "../kernel/task.ts";
import { fromUtf8, plainBytes, utf8 } from "../user/marshal.ts";
import type { Program } from "../user/program.ts";
import { facade } from "./facade.ts";
import type { LivingKernel, SpawnedProgram } from "./living-kernel.ts";
import { descriptorRows, processRows, stateLetter } from "./processes.ts";

/** What a machine offers for running programs. */
type Programs = Pick<
  Machine,
  | "run"
  | "spawn"
  | "install"
  | "runFor"
  | "runUntilIdle"
  | "readFile"
  | "writeFile"
  | "processes"
  | "descriptors"
>;

/** The part of a machine that runs programs; `living` makes its kernel when it is first asked for. */
export function machinePrograms(living: () => LivingKernel): Programs {
  return {
    run(program: UserProgram, options: SpawnOptions = {}) {
      const machine = living();
      const what = asProgram(program, "run");
      const spawned = machine.guarded(() => machine.spawn(what, options));
      machine.runUntil(() => spawned.task.exitState !== 0);
      return outcome(spawned);
    },
    spawn(program: UserProgram | string, options: SpawnOptions = {}) {
      const machine = living();
      const what = typeof program === "string" ? program : asProgram(program, "spawn");
      return processFacade(
        machine,
        machine.guarded(() => machine.spawn(what, options)),
      );
    },
    install(path: string, program: UserProgram) {
      const machine = living();
      machine.guarded(() => machine.install(path, asProgram(program, "install")));
    },
    runFor(ns: number) {
      const { kernel } = living();
      const end = kernel.now() + ns;
      living().guarded(() => {
        kernel.run(end);
        kernel.advanceIdleTo(end);
      });
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
      machine.guarded(() => machine.rootfs.file(path, bytes, { mode }));
    },
    processes: () => Object.freeze(processRows(living().kernel)),
    descriptors(pid: number) {
      const task = findTask(living(), pid);
      return Object.freeze(task === undefined ? [] : descriptorRows(task));
    },
  };
}

/** A function of a cell as the kernel takes programs: what differs is only how much of `sys` the types show. */
function asProgram(program: UserProgram, call: string): Program {
  if (typeof program !== "function") {
    throw new TypeError(
      `machine.${call}(): a program is a generator function, function* (sys) { … }, not ${String(program)}`,
    );
  }
  return program as unknown as Program;
}

function outcome({ task, context }: SpawnedProgram): unknown {
  if (context?.thrown !== undefined) throw context.thrown.error;
  if (task.exitState === 0) {
    throw new Error(
      `${task.comm} (pid ${task.pid}) never ends: nothing can happen any more, and it still waits`,
    );
  }
  return context?.returned;
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
      return stateLetter(task);
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
