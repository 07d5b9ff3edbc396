import type { PartName } from "#kernel-sim";

/** Whoever wants to hear which part of the simulator a cell has missed. */
export class MissedParts {
  listener: (name: PartName) => void = () => undefined;
}
