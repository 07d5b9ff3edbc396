import type { Explore } from "../api-explore.ts";
import { bootWith } from "./machine.ts";
import { neededPart } from "./parts.ts";

/** The global `explore` of every cell; what it does comes with the kernel. */
export const explore: Explore = Object.freeze(((program, options = {}) => {
  const { explore } = neededPart("kernel");
  return explore(program, options, (ready, schedule) =>
    bootWith({ cpus: 1 }, (machine) => void machine.runSchedule(ready, schedule)),
  ).result;
}) satisfies Explore);
