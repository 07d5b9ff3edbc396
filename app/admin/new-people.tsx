"use client";

import { useActionState } from "react";
import { closedLinkText } from "../closed-link.ts";
import controls from "../controls.module.css";
import form from "../form.module.css";
import { FormMessage } from "../form-message.tsx";
import { ROLE_NAMES } from "../role-names.ts";
import { type EnrolState, enrolPerson, makeAccount } from "./actions.ts";
import css from "./admin.module.css";
import { LinkOnce } from "./link-once.tsx";
import type { RunToManage } from "./people-table.tsx";
import { refusalText } from "./refusal-text.ts";

/** How people come onto the site and into a run. */
export function NewPeople({ runs }: { runs: readonly RunToManage[] }) {
  if (runs.length === 0) return null;
  return (
    <div className={css["new"]}>
      <section>
        <h2>Make an account</h2>
        <MakeAccount runs={runs} />
      </section>
      <section>
        <h2>Enrol somebody who has one</h2>
        <Enrol runs={runs} />
      </section>
    </div>
  );
}

function MakeAccount({ runs }: { runs: readonly RunToManage[] }) {
  const [state, action, isPending] = useActionState(makeAccount, { kind: "empty" });
  return (
    <form
      action={action}
      className={form["form"]}
      onReset={(event) => state.kind !== "made" && event.preventDefault()}
    >
      <label>
        Name
        <input name="name" maxLength={80} autoComplete="off" required />
      </label>
      <label>
        User name
        <input name="username" maxLength={30} autoComplete="off" autoCapitalize="none" required />
      </label>
      <label>
        E-mail address
        <input name="email" type="email" maxLength={254} autoComplete="off" required />
      </label>
      <RunAndRole runs={runs} />
      <Outcome id="make-account-message" state={state} />
      <button className={controls["button"]} type="submit" aria-disabled={isPending}>
        Make the account
      </button>
    </form>
  );
}

function Enrol({ runs }: { runs: readonly RunToManage[] }) {
  const [state, action, isPending] = useActionState(enrolPerson, { kind: "empty" });
  return (
    <form
      action={action}
      className={form["form"]}
      onReset={(event) => state.kind !== "enrolled" && event.preventDefault()}
    >
      <label>
        User name or e-mail address
        <input name="person" maxLength={254} autoComplete="off" autoCapitalize="none" required />
      </label>
      <RunAndRole runs={runs} />
      <Outcome id="enrol-message" state={state} />
      <button className={controls["button"]} type="submit" aria-disabled={isPending}>
        Enrol
      </button>
    </form>
  );
}

function RunAndRole({ runs }: { runs: readonly RunToManage[] }) {
  const roles = [...new Set(runs.flatMap((run) => run.roles))];
  return (
    <>
      <label>
        Run
        <select name="runId">
          {runs.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        Role
        <select name="role" defaultValue="student">
          {roles.map((role) => (
            <option key={role} value={role}>
              {ROLE_NAMES[role]}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

function Outcome({ id, state }: { id: string; state: EnrolState }) {
  if (state.kind === "made") {
    return (
      <p className={css["made"]} id={id} role="status">
        {state.isMailed &&
          `A link goes to ${state.name} by mail. Should it not come, here is another one. `}
        <LinkOnce name={state.name} link={state.link} />
      </p>
    );
  }
  const done =
    state.kind === "enrolled" ? `${state.name} is in the run${closedLinkText(state)}.` : undefined;
  return <FormMessage id={id} problem={problemOf(state)} done={done} />;
}

function problemOf(state: Exclude<EnrolState, { kind: "made" }>): string | undefined {
  switch (state.kind) {
    case "empty":
    case "enrolled":
      return undefined;
    case "taken":
      return state.what === "username"
        ? "Somebody has this user name already: enrol them, or choose another one."
        : "Somebody has an account with this address already: enrol them.";
    case "is-in-run":
      return `${state.name} is in this run already: change the role in the table.`;
    default:
      return refusalText(state);
  }
}
