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
  /** What the next stage reads and writes; undefined for what the shell has. */
  let input: number | undefined;
  if (redirections.input !== undefined) {
    input = yield* sys.open(redirections.input);
    if (input < 0) return 1;
  }
  let last = 0;
  for (const [i, { path, argv }] of stages.entries()) {
    let output: number | undefined;
    let next: number | undefined;
    if (i < stages.length - 1) {
      const ends = yield* sys.pipe2();
      if (typeof ends === "number") return 1;
      [next, output] = ends;
    } else if (redirections.output !== undefined) {
      output = yield* sys.open(redirections.output, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    }
    last = yield* sys.fork();
    if (last === 0) {
      yield* move(sys, input, 0);
      yield* move(sys, output, 1);
      if (next !== undefined) yield* sys.close(next);
      yield* sys.execve(path, argv);
      yield* sys.exit(127);
    }
    if (input !== undefined) yield* sys.close(input);
    if (output !== undefined) yield* sys.close(output);
    input = next;
  }
  let status = 0;
  for (let left = stages.length; left > 0; left--) {
    const end = yield* sys.wait4();
    if (typeof end === "number") break;
    if (end.pid === last) status = end.exited ?? 128 + (end.signaled ?? 0);
  }
  return status;
}

function* move(
  sys: SystemCalls,
  from: number | undefined,
  to: number,
): Generator<UserRequest, void, never> {
  if (from === undefined || from === to) return;
  yield* sys.dup2(from, to);
  yield* sys.close(from);
}
