import { initRootfs } from "../fs/rootfs.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import type { UserContext } from "../kernel/user-context.ts";
import { Mm } from "../mm/mm.ts";
import { VM_READ, VM_WRITE } from "../mm/vma.ts";
import { makeInitTask } from "./init-task.ts";

/** Where the memory of a bare task begins: 64 KiB that can be read and written. */
export const BARE_MEMORY = 0x10000;

const NO_PROGRAM: UserContext = {
  run: () => 3,
  fork: () => NO_PROGRAM,
};

/** Task 1 of a machine with an empty tmpfs as its root and nothing to run: for tests that call the kernel directly. */
export function bareTask(cpus = 1, memoryBytes = 2 ** 30): Task {
  const kernel = new Kernel({ seed: 1, cpus, memoryBytes });
  const mntNs = initRootfs(kernel).ns;
  const task = makeInitTask(kernel, NO_PROGRAM, { hostName: "bare", mntNs, threadsMax: 1000 });
  task.mm = new Mm(kernel);
  task.mm.mapAnonymous(BARE_MEMORY, BARE_MEMORY + 0x10000, VM_READ | VM_WRITE);
  return task;
}
