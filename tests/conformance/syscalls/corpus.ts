import type { Played } from "./play.ts";

/** How many scenarios and steps agree with what Linux answered. */
export interface Conformance {
  total: number;
  agree: number;
  steps: number;
  steps_agree: number;
  failures: string[];
}

export function emptyConformance(): Conformance {
  return { total: 0, agree: 0, steps: 0, steps_agree: 0, failures: [] };
}

/** Adds what became of one scenario. */
export function addPlayed(sum: Conformance, { scenario, steps, agrees }: Played): void {
  sum.total++;
  sum.steps += steps.length;
  sum.steps_agree += steps.filter((step) => step.agrees).length;
  if (agrees) sum.agree++;
  else sum.failures.push(scenario.id);
}
