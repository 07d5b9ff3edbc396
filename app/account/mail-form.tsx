"use client";

import { useActionState } from "react";
import controls from "../controls.module.css";
import form from "../form.module.css";
import { FormMessage } from "../form-message.tsx";
import { chooseMyMail, type MailState } from "./actions.ts";

type Pace = "at_once" | "daily" | "never";

interface MailFormProps {
  /** What the person can be told of, and how they are now. */
  kinds: readonly { readonly kind: string; readonly label: string; readonly pace: Pace }[];
}

/** How somebody is told of each kind of thing. */
export function MailForm({ kinds }: MailFormProps) {
  const [state, action, isPending] = useActionState(chooseMyMail, { kind: "empty" });
  return (
    <form action={action} className={form["form"]}>
      {kinds.map(({ kind, label, pace }) => (
        <label key={kind}>
          {label}
          <select name={kind} defaultValue={pace} key={pace}>
            <option value="at_once">at once</option>
            <option value="daily">once a day, together</option>
            <option value="never">never</option>
          </select>
        </label>
      ))}
      <FormMessage
        id="mail-message"
        problem={problemOf(state)}
        done={state.kind === "stored" ? "Your choice is kept." : undefined}
      />
      <button className={controls["button"]} type="submit" aria-disabled={isPending}>
        Keep this
      </button>
    </form>
  );
}

function problemOf(state: MailState): string | undefined {
  if (state.kind === "invalid") return state.problem;
  if (state.kind !== "denied") return undefined;
  return state.because === "shared"
    ? "A demo account stays as it is, since others use it too."
    : "Your session has ended: sign in again.";
}
