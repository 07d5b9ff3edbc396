"use client";

import { useActionState } from "react";
import controls from "../controls.module.css";
import form from "../form.module.css";
import { FormMessage } from "../form-message.tsx";
import { beginRun, type NewRunState } from "./actions.ts";

interface NewRunFormProps {
  courses: readonly { readonly id: string; readonly title: string }[];
}

/** A term of a course with nobody in it yet. */
export function NewRunForm({ courses }: NewRunFormProps) {
  const [state, action, isPending] = useActionState(beginRun, { kind: "empty" });
  return (
    <form action={action} className={form["form"]} onReset={(event) => event.preventDefault()}>
      <label>
        Course
        <select name="courseId">
          {courses.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        Title
        <input name="title" maxLength={80} placeholder="Autumn 2027" autoComplete="off" required />
      </label>
      <label>
        Name in addresses
        <input name="slug" maxLength={40} placeholder="autumn-2027" autoComplete="off" required />
      </label>
      <label>
        Time zone of its dates
        <input name="timeZone" maxLength={60} defaultValue="UTC" autoComplete="off" required />
      </label>
      <FormMessage id="new-run-message" problem={newRunProblem(state)} />
      <button type="submit" className={controls["button"]} aria-disabled={isPending}>
        Begin the run
      </button>
    </form>
  );
}

/** Why no run was begun. */
export function newRunProblem(state: NewRunState): string | undefined {
  switch (state.kind) {
    case "empty":
      return undefined;
    case "invalid":
      return state.problem;
    case "taken":
      return "Another run has this name in addresses: choose another one.";
    case "gone":
      return "It is gone: load the page again.";
    case "denied":
      return "Only who instructs a run of this course may begin another one.";
  }
}
