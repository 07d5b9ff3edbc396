// Wrong: lets the stages run one after the other, with a file between two of them.
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
  let from = redirections.input;
  if (from !== undefined) {
    const input = yield* sys.open(from);
    if (input < 0) return 1;
    yield* sys.close(input);
  }
  let status = 0;
  for (const [i, { path, argv }] of stages.entries()) {
    const to = i < stages.length - 1 ? `/tmp/.between${i}` : redirections.output;
    if ((yield* sys.fork()) === 0) {
      if (from !== undefined) {
        yield* sys.close(0);
        yield* sys.open(from);
      }
      if (to !== undefined) {
        yield* sys.close(1);
        yield* sys.open(to, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
      }
      yield* sys.execve(path, argv);
      yield* sys.exit(127);
    }
    const end = yield* sys.wait4();
    if (typeof end !== "number") status = end.exited ?? 128 + (end.signaled ?? 0);
    from = to;
  }
  return status;
}
