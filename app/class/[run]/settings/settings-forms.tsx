"use client";

import { useActionState } from "react";
import controls from "../../../controls.module.css";
import form from "../../../form.module.css";
import { FormMessage } from "../../../form-message.tsx";
import { newRunProblem } from "../../new-run-form.tsx";
import { copyThisRun, describeThisRun } from "./actions.ts";

interface DescribeFormProps {
  run: string;
  title: string;
  timeZone: string;
}

export function DescribeForm({ run, title, timeZone }: DescribeFormProps) {
  const [state, action, isPending] = useActionState(describeThisRun, { kind: "empty" });
  const problem =
    state.kind === "invalid"
      ? state.problem
      : state.kind === "denied"
        ? "Only who instructs this run may do this."
        : undefined;
  return (
    <form action={action} className={form["form"]} onReset={(event) => event.preventDefault()}>
      <input type="hidden" name="run" value={run} />
      <label>
        Title
        <input key={title} name="title" maxLength={80} defaultValue={title} required />
      </label>
      <label>
        Time zone of its dates
        <input key={timeZone} name="timeZone" maxLength={60} defaultValue={timeZone} required />
      </label>
      <FormMessage
        id="describe-message"
        problem={problem}
        done={state.kind === "done" ? "It is changed." : undefined}
      />
      <button type="submit" className={controls["button"]} aria-disabled={isPending}>
        Change
      </button>
    </form>
  );
}

/** The same settings, sections and dates again, with nobody in it. */
export function CopyForm({ run }: { run: string }) {
  const [state, action, isPending] = useActionState(copyThisRun, { kind: "empty" });
  return (
    <form action={action} className={form["form"]} onReset={(event) => event.preventDefault()}>
      <input type="hidden" name="run" value={run} />
      <p>
        Sections and dates are copied, for everybody and for sections; people, grades and extensions
        of one student are not.
      </p>
      <label>
        Title
        <input name="title" maxLength={80} placeholder="Spring 2028" autoComplete="off" required />
      </label>
      <label>
        Name in addresses
        <input name="slug" maxLength={40} placeholder="spring-2028" autoComplete="off" required />
      </label>
      <label>
        Every date later by so many days
        <input name="days" type="number" min={-3660} max={3660} defaultValue={182} required />
      </label>
      <FormMessage id="copy-message" problem={newRunProblem(state)} />
      <button type="submit" className={controls["button"]} aria-disabled={isPending}>
        Copy the run
      </button>
    </form>
  );
}
