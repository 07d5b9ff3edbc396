import type { VerifierTrace } from "#notebook/document";
import css from "./program-text.module.css";
import frame from "./verifier.module.css";

/** The instructions; a choice goes to the next step that the verifier takes there. */
export function ProgramText({
  trace,
  position,
  onMove,
}: {
  trace: VerifierTrace;
  position: number;
  onMove: ((position: number) => void) | undefined;
}) {
  const now = trace.steps[position]?.slot;
  return (
    <div className={css["program"]}>
      <p className={frame["head"]}>
        Program <span>visits</span>
      </p>
      <ol>
        {trace.program.map(({ slot, text }) => {
          const visits = trace.steps.filter((step, at) => at <= position && step.slot === slot);
          const next = nextVisit(trace, slot, position);
          return (
            <li
              key={slot}
              className={slot === now ? css["now"] : undefined}
              aria-current={slot === now ? "step" : undefined}
            >
              <button
                type="button"
                className={css["insn"]}
                tabIndex={-1}
                disabled={next === undefined}
                title={next === undefined ? undefined : `Go to step ${next + 1}`}
                onClick={onMove && next !== undefined ? () => onMove(next) : undefined}
              >
                <span className={css["number"]}>{slot}</span>
                <span>{text}</span>
                <span className={css["number"]}>{visits.length > 0 ? visits.length : ""}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** The next step at this slot after the current one; behind the last one the first again. */
function nextVisit(trace: VerifierTrace, slot: number, position: number): number | undefined {
  const at = trace.steps.flatMap((step, place) => (step.slot === slot ? [place] : []));
  return at.find((place) => place > position) ?? at[0];
}
