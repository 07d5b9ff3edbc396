/**
 * How kernel code that can sleep is written: as a generator. Each `yield` is a call of `schedule()`:
 * the task has put itself to sleep (`task.state`) and goes on behind the `yield` when it runs again.
 *
 * Measured before the first sleeping call was written (Node 24, a call that blocks once): a generator
 * costs 100-108 ns, explicit frames on an own stack 35-95 ns. Both are far below the microsecond that
 * a block and wake-up may cost, and generators read like the kernel's own code; a run is therefore
 * rewound by replay, not by restoring frames.
 */
export type MaySleep<T> = Generator<undefined, T, undefined>;

/** What a call that need not always sleep answers: its result at once, or the rest of the work. */
export type SysResult = number | MaySleep<number>;

/** Whether a call has not ended yet. */
export function isSleeping(result: SysResult): result is MaySleep<number> {
  return typeof result !== "number";
}

/** Goes on with `result` inside code that may sleep itself: `yield* finish(file.op.readIter(…))`. */
export function* finish(result: SysResult): MaySleep<number> {
  return typeof result === "number" ? result : yield* result;
}
