"use client";

import { useActionState } from "react";
import controls from "../controls.module.css";
import form from "../form.module.css";
import { FormMessage } from "../form-message.tsx";
import { changeMyPassword, type PasswordState, type RenameState, renameMyself } from "./actions.ts";

const SIGNED_OUT = "Your session has ended: sign in again.";
const SHARED = "A demo account stays as it is, since others use it too.";

/** The name by which others see the person. */
export function NameForm({ name }: { name: string }) {
  const [state, action, isPending] = useActionState(renameMyself, { kind: "empty" });
  const problem = nameProblem(state);
  return (
    <form action={action} className={form["form"]}>
      <label>
        Name
        <input
          name="name"
          autoComplete="name"
          maxLength={80}
          required
          defaultValue={name}
          aria-invalid={problem !== undefined}
          aria-describedby="name-message"
        />
      </label>
      <FormMessage
        id="name-message"
        problem={problem}
        done={state.kind === "renamed" ? "The name is changed." : undefined}
      />
      <button className={controls["button"]} type="submit" aria-disabled={isPending}>
        Change name
      </button>
    </form>
  );
}

/** A new password, for who knows the present one. */
export function PasswordForm() {
  const [state, action, isPending] = useActionState(changeMyPassword, { kind: "empty" });
  const problem = passwordProblem(state);
  return (
    <form action={action} className={form["form"]}>
      <label>
        Present password
        <input
          name="present"
          type="password"
          autoComplete="current-password"
          maxLength={128}
          required
          aria-invalid={state.kind === "no-match"}
          aria-describedby="password-message"
        />
      </label>
      <NewPasswordFields isInvalid={state.kind === "invalid"} message="password-message" />
      <FormMessage
        id="password-message"
        problem={problem}
        done={
          state.kind === "changed"
            ? "The password is changed; other sessions are ended."
            : undefined
        }
      />
      <button className={controls["button"]} type="submit" aria-disabled={isPending}>
        Change password
      </button>
    </form>
  );
}

interface NewPasswordFieldsProps {
  isInvalid: boolean;
  /** The id of the text that says what is wrong. */
  message: string;
}

/** A new password, twice. */
export function NewPasswordFields({ isInvalid, message }: NewPasswordFieldsProps) {
  const field = {
    type: "password",
    autoComplete: "new-password",
    minLength: 10,
    maxLength: 128,
    required: true,
    "aria-invalid": isInvalid,
    "aria-describedby": message,
  };
  return (
    <>
      <label>
        New password
        <input name="next" {...field} />
        <small>At least 10 characters.</small>
      </label>
      <label>
        New password, again
        <input name="again" {...field} />
      </label>
    </>
  );
}

function nameProblem(state: RenameState): string | undefined {
  if (state.kind === "invalid") return state.problem;
  if (state.kind === "denied") return state.because === "shared" ? SHARED : SIGNED_OUT;
  return undefined;
}

function passwordProblem(state: PasswordState): string | undefined {
  switch (state.kind) {
    case "invalid":
      return state.problem;
    case "denied":
      return state.because === "shared" ? SHARED : SIGNED_OUT;
    case "no-match":
      return "That is not your present password.";
    case "paused":
      return `Too many tries: the next one is possible in ${state.seconds} seconds.`;
    default:
      return undefined;
  }
}
