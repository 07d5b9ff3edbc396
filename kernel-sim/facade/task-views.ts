import { loadedLibraries, symbolBindings } from "./linked-libraries.ts";
import { descriptorRows, processRows, stateLetter } from "./processes.ts";

/** What a machine tells of its processes, behind `LivingKernel`, so that a Worker without the kernel does not hold it. */
export const taskViews = Object.freeze({
  descriptorRows,
  loadedLibraries,
  processRows,
  stateLetter,
  symbolBindings,
});
