"use client";

import { useActionState, useId } from "react";
import controls from "../../../../controls.module.css";
import { FormMessage } from "../../../../form-message.tsx";
import { KeptText } from "../../../../talk/kept-text.tsx";
import { talkProblem } from "../../../../talk/problem.ts";
import css from "../../../../talk/talk.module.css";
import { answerQuestion, editText } from "../actions.ts";
import { TEXT_LENGTH_MAX } from "../limits.ts";

interface AnswerFormProps {
  question: string;
  /** Under which this browser keeps what is typed. */
  kept: string;
}

/** An answer, or more of what was asked. */
export function AnswerForm({ question, kept }: AnswerFormProps) {
  const [state, action, isPending] = useActionState(answerQuestion, { kind: "empty" });
  return (
    <form
      action={action}
      className={css["form"]}
      onReset={(event) => state.kind !== "stored" && event.preventDefault()}
    >
      <input type="hidden" name="question" value={question} />
      <KeptText
        label="Your answer"
        note="Plain text. Code goes between backticks: `open()`."
        name="text"
        kept={kept}
        stored={state.kind === "stored" ? state : undefined}
        maxLength={TEXT_LENGTH_MAX}
        required
      />
      <FormMessage id="answer-message" problem={talkProblem(state)} />
      <button className={controls["button"]} type="submit" aria-disabled={isPending}>
        Answer
      </button>
    </form>
  );
}

interface EditFormProps {
  question: string;
  /** Set when it is an answer that is changed. */
  answer?: string;
  text: string;
}

/** Changes what one has written oneself, a short while ago. */
export function EditForm({ question, answer, text }: EditFormProps) {
  const [state, action, isPending] = useActionState(editText, { kind: "empty" });
  const id = useId();
  return (
    <details className={css["edit"]}>
      <summary>Change the text</summary>
      <form action={action} className={css["form"]} onReset={(event) => event.preventDefault()}>
        <input type="hidden" name="question" value={question} />
        {answer !== undefined && <input type="hidden" name="answer" value={answer} />}
        <label>
          Text
          <textarea name="text" defaultValue={text} maxLength={TEXT_LENGTH_MAX} required />
        </label>
        <FormMessage
          id={id}
          problem={talkProblem(state)}
          done={state.kind === "stored" ? "The text is changed." : undefined}
        />
        <button className={controls["button"]} type="submit" aria-disabled={isPending}>
          Change
        </button>
      </form>
    </details>
  );
}
