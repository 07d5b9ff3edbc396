"use client";

import { useActionState } from "react";
import { NewPasswordFields } from "../../account/account-forms.tsx";
import controls from "../../controls.module.css";
import form from "../../form.module.css";
import { FormMessage } from "../../form-message.tsx";
import { type ResetState, resetPassword } from "./actions.ts";

interface ResetFormProps {
  token: string;
  username: string;
  /** Else the link only lets in. */
  setsPassword: boolean;
}

/** The new password that a link lets one set. */
export function ResetForm({ token, username, setsPassword }: ResetFormProps) {
  const [state, action, isPending] = useActionState(resetPassword, { kind: "empty" });
  return (
    <form action={action} className={form["form"]}>
      <input type="hidden" name="token" value={token} />
      <label>
        User name
        <input autoComplete="username" readOnly value={username} />
      </label>
      {setsPassword && (
        <NewPasswordFields isInvalid={state.kind === "invalid"} message="reset-message" />
      )}
      <FormMessage id="reset-message" problem={problemOf(state)} />
      <button
        className={`${controls["button"]} ${controls["first"]}`}
        type="submit"
        aria-disabled={isPending}
      >
        {setsPassword ? "Set password and sign in" : "Sign in by this link"}
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
      return "The link is used, but this account is closed.";
  }
}
