import type { Program } from "kernel-sim";

/** What a submission exports. All three are XDP programs; only the first uses a map. */
export interface Submission {
  /** Uses the map `counts`: array, 4-byte key, 8-byte value, 256 entries. */
  readonly countByProtocol: Program;
  readonly headerChecksum: Program;
  readonly destinationPort: Program;
}
