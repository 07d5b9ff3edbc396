import type { Program } from "kernel-sim";

/** What a submission exports: an XDP program without maps. */
export interface Submission {
  readonly countOptions: Program;
}
