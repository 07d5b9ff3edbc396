import { boot, type SystemCalls } from "#kernel-sim";
import type { ModeRun } from "#notebook/document";

const MS = 1_000_000;
const STRETCHES_MAX = 40;

/** What one CPU does: a program that computes, one that reads a file and sleeps, and the timer. */
export function modeRuns(): readonly ModeRun[] {
  const machine = boot({ seed: 1, cpus: 1, timeline: true });
  machine.spawn(function* hog(sys: SystemCalls) {
    yield* sys.compute(9 * MS);
  });
  machine.spawn(function* worker(sys: SystemCalls) {
    const at = yield* sys.mmap(0, 4096, 3, 0x22);
    for (let i = 0; i < 2; i++) {
      yield* sys.nanosleep(1.5 * MS);
      yield* sys.store(at, Uint8Array.of(i));
      const fd = yield* sys.open("/etc/passwd");
      yield* sys.read(fd, 100);
    }
  });
  machine.runUntilIdle();
  return [
    {
      id: "cpu",
      title: "one CPU",
      hint: "Go from stretch to stretch. Who is current, at which level, and is an interrupt being served?",
      stretches: machine
        .timeline()
        .filter(({ comm }) => comm !== "init")
        .slice(0, STRETCHES_MAX)
        .map(({ cpu: _, ...stretch }) => ({ ...stretch })),
    },
  ];
}
