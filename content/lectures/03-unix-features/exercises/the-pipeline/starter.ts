import type { SystemCalls, UserRequest } from "kernel-sim";
import type { Redirections, Stage } from "./contract.ts";

const O_WRONLY = 0o1;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;

export function* run(
  sys: SystemCalls,
  stages: readonly Stage[],
  redirections: Redirections,
): Generator<UserRequest, number, never> {
  let status = 0;
  // One after the other, joined by nothing.
  for (const { path, argv } of stages) {
    if ((yield* sys.fork()) === 0) {
      yield* sys.execve(path, argv);
      yield* sys.exit(127);
    }
    const end = yield* sys.wait4();
    if (typeof end !== "number") status = end.exited ?? 1;
  }
  return status;
}
