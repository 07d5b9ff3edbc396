import type { PartName } from "#kernel-sim";

/** The parts of the simulator that are scripts of their own, in the order in which they stand in front of the Worker's. */
export const PART_NAMES = [
  "bpf",
  "bpf-calls",
  "checked-runs",
  "explanations",
  "jit",
  "kernel",
  "kernel-calls",
  "kernel-types",
  "more-types",
  "recordings",
  "typed",
  "xlate",
] as const satisfies readonly PartName[];
