import { LivingKernel } from "../../kernel-sim/facade/living-kernel.ts";
import { Clock } from "../../kernel-sim/hw/clock.ts";
import { watchKernel } from "../../kernel-sim/kernel/check-kernel.ts";
import { TraceRing } from "../../kernel-sim/trace/ring.ts";
import { randomProgram, WORKER } from "./random-program.ts";

const STEPS = 40;
const WORKER_STEPS = 8;
const STEPS_MAX = 20_000;

/** A machine with one random program in it, not yet running. */
export function randomMachine(seed: number): LivingKernel {
  const cpus = 1 + (seed % 3);
  const living = new LivingKernel({ seed, memoryMiB: 64 }, cpus, new Clock(), new TraceRing());
  living.install(WORKER, randomProgram(seed, WORKER_STEPS));
  living.spawn(randomProgram(seed, STEPS), {});
  return living;
}

export interface RandomRun {
  readonly steps: number;
  /** What was wrong first, after which step. */
  readonly wrong: readonly string[];
}

/** Runs a random program to its end, the machine checked after every step. */
export function runRandom(seed: number): RandomRun {
  const { kernel } = randomMachine(seed);
  let steps = 0;
  let found: readonly string[] = [];
  watchKernel(kernel, (wrong) => {
    if (found.length === 0) found = [`after step ${steps}:`, ...wrong];
  });
  try {
    while (steps < STEPS_MAX && found.length === 0) {
      if (!kernel.step() && !kernel.advanceToNextEvent()) break;
      steps++;
    }
  } catch (error) {
    found = [`in step ${steps}:`, String(error instanceof Error ? error.stack : error)];
  }
  if (steps === STEPS_MAX) found = ["never ends"];
  return { steps, wrong: found };
}
