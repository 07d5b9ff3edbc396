import type { Attempt, ExerciseManifest } from "#notebook/document";
import css from "./exercise.module.css";

interface FactsProps {
  manifest: ExerciseManifest;
  attempts: readonly Attempt[];
}

/** What stands in the margin: points, attempts, the best one. */
export function Facts({ manifest, attempts }: FactsProps) {
  const best = bestOf(attempts);
  const spent = attempts.filter(({ isSpent }) => isSpent).length;
  return (
    <aside className={css["facts"]} aria-label={`About exercise ${manifest.number}`}>
      <dl>
        <dt>Points</dt>
        <dd>{best === undefined ? manifest.points : `${best.score} of ${best.max}`}</dd>
        <dt>Attempts</dt>
        <dd>{attemptsInWords(spent, manifest.attempts)}</dd>
        {best !== undefined && (
          <>
            <dt>Best</dt>
            <dd>
              attempt {best.attempt}, {best.score} {best.score === 1 ? "point" : "points"}
            </dd>
          </>
        )}
      </dl>
    </aside>
  );
}

function attemptsInWords(spent: number, max: number | undefined): string {
  if (max !== undefined) return `${spent} of ${max} spent`;
  return spent === 0 ? "no limit" : `${spent} so far, no limit`;
}

function bestOf(attempts: readonly Attempt[]) {
  let best: { attempt: number; score: number; max: number } | undefined;
  for (const { receipt, result } of attempts) {
    if (result === undefined || (best !== undefined && best.score > result.score)) continue;
    best = { attempt: receipt.attempt, score: result.score, max: result.max };
  }
  return best;
}
