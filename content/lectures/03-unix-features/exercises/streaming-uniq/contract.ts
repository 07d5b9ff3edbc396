import type { SystemCalls, UserRequest } from "kernel-sim";

/** What a submission exports: a user program that makes no other calls than `read` and `write`. */
export interface Submission {
  /** Reads descriptor 0, writes descriptor 1, answers its exit status. */
  readonly uniq: (sys: SystemCalls) => Generator<UserRequest, number, never>;
}
