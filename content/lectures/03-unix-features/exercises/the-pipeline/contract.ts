import type { SystemCalls, UserRequest } from "kernel-sim";

export interface Stage {
  /** Of the program's file, absolute. */
  readonly path: string;
  readonly argv: readonly string[];
}

export interface Redirections {
  /** The first stage reads this file. */
  readonly input?: string;
  /** The last stage writes this file: made if it is not there, emptied if it is. */
  readonly output?: string;
}

/** What a submission exports: the part of a shell that runs one line. */
export interface Submission {
  readonly run: (
    sys: SystemCalls,
    stages: readonly Stage[],
    redirections: Redirections,
  ) => Generator<UserRequest, number, never>;
}
