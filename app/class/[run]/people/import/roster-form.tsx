"use client";

import { useActionState } from "react";
import controls from "../../../../controls.module.css";
import { FormMessage } from "../../../../form-message.tsx";
import { type RosterState, sendRoster } from "./actions.ts";
import { NewAccounts } from "./new-accounts.tsx";
import css from "./roster.module.css";
import { RosterPlanView } from "./roster-plan.tsx";

const EMPTY: RosterState = { kind: "empty", text: "" };

/** A file or pasted text; then what it would do, with a button that does it. */
export function RosterForm({ run }: { run: string }) {
  // What was shown before is not sent back: of a large class it is more than a request may hold.
  const [state, action, isPending] = useActionState<RosterState, FormData>(
    (_before, form) => sendRoster(EMPTY, form),
    EMPTY,
  );
  const plan = "plan" in state ? state.plan : undefined;
  const text = "text" in state ? state.text : "";
  if (state.kind === "applied") return <NewAccounts run={run} applied={state} />;
  return (
    <form action={action} className={css["form"]}>
      <input type="hidden" name="run" value={run} />
      <p className={css["say"]}>
        The first line names the columns: <code>name,email</code>, and if you like{" "}
        <code>username</code>, <code>section</code> and <code>role</code> (reader, student, ta). Who
        has no account gets one. Nothing is changed before you have seen what would happen.
      </p>
      <label>
        File
        <input type="file" name="file" accept=".csv,.tsv,.txt,text/csv,text/plain" />
      </label>
      <label>
        Or its text
        {/* Written anew when a file has been read. */}
        <textarea key={text} name="text" defaultValue={text} spellCheck={false} rows={10} />
      </label>
      <FormMessage id="roster-message" problem={problemOf(state)} />
      <div>
        <button
          type="submit"
          name="step"
          value="look"
          className={controls["button"]}
          aria-disabled={isPending}
        >
          Show what would happen
        </button>
      </div>
      {plan !== undefined && <RosterPlanView plan={plan} />}
      {plan !== undefined && plan.problems.length === 0 && (
        <>
          <input type="hidden" name="digest" value={plan.digest} />
          {plan.absent.length > 0 && (
            <label className={css["check"]}>
              <input type="checkbox" name="removes" value="yes" />
              Remove the {plan.absent.length} who are not in the file; what they handed in is kept
            </label>
          )}
          <div>
            <button
              type="submit"
              name="step"
              value="apply"
              className={`${controls["button"]} ${controls["first"]}`}
              aria-disabled={isPending}
            >
              Apply the roster
            </button>
          </div>
        </>
      )}
    </form>
  );
}

function problemOf(state: RosterState): string | undefined {
  switch (state.kind) {
    case "invalid":
      return state.problem;
    case "denied":
      return "Only who instructs this run may do this.";
    case "look-again":
      return "Nothing was changed: the class, or the text, is another one than you have looked at. This would happen now.";
    case "planned":
      return state.plan.problems.length > 0
        ? "Nothing can be applied yet: mend these lines, and look again."
        : undefined;
    default:
      return undefined;
  }
}
