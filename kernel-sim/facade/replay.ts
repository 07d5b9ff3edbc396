import type { LivingKernel } from "./living-kernel.ts";

/** Ends a replay in the middle of a step of its kernel. */
class ReplayEnd extends Error {
  readonly stopsMachine = true;
}

/**
 * Runs a machine again, from its beginning. `observe` is told of each event of it, when it has just happened, and answers
 * whether that was far enough: then the machine stays as it was at this very moment, for ever.
 */
export function replay(
  source: LivingKernel,
  observe: (past: LivingKernel, event: number) => boolean,
): LivingKernel {
  const past = source.again();
  const { kernel } = past;
  const { inputs, charges, horizons } = source.journal;
  const end = source.kernel.steps;
  kernel.tracing.observer = () => {
    const event = kernel.trace.recorded - 1;
    const ns = charges.get(event);
    if (ns !== undefined) kernel.chargeCurrent(ns);
    if (observe(past, event)) throw new ReplayEnd();
  };
  let horizon = 0;
  /** The same steps as then: a step, or else the next event. */
  const runTo = (steps: number): void => {
    while (kernel.steps < steps) {
      while ((horizons[horizon]?.step ?? Infinity) <= kernel.steps) horizon++;
      const until = horizons[horizon - 1]?.untilNs ?? Infinity;
      if (!kernel.step(until) && !kernel.advanceToNextEvent(until)) return;
    }
  };
  try {
    for (const { step, redo } of inputs) {
      runTo(step);
      attempt(() => redo(past));
    }
    runTo(end);
  } catch (error) {
    if (!stopsMachine(error)) throw error;
  }
  kernel.tracing.observer = undefined;
  return past;
}

/** What could not be done then cannot be done now. */
function attempt(redo: () => void): void {
  try {
    redo();
  } catch (error) {
    if (stopsMachine(error)) throw error;
  }
}

function stopsMachine(error: unknown): boolean {
  return error instanceof Error && "stopsMachine" in error;
}
