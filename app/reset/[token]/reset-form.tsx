"use client";

import { useActionState } from "react";
import { NewPasswordFields } from "../../account/account-forms.tsx";
import controls from "../../controls.module.css";
import form from "../../form.module.css";
import { FormMessage } from "../../form-message.tsx";
import { type ResetState, resetPassword } from "./actions.ts";

/** The new password that a link lets one set. */
export function ResetForm({ token, username }: { token: string; username: string }) {
  const [state, action, isPending] = useActionState(resetPassword, { kind: "empty" });
  return (
    <form action={action} className={form["form"]}>
      <input type="hidden" name="token" value={token} />
      <label>
        User name
        <input autoComplete="username" readOnly value={username} />
      </label>
      <NewPasswordFields isInvalid={state.kind === "invalid"} message="reset-message" />
      <FormMessage id="reset-message" problem={problemOf(state)} />
      <button
        className={`${controls["button"]} ${controls["first"]}`}
        type="submit"
        aria-disabled={isPending}
      >
        Set password and sign in
      </button>
    </form>
  );
}

function problemOf(state: ResetState): string | undefined {
  switch (state.kind) {
    case "empty":
      return undefined;
    case "invalid":
      return state.problem;
    case "spent":
      return "This link has been used or is too old. Ask for a new one.";
    case "banned":
      return "The password is set, but this account is closed.";
  }
}
