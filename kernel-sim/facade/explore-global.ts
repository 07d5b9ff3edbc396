import type { Explore } from "../api-explore.ts";
import { installedKernelPart } from "./kernel-part.ts";
import { bootWith } from "./machine.ts";

/** The global `explore` of every cell; what it does comes with the kernel. */
export const explore: Explore = Object.freeze(((program, options = {}) => {
  const part = installedKernelPart();
  if (part === undefined) throw new Error(NO_KERNEL);
  return part.explore(program, options, (ready, schedule) =>
    bootWith({ cpus: 1 }, (machine) => void machine.runSchedule(ready, schedule)),
  ).result;
}) satisfies Explore);

const NO_KERNEL =
  "the race explorer is not loaded here: it comes with the kernel, when the text of a cell has the name explore in it";
