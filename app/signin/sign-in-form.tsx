"use client";

import { useActionState } from "react";
import controls from "../controls.module.css";
import form from "../form.module.css";
import { type SignInState, signInWithPassword } from "./actions.ts";

interface SignInFormProps {
  /** Where the person goes back to. */
  from: string;
  /** So many tries until a pause of so many seconds. */
  rule: { readonly tries: number; readonly pauseS: number };
}

/** User name and password. Works as a plain form post too. */
export function SignInForm({ from, rule }: SignInFormProps) {
  const [state, action, isPending] = useActionState(signInWithPassword, { kind: "empty" });
  const problem = problemOf(state, rule);
  return (
    <form action={action} className={form["form"]}>
      <input type="hidden" name="from" value={from} />
      <label>
        User name or e-mail address
        <input
          name="name"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          required
          defaultValue={state.kind === "empty" ? "" : state.name}
        />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          autoComplete="current-password"
          maxLength={128}
          required
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : "sign-in-problem"}
        />
      </label>
      {problem !== undefined && (
        <p className={form["problem"]} id="sign-in-problem" role="alert">
          {problem}
        </p>
      )}
      <button
        className={`${controls["button"]} ${controls["first"]}`}
        type="submit"
        aria-disabled={isPending}
      >
        {isPending ? "Signing in" : "Sign in"}
      </button>
    </form>
  );
}

function problemOf(state: SignInState, { tries, pauseS }: SignInFormProps["rule"]) {
  switch (state.kind) {
    case "empty":
      return undefined;
    case "no-match":
      return `User name and password do not match. After ${tries} tries there is a pause of ${pauseS} seconds; this was try ${state.tryNumber}.`;
    case "paused":
      return `Too many tries: the next one is possible in ${state.seconds} seconds.`;
    case "off":
      return "Nobody signs in by a password here: load the page again.";
    case "banned":
      return "This account is closed. The administrator of the site can open it again.";
  }
}
