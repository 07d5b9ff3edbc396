"use client";

import { useActionState, useId } from "react";
import controls from "../../../controls.module.css";
import forms from "../../../form.module.css";
import { FormMessage } from "../../../form-message.tsx";
import { createLecture } from "../create-actions.ts";

export function NewLectureForm({ course }: { course: string }) {
  const [state, send, isBusy] = useActionState(createLecture, { kind: "empty" });
  const message = useId();
  return (
    <form action={send} className={forms["form"]} onReset={(event) => event.preventDefault()}>
      <input type="hidden" name="course" value={course} />
      <label>
        Number
        <input name="number" pattern="\d{2}" maxLength={2} required aria-describedby={message} />
        <small>Two digits: 07</small>
      </label>
      <label>
        Name in addresses
        <input name="slug" pattern="[a-z0-9]+(-[a-z0-9]+)*" maxLength={60} required />
        <small>Small letters, digits and -: system-calls</small>
      </label>
      <label>
        Title
        <input name="title" maxLength={200} required />
      </label>
      <FormMessage id={message} problem={state.kind === "invalid" ? state.problem : undefined} />
      <button
        type="submit"
        className={`${controls["button"]} ${controls["first"]}`}
        aria-disabled={isBusy}
      >
        Begin the lecture
      </button>
    </form>
  );
}
