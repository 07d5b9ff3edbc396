import type { Random } from "../../hw/random.ts";
import type { BpfMemory } from "../memory.ts";

/** What maps are made in: the BPF of one machine. */
export interface MapHost {
  readonly memory: BpfMemory;
  readonly cpus: number;
  readonly random: Random;
  /** What stands behind a descriptor; undefined: nothing. */
  objectOf(fd: number): object | undefined;
}
