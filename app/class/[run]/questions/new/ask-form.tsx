"use client";

import { useActionState, useEffect, useRef } from "react";
import controls from "../../../../controls.module.css";
import { FormMessage } from "../../../../form-message.tsx";
import { carriedCode } from "../../../../talk/carried-code.ts";
import { KeptText } from "../../../../talk/kept-text.tsx";
import { talkProblem } from "../../../../talk/problem.ts";
import css from "../../../../talk/talk.module.css";
import { askQuestion } from "../actions.ts";
import { CODE_LENGTH_MAX, TEXT_LENGTH_MAX, TITLE_LENGTH_MAX } from "../limits.ts";

interface AskFormProps {
  run: string;
  /** Under which this browser keeps what is typed. */
  kept: string;
  place: { readonly lecture?: string; readonly cell?: string; readonly exercise?: string };
  /** The asker's present code there; undefined where there is none. */
  code: string | undefined;
}

/** A question: for whom, in a line, in full, and the code that it is about. */
export function AskForm({ run, kept, place, code }: AskFormProps) {
  const [state, action, isPending] = useActionState(askQuestion, { kind: "empty" });
  const quote = useRef<HTMLTextAreaElement>(null);
  const { lecture = "", cell } = place;
  useEffect(() => {
    const carried = cell === undefined ? undefined : carriedCode(lecture, cell);
    if (carried !== undefined && quote.current !== null) quote.current.value = carried;
  }, [lecture, cell]);
  const isAtExercise = place.exercise !== undefined;
  return (
    // A form that is refused keeps what stands in it.
    <form action={action} className={css["form"]} onReset={(event) => event.preventDefault()}>
      <input type="hidden" name="run" value={run} />
      {Object.entries(place).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <label>
        Your question in a line
        <input type="text" name="title" maxLength={TITLE_LENGTH_MAX} required autoComplete="off" />
      </label>
      <KeptText
        label="Question"
        note="Plain text. Code goes between backticks: `open()`."
        name="text"
        kept={kept}
        maxLength={TEXT_LENGTH_MAX}
        required
      />
      {code !== undefined && (
        <label>
          Your code
          <textarea
            ref={quote}
            className={css["code"]}
            name="quote"
            defaultValue={code}
            maxLength={CODE_LENGTH_MAX}
            rows={Math.min(16, code.split("\n").length + 1)}
            spellCheck={false}
          />
          <small>
            {isAtExercise
              ? "Only the staff sees it, whoever sees the question."
              : "It goes with the question as it stands here. Take away what is not needed."}
          </small>
        </label>
      )}
      <fieldset>
        <legend>Who sees it</legend>
        <label className={css["choice"]}>
          <input type="radio" name="audience" value="class" defaultChecked />
          The class: others may wonder, too, and may answer
        </label>
        <label className={css["choice"]}>
          <input type="radio" name="audience" value="staff" />
          The staff alone
        </label>
      </fieldset>
      <FormMessage id="ask-message" problem={talkProblem(state)} />
      <button
        className={`${controls["button"]} ${controls["first"]}`}
        type="submit"
        aria-disabled={isPending}
      >
        Ask
      </button>
    </form>
  );
}
