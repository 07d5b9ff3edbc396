"use client";

import { useActionState } from "react";
import controls from "../../controls.module.css";
import form from "../../form.module.css";
import { FormMessage } from "../../form-message.tsx";
import { askForLink, type ForgottenState } from "./actions.ts";

/** Whose password is forgotten. What it answers is the same for everybody. */
export function ForgottenForm() {
  const [state, action, isPending] = useActionState(askForLink, { kind: "empty" });
  const done =
    state.kind === "asked"
      ? "If somebody has an account of that name or address, a link is on its way to them."
      : undefined;
  return (
    <form action={action} className={form["form"]}>
      <label>
        User name or e-mail address
        <input
          name="name"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          required
          aria-describedby="forgotten-message"
        />
      </label>
      <FormMessage id="forgotten-message" problem={problemOf(state)} done={done} />
      <button
        className={`${controls["button"]} ${controls["first"]}`}
        type="submit"
        aria-disabled={isPending}
      >
        Mail me a link
      </button>
    </form>
  );
}

function problemOf(state: ForgottenState): string | undefined {
  switch (state.kind) {
    case "empty":
    case "asked":
      return undefined;
    case "invalid":
      return "The user name or address is missing.";
    case "paused":
      return `Too many tries: the next one is possible in ${Math.ceil(state.seconds / 60)} minutes.`;
    case "off":
      return "This site sends no such links: ask your instructor for one.";
  }
}
