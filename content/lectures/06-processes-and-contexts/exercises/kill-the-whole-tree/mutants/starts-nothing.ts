import type { SystemCalls, UserRequest } from "kernel-sim";

// Where nobody has been born, nobody is left.
export function* timeout(
  sys: SystemCalls,
  _path: string,
  ns: number,
): Generator<UserRequest, number, never> {
  yield* sys.nanosleep(ns);
  return 124;
}
