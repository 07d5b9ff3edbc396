import { at, type StructAt, type StructTables } from "../../bpf/structs/members.ts";
import type { Kernel } from "../kernel.ts";
import { callStructs } from "./calls.ts";
import { credStructs, namespaceStructs } from "./cred.ts";
import { fileStructs } from "./files.ts";
import { inodeStructs } from "./inodes.ts";
import { memoryStructs } from "./memory.ts";
import { mountStructs } from "./mounts.ts";
import { schedStructs } from "./sched.ts";
import { signalStructs } from "./signal.ts";
import { socketStructs } from "./sockets.ts";
import { bootTaskOf, taskStructs } from "./task.ts";

/** How the structures of Linux follow from the simulator's own objects. */
export function kernelTables(kernel: Kernel): StructTables {
  return { ...TABLES, ...namespaceStructs(kernel) };
}

const TABLES: StructTables = {
  ...{ ...taskStructs, ...signalStructs, ...schedStructs, ...credStructs, ...memoryStructs },
  ...{ ...fileStructs, ...inodeStructs, ...mountStructs, ...socketStructs, ...callStructs },
};

/** All else that programs can reach is reached from these. */
export function* kernelRoots(kernel: Kernel): Generator<StructAt> {
  yield* [at("task_struct", bootTaskOf(kernel))].filter((boot) => boot !== undefined);
  for (const task of kernel.tasks) {
    yield at("task_struct", task)!;
    // Behind a tree that is not told.
    for (const vma of task.mm?.vmas ?? []) yield at("vm_area_struct", vma)!;
  }
}
