import type { SystemCalls, UserRequest } from "kernel-sim";

/** What a submission exports. */
export interface Submission {
  /**
   * Runs the program at `path` and answers its status, or 124 when it has not ended within `ns`. When it answers, no
   * descendant of the command is left.
   */
  readonly timeout: (
    sys: SystemCalls,
    path: string,
    ns: number,
  ) => Generator<UserRequest, number, never>;
}
