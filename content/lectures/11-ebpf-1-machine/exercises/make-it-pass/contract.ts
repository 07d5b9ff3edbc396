import type { Program } from "kernel-sim";

/** What a submission exports. The maps are named in the comments of the starter. */
export interface Submission {
  readonly bump: Program;
  readonly destination: Program;
  readonly pick: Program;
  readonly lengthIfSeen: Program;
  readonly afterOptions: Program;
  readonly sum: Program;
}
