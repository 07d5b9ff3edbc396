import type { VerifierStep } from "#kernel-sim";
import type { TracePath } from "#notebook/document";

/** Where each path of a run left the one it came from. */
export function pathsOf(steps: readonly VerifierStep[]): TracePath[] {
  return firstSteps(steps).map(({ branchedAt }) =>
    branchedAt === undefined ? {} : { branchedAt },
  );
}

/** The place of each path in the order in which they are walked, by its number. */
export function pathPlaces(steps: readonly VerifierStep[]): ReadonlyMap<number, number> {
  return new Map(firstSteps(steps).map(({ path }, place) => [path, place]));
}

function firstSteps(steps: readonly VerifierStep[]): VerifierStep[] {
  const seen = new Set<number>();
  return steps.filter(({ path }) => !seen.has(path) && seen.add(path));
}
