import type { RegradeProgress } from "#server/queries";
import controls from "../../../../controls.module.css";
import css from "../../grades.module.css";
import { applyTrial, dismissTrial } from "../actions.ts";
import { Settled } from "./settled.tsx";
import { UndoForm } from "./undo-form.tsx";

interface TrialProps {
  run: string;
  regrade: RegradeProgress;
  counts: { readonly up: number; readonly down: number; readonly same: number };
  mayRegrade: boolean;
}

/** What can be done with a dry run: all of it at once, and back. */
export function Trial({ run, regrade, counts, mayRegrade }: TrialProps) {
  const { id, state, reason, endedAt, worth } = regrade;
  if (state === "direct") return null;
  return (
    <section className={css["given"]} aria-label="Decision">
      <p>
        {endedAt === undefined
          ? "The new version is being tried; no grade changes meanwhile."
          : `${counts.up} higher, ${counts.down} lower, ${counts.same} with the same points.`}{" "}
        {worth !== undefined &&
          state !== "applied" &&
          `The exercise is worth ${worth.tried} points with it, and ${worth.now} as it is graded now. `}
        {STATES[state]}
        <Settled regrade={regrade} />
      </p>
      {reason !== "" && <p className={css["words"]}>{reason}</p>}
      {mayRegrade && endedAt !== undefined && state !== "applied" && (
        <form action={applyTrial} className={css["form"]}>
          <input type="hidden" name="run" value={run} />
          <input type="hidden" name="regrade" value={id} />
          <label className={css["wide"]}>
            Why, for the students
            <input className={css["field"]} name="reason" maxLength={1000} defaultValue={reason} />
          </label>
          <div className={css["row"]}>
            <button type="submit" className={`${controls["button"]} ${controls["first"]}`}>
              Apply to all
            </button>
            {state === "dry" && (
              <button type="submit" className={controls["button"]} formAction={dismissTrial}>
                Leave the grades as they are
              </button>
            )}
          </div>
        </form>
      )}
      {mayRegrade && state === "applied" && <UndoForm run={run} regrade={id} />}
    </section>
  );
}

const STATES = {
  dry: "Nothing is applied yet.",
  applied: "Applied: these are the grades.",
  undone: "Taken back: the grades are those from before.",
  dismissed: "Put away: the grades stayed as they were.",
} as const;
