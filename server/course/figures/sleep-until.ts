import type { SystemCall, SystemCalls } from "#kernel-sim";

/** Sleeps until `ms` after the boot, so that several processes of a story take turns. */
export function* sleepUntil(sys: SystemCalls, ms: number): SystemCall<void> {
  const now = yield* sys.clock_gettime(1);
  yield* sys.nanosleep(ms * 1_000_000 - now);
}
