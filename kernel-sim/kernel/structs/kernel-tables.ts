import { at, type StructAt, type StructTables } from "../../bpf/structs/members.ts";
import type { Kernel } from "../kernel.ts";
import { callStructs } from "./calls.ts";
import { fileStructs } from "./files.ts";
import { memoryStructs } from "./memory.ts";
import { socketStructs } from "./sockets.ts";
import { taskStructs } from "./task.ts";

/** How the structures of Linux follow from the simulator's own objects. */
export const kernelTables: StructTables = {
  ...taskStructs,
  ...fileStructs,
  ...memoryStructs,
  ...socketStructs,
  ...callStructs,
};

/** All else that programs can reach is reached from these. */
export function* kernelRoots(kernel: Kernel): Generator<StructAt> {
  for (const task of kernel.tasks) yield at("task_struct", task)!;
}
