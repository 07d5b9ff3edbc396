"use client";

import { useActionState } from "react";
import { NewPasswordFields } from "../account/account-forms.tsx";
import controls from "../controls.module.css";
import form from "../form.module.css";
import { FormMessage } from "../form-message.tsx";
import { makeMyAccount, type SignUpState } from "./actions.ts";

/** Name, user name, address and password of a new account. */
export function SignUpForm({ from }: { from: string }) {
  const [state, action, isPending] = useActionState(makeMyAccount, { kind: "empty" });
  const given = state.kind === "empty" ? { name: "", username: "", email: "" } : state.given;
  const taken = state.kind === "taken" ? state.what : undefined;
  return (
    <form action={action} className={form["form"]}>
      <input type="hidden" name="from" value={from} />
      <label>
        Name
        <input name="name" autoComplete="name" maxLength={80} required defaultValue={given.name} />
      </label>
      <label>
        User name
        <input
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          minLength={3}
          maxLength={30}
          required
          defaultValue={given.username}
          aria-invalid={taken === "username"}
          aria-describedby="sign-up-message"
        />
      </label>
      <label>
        E-mail address
        <input
          name="email"
          type="email"
          autoComplete="email"
          maxLength={254}
          required
          defaultValue={given.email}
          aria-invalid={taken === "email"}
          aria-describedby="sign-up-message"
        />
      </label>
      <NewPasswordFields isInvalid={false} message="sign-up-message" />
      <FormMessage id="sign-up-message" problem={problemOf(state)} />
      <button
        className={`${controls["button"]} ${controls["first"]}`}
        type="submit"
        aria-disabled={isPending}
      >
        Make the account
      </button>
    </form>
  );
}

function problemOf(state: SignUpState): string | undefined {
  switch (state.kind) {
    case "empty":
      return undefined;
    case "invalid":
      return state.problem;
    case "taken":
      return state.what === "username"
        ? "Somebody has this user name already."
        : "Somebody has an account with this address already.";
    case "paused":
      return `Too many accounts from here: the next one is possible in ${Math.ceil(state.seconds / 60)} minutes.`;
    case "closed":
      return "Accounts are made by the administrator of this site.";
  }
}
