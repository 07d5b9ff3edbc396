/** What one part of `npm test` found. */
export interface Outcome {
  readonly passed: number;
  /** Each with what is needed to find it. */
  readonly failed: readonly string[];
  /** Each with its reason. */
  readonly skipped: readonly string[];
}

export function joinOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.flatMap(({ failed }) => failed),
    skipped: outcomes.flatMap(({ skipped }) => skipped),
  };
}

export function onePassed(): Outcome {
  return { passed: 1, failed: [], skipped: [] };
}

export function oneFailed(name: string): Outcome {
  return { passed: 0, failed: [name], skipped: [] };
}
