"use client";

import { useActionState, useId } from "react";
import controls from "../../../controls.module.css";
import forms from "../../../form.module.css";
import { FormMessage } from "../../../form-message.tsx";
import { createExercise } from "../create-actions.ts";

interface NewExerciseFormProps {
  course: string;
  lectures: readonly { readonly path: string; readonly name: string }[];
}

export function NewExerciseForm({ course, lectures }: NewExerciseFormProps) {
  const [state, send, isBusy] = useActionState(createExercise, { kind: "empty" });
  const message = useId();
  return (
    <form action={send} className={forms["form"]} onReset={(event) => event.preventDefault()}>
      <input type="hidden" name="course" value={course} />
      <label>
        Lecture
        <select name="lecture" required>
          {lectures.map(({ path, name }) => (
            <option key={path} value={path}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Template
        <select name="template">
          <option value="code">Code, graded by tests</option>
          <option value="report">A report, graded by people</option>
        </select>
      </label>
      <label>
        Number
        <input
          name="number"
          pattern="E\d+\.\d+"
          maxLength={10}
          required
          aria-describedby={message}
        />
        <small>E7.2</small>
      </label>
      <label>
        Name in addresses
        <input name="slug" pattern="[a-z0-9]+(-[a-z0-9]+)*" maxLength={60} required />
        <small>Small letters, digits and -: three-doors</small>
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
        Begin the exercise
      </button>
    </form>
  );
}
