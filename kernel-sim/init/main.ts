import { elfFormat } from "../fs/binfmt_elf.ts";
import { miscFormat } from "../fs/binfmt_misc.ts";
import { scriptFormat } from "../fs/binfmt_script.ts";
import { kernelExecve } from "../fs/exec.ts";
import { initProcFs } from "../fs/proc/init.ts";
import { initRootfs, type Rootfs } from "../fs/rootfs.ts";
import { initSysfs } from "../fs/sysfs/init.ts";
import { invariant } from "../hw/simulator-bug.ts";
import { Kernel, type KernelOptions } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import type { UserContext } from "../kernel/user-context.ts";
import type { UtsFacts } from "../kernel/utsname.ts";
import { memoryOf, takeOverFrames } from "../mm/mm-init.ts";
import { initLandlock } from "../security/landlock/init.ts";
import { installHooks } from "./hooks.ts";
import { makeInitTask } from "./init-task.ts";
import { initSyscalls } from "./syscalls.ts";

const PAGE_SIZE = 4096;
const THREAD_SIZE = 16384;
const MIN_THREADS = 20;

/** A kernel that has started, with an empty root file system and no process yet. */
export interface StartedKernel {
  readonly kernel: Kernel;
  readonly rootfs: Rootfs;
}

/** Starts the kernel up to where it would run the first program. @linux init/main.c `start_kernel` (6.18) */
export function startKernel(options: KernelOptions): StartedKernel {
  const kernel = new Kernel(options);
  if (options.like === undefined) initSyscalls(kernel);
  else takeOverFrames(kernel, options.like);
  installHooks(kernel);
  initProcFs(kernel);
  initSysfs(kernel);
  initLandlock(kernel);
  kernel.binfmts.push(miscFormat, scriptFormat, elfFormat);
  return { kernel, rootfs: initRootfs(kernel) };
}

/**
 * Makes process 1 and lets it run `path`.
 *
 * @linux init/main.c `kernel_init` (6.18)
 */
export function startInit(
  { kernel, rootfs }: StartedKernel,
  path: string,
  hostName: string,
  envp: readonly string[] = ["HOME=/", "TERM=linux"],
  uts?: UtsFacts,
): Task {
  const task = makeInitTask(kernel, NO_PROGRAM, {
    hostName,
    ...(uts === undefined ? {} : { uts }),
    mntNs: rootfs.ns,
    // An eighth of the memory may be kernel stacks (`set_max_threads`).
    threadsMax: Math.floor(kernel.memoryBytes / PAGE_SIZE / ((THREAD_SIZE / PAGE_SIZE) * 8)),
  });
  kernel.sysctl.threadsMax = setMaxThreads(kernel);
  const result = kernelExecve(task, path, [path], envp);
  invariant(result === 0, `the kernel cannot run ${path}: ${String(result)}`);
  kernel.sched.wakeUpNewTask(task);
  return task;
}

/** An eighth of memory may be stacks of threads. @linux kernel/fork.c `set_max_threads` (6.18) */
function setMaxThreads(kernel: Kernel): number {
  const bytes = memoryOf(kernel).allocator.totalPages * PAGE_SIZE;
  return Math.max(Math.floor(bytes / (THREAD_SIZE * 8)), MIN_THREADS);
}

/** What a task runs that has not been given a program yet. */
const NO_PROGRAM: UserContext = {
  run: () => 3,
  fork: () => NO_PROGRAM,
};
