import type { SystemCalls, UserRequest } from "kernel-sim";

export function* timeout(
  sys: SystemCalls,
  path: string,
  ns: number,
): Generator<UserRequest, number, never> {
  const command = yield* sys.spawn(path, [path]);
  // It may take too long, and it may have a family.
  const ended = yield* sys.wait4(command);
  if (typeof ended === "number") return 127;
  return ended.exited ?? 128 + (ended.signaled ?? 0);
}
