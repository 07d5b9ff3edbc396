import type { SpawnOptions } from "../api-kernel.ts";
import { shstkSetup } from "../arch/x86/shstk.ts";
import { kernelExecve } from "../fs/exec.ts";
import { File } from "../fs/fs.ts";
import { doFilpOpen } from "../fs/namei-open.ts";
import type { Rootfs } from "../fs/rootfs.ts";
import { errnoName } from "../include/errno.ts";
import { AT_FDCWD, O_RDWR } from "../include/uapi/fcntl.ts";
import { CLONE_UNTRACED } from "../include/uapi/sched.ts";
import { cloneArgs } from "../kernel/clone-syscalls.ts";
import { kernelClone } from "../kernel/fork.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { isSleeping } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { userPrograms } from "../user/bin/table.ts";
import { LinkedContext } from "../user/ld-so/linked-context.ts";
import { MachineContext } from "../user/machine-context.ts";
import type { Program } from "../user/program.ts";
import { ProgramContext } from "../user/program-context.ts";
import { programFile } from "../user/program-file.ts";
import type { Tape, TapePlayer } from "../user/tape.ts";
import { programLoader } from "../user/user-context.ts";
import { hostDevice } from "./host-device.ts";
import { encodePath, writeMachineFile } from "./machine-files.ts";

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

/** Starts programs on a machine from outside of it, as children of its first process. */
export class ProgramStarter {
  readonly #kernel: Kernel;
  readonly #rootfs: Rootfs;
  readonly #init: Task;
  readonly #tape: Tape | TapePlayer;
  #programs = 0;
  /** Paths of programs that were started without one of their own. */
  readonly #taken = new Set<string>();

  /** @param tape records what installed programs do, or plays what they have done */
  constructor(rootfs: Rootfs, init: Task, tape: Tape | TapePlayer) {
    this.#kernel = init.kernel;
    this.#rootfs = rootfs;
    this.#init = init;
    this.#tape = tape;
  }

  /** Puts a program into the file system. */
  install(path: string, program: Program | ExecutableFile): void {
    if (typeof program === "object") {
      writeMachineFile(this.#rootfs, path, program.bytes, 0o755);
      return;
    }
    // The machine's own files stay; what they stand for is another program from now on.
    const own = path.replace(/^\/usr\/bin\//, "/bin/");
    const isOwn = own.startsWith("/bin/") && Object.hasOwn(userPrograms, own.slice(5));
    this.#kernel.programs.set(isOwn ? own : path, programLoader(program, this.#tape));
    if (!isOwn) writeMachineFile(this.#rootfs, path, programFile(path), 0o755);
  }

  /** Makes a process of init's that begins with the program, and is not yet running. */
  start(program: Program | ExecutableFile | string, options: SpawnOptions): SpawnedProgram {
    const path = typeof program === "string" ? program : this.#installed(program);
    const pid = kernelClone(this.#init, CHILD);
    const child = typeof pid === "number" ? taskOf(this.#kernel, pid) : undefined;
    if (child === undefined)
      throw new Error(`no process can be made: ${answerText(pid as number)}`);
    this.#prepare(child, options);
    const argv = options.argv ?? [path];
    const env = Object.entries({ ...DEFAULT_ENV, ...options.env });
    const result = kernelExecve(
      child,
      encodePath(path),
      argv.map(encodePath),
      env.map(([name, value]) => encodePath(`${name}=${value}`)),
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

  #prepare(child: Task, options: SpawnOptions): void {
    child.blocked = 0n;
    const { uid, gid } = options;
    if (uid !== undefined || gid !== undefined)
      child.cred = this.#cred(child, uid ?? 0, gid ?? uid ?? 0);
    if (options.nice !== undefined) child.se.nice = options.nice;
    const console = doFilpOpen(this.#init, AT_FDCWD, "/dev/console", CONSOLE_OPEN);
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
    const user = this.#kernel.user(uid);
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

/** The task with this number in the machine's own pid namespace. */
export function taskOf(kernel: Kernel, pid: number): Task | undefined {
  for (const task of kernel.tasks) if (task.pid === pid) return task;
  return undefined;
}

// It is not init's own call: who traces init hears nothing of it, and nothing waits for him.
const CHILD = cloneArgs(CLONE_UNTRACED);

const CONSOLE_OPEN = { openFlag: O_RDWR, mode: 0, accMode: 0, lookupFlags: 1 };

function answerText(answer: number): string {
  return errnoName(-answer);
}
