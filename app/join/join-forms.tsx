"use client";

import { useActionState } from "react";
import { NewPasswordFields } from "../account/account-forms.tsx";
import controls from "../controls.module.css";
import form from "../form.module.css";
import { FormMessage } from "../form-message.tsx";
import { type JoinState, joinRun, type NewcomerState, signUpToJoin } from "./actions.ts";

interface JoinFormProps {
  /** Of the link; undefined: a key is asked for. */
  token?: string | undefined;
  /** The run's name, where the address says it. */
  run?: string | undefined;
}

const FIRST = `${controls["button"]} ${controls["first"]}`;

/** For who is signed in. */
export function JoinForm({ token, run }: JoinFormProps) {
  const [state, action, isPending] = useActionState(joinRun, { kind: "empty" });
  return (
    <form action={action} className={form["form"]}>
      <PassFields token={token} run={run} />
      <FormMessage id="join-message" problem={problemOf(state)} />
      <button type="submit" className={FIRST} aria-disabled={isPending}>
        Join the run
      </button>
    </form>
  );
}

/** For who has no account yet: it is made, in the run from its first moment. */
export function NewcomerForm({ token, run }: JoinFormProps) {
  const given = { name: "", username: "", email: "" };
  const [state, action, isPending] = useActionState<NewcomerState, FormData>(signUpToJoin, {
    kind: "empty",
    given,
  });
  const taken = state.kind === "taken" ? state.what : undefined;
  return (
    <form action={action} className={form["form"]}>
      <PassFields token={token} run={run} />
      <label>
        Name
        <input
          name="name"
          autoComplete="name"
          maxLength={80}
          required
          defaultValue={state.given.name}
        />
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
          defaultValue={state.given.username}
          aria-invalid={taken === "username"}
          aria-describedby="newcomer-message"
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
          defaultValue={state.given.email}
          aria-invalid={taken === "email"}
          aria-describedby="newcomer-message"
        />
      </label>
      <NewPasswordFields isInvalid={false} message="newcomer-message" />
      <FormMessage id="newcomer-message" problem={problemOf(state)} />
      <button type="submit" className={FIRST} aria-disabled={isPending}>
        Make the account and join
      </button>
    </form>
  );
}

function PassFields({ token, run }: JoinFormProps) {
  if (token !== undefined) return <input type="hidden" name="token" value={token} />;
  return (
    <>
      <label>
        The run’s name
        <input
          name="run"
          defaultValue={run}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          required
        />
      </label>
      <label>
        Its key
        <input name="key" autoComplete="off" spellCheck={false} maxLength={100} required />
      </label>
    </>
  );
}

function problemOf(state: JoinState | NewcomerState): string | undefined {
  switch (state.kind) {
    case "empty":
    case "joined":
      return undefined;
    case "is-in-run":
      return `You are in ${state.runTitle} already.`;
    case "invalid":
      return state.problem;
    case "denied":
      return "Your session has ended: sign in again, and come back by the same link.";
    case "taken":
      return state.what === "username"
        ? "Somebody has this user name already."
        : "Somebody has an account with this address already: sign in to it.";
    case "paused":
      return `Too many tries: the next one is possible in ${Math.ceil(state.seconds / 60)} minutes.`;
    case "refused":
      return REFUSED[state.because];
  }
}

const REFUSED = {
  unknown: "This link is not known: look whether all of it was copied.",
  revoked: "This link was taken back. Ask your instructor for another one.",
  expired: "This link is too old. Ask your instructor for another one.",
  "used-up": "This link has let in as many people as it may. Ask your instructor for another one.",
  archived: "This run has ended, and lets nobody in any more.",
  "no-match": "No run of this name has this key: look at both again, or ask your instructor.",
} as const;
