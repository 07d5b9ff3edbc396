import type { KernelView } from "../api-observe.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { registerListing, runQueueListing, stackListing } from "./inspect-cpus.ts";
import { descriptorListing, openFileListing } from "./inspect-files.ts";
import { cpuInterruptListing, interruptLineListing } from "./inspect-interrupts.ts";
import { mappingListing, pageListing, pageWalkListing } from "./inspect-memory.ts";
import { processTree } from "./inspect-tree.ts";
import { waitListing } from "./inspect-waits.ts";
import { columns, listing } from "./listing.ts";
import { lookAtMemory } from "./process-memory.ts";
import { processRows } from "./processes.ts";
import { whyChain } from "./why.ts";

const STACK_WORDS = 16;

/** The views of a kernel, which `kernel` answers when one is asked for. */
export function kernelViews(kernel: () => Kernel): Omit<KernelView, "event" | "time"> {
  const task = (pid: number): Task | undefined => {
    for (const one of kernel().tasks) if (one.pid === pid) return one;
    return undefined;
  };
  return {
    processes: () =>
      listing(processRows(kernel()), (all) =>
        columns(
          ["pid", "ppid", "state", "comm", "why"],
          all.map((row) => [row.pid, row.ppid, row.state, row.comm, row.why]),
        ),
      ),
    processTree: () => processTree(kernel()),
    descriptors: (pid) => descriptorListing(kernel(), pid),
    openFiles: () => openFileListing(kernel()),
    addressSpace: (pid) => mappingListing(task(pid)),
    pageWalk: (pid, address) => pageWalkListing(task(pid), address),
    pages: (pid, start = 0, end = 2 ** 47) => pageListing(task(pid), start, end),
    waitQueues: () => waitListing(kernel()),
    runQueues: () => runQueueListing(kernel()),
    cpuInterrupts: () => cpuInterruptListing(kernel()),
    interruptLines: () => interruptLineListing(kernel()),
    registers: (pid) => registerListing(task(pid)),
    stack: (pid, words = STACK_WORDS) => stackListing(task(pid), words),
    why: (pid) => whyChain(kernel(), pid),
    memory(pid, address, n) {
      const of = task(pid);
      return of === undefined ? undefined : lookAtMemory(of, address, n);
    },
  };
}
