import { type Attempt, countedScore, type ExerciseManifest } from "#notebook/document";
import type { ExerciseDates } from "#notebook/session/exercise";
import { DateFacts } from "./date-facts.tsx";
import css from "./exercise.module.css";

interface FactsProps {
  manifest: ExerciseManifest;
  attempts: readonly Attempt[];
  dates: ExerciseDates | undefined;
}

/** What stands in the margin: points, attempts, the best one, dates. */
export function Facts({ manifest, attempts, dates }: FactsProps) {
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
        {attempts.some(({ isHeld }) => isHeld) && (
          <>
            <dt>Grade</dt>
            <dd>not released yet</dd>
          </>
        )}
        <DateFacts dates={dates} />
      </dl>
    </aside>
  );
}

function attemptsInWords(spent: number, max: number | undefined): string {
  if (max !== undefined) return `${spent} of ${max} spent, ${Math.max(0, max - spent)} left`;
  return spent === 0 ? "no limit" : `${spent} so far, no limit`;
}

function bestOf(attempts: readonly Attempt[]) {
  let best: { attempt: number; score: number; max: number } | undefined;
  for (const { receipt, result } of attempts) {
    if (result === undefined) continue;
    const score = countedScore(result.score, receipt.latePercent);
    if (best !== undefined && best.score > score) continue;
    best = { attempt: receipt.attempt, score, max: result.max };
  }
  return best;
}
