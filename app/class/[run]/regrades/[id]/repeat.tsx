import type { RegradeProgress } from "#server/queries";
import css from "../../grades.module.css";
import { Settled } from "./settled.tsx";
import { UndoForm } from "./undo-form.tsx";

interface RepeatProps {
  run: string;
  regrade: RegradeProgress;
  mayRegrade: boolean;
}

/** What a repeat has done, and the way back. */
export function Repeat({ run, regrade, mayRegrade }: RepeatProps) {
  const { id, state, changed, left, endedAt } = regrade;
  const isUndone = state === "undone";
  return (
    <section className={css["given"]} aria-label="Decision">
      <p className={css["note"]}>
        Each submission is graded with the version that had graded it before, and the result counts
        at once.
        {isUndone && " Taken back: the grades are those from before."}
        {left > 0 && ` ${left} had changed once more meanwhile, and stayed as they were.`}
        <Settled regrade={regrade} />
      </p>
      {mayRegrade && !isUndone && endedAt !== undefined && changed > 0 && (
        <UndoForm run={run} regrade={id} />
      )}
    </section>
  );
}
