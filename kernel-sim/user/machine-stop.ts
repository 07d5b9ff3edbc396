/**
 * What a program throws to end the run of its whole machine: it comes out of `run()`, `runFor()` and
 * `runUntilIdle()`. The judge's programs do when a student's process has not said yet what it does next.
 */
export class MachineStop extends Error {
  readonly stopsMachine = true;
}

/** Told by its mark: the kernel part of a Worker has a copy of its own of the class. */
export function isMachineStop(thrown: unknown): boolean {
  return thrown instanceof Error && "stopsMachine" in thrown;
}
