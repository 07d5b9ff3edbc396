"use client";

import { useActionState, useState } from "react";
import adminCss from "../../../../admin/admin.module.css";
import controls from "../../../../controls.module.css";
import form from "../../../../form.module.css";
import { FormMessage } from "../../../../form-message.tsx";
import {
  type InvitationState,
  inviteByLink,
  inviteByMail,
  type MailInvitationState,
  setKeyOfRun,
} from "./actions.ts";

interface InvitationFormProps {
  run: string;
  sections: readonly { readonly id: string; readonly name: string }[];
}

/** Who comes by the link, until when, and how many. */
export function InvitationForm({ run, sections }: InvitationFormProps) {
  const [state, action, isPending] = useActionState(inviteByLink, { kind: "empty" });
  return (
    <form
      action={action}
      className={form["form"]}
      onReset={(event) => state.kind !== "made" && event.preventDefault()}
    >
      <TermFields run={run} sections={sections} />
      <label>
        For at most so many people
        <small>Empty: any number.</small>
        <input name="uses" type="number" min={1} max={100_000} />
      </label>
      {state.kind === "made" ? (
        <p className={adminCss["made"]} role="status">
          Whoever has this link enters the run. It is shown only now: <code>{state.link}</code>
        </p>
      ) : (
        <FormMessage id="invitation-message" problem={problemOf(state)} />
      )}
      <button type="submit" className={controls["button"]} aria-disabled={isPending}>
        Make the link
      </button>
    </form>
  );
}

/** As what, where, and until when people come. */
function TermFields({ run, sections }: InvitationFormProps) {
  return (
    <>
      <input type="hidden" name="run" value={run} />
      <label>
        As
        <select name="role" defaultValue="student">
          <option value="reader">reader</option>
          <option value="student">student</option>
          <option value="ta">TA</option>
        </select>
      </label>
      <label>
        In the section
        <select name="section">
          <option value="">none</option>
          {sections.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Works for so many days
        <input name="days" type="number" min={1} max={365} defaultValue={14} required />
      </label>
    </>
  );
}

/** Who is invited by mail, each by a link of their own. */
export function MailInvitationForm({ run, sections }: InvitationFormProps) {
  const [state, action, isPending] = useActionState(inviteByMail, { kind: "empty" });
  const [addresses, setAddresses] = useState("");
  const problem = mailProblem(state);
  return (
    <form action={action} className={form["form"]}>
      <TermFields run={run} sections={sections} />
      <label>
        E-mail addresses
        <small>With spaces, commas or on lines of their own.</small>
        <textarea
          name="addresses"
          rows={4}
          required
          spellCheck={false}
          autoComplete="off"
          value={addresses}
          onChange={({ target }) => setAddresses(target.value)}
          aria-invalid={state.kind === "invalid"}
          aria-describedby="mail-invitation-message"
        />
      </label>
      <FormMessage
        id="mail-invitation-message"
        problem={problem}
        done={state.kind === "invited" ? invitedText(state) : undefined}
      />
      <button type="submit" className={controls["button"]} aria-disabled={isPending}>
        Mail the invitations
      </button>
    </form>
  );
}

function invitedText({ count, present }: Extract<MailInvitationState, { kind: "invited" }>) {
  const sent =
    count === 1 ? "One invitation is on its way." : `${count} invitations are on their way.`;
  return present.length === 0 ? sent : `${sent} In the run already: ${present.join(", ")}.`;
}

function mailProblem(state: MailInvitationState): string | undefined {
  switch (state.kind) {
    case "empty":
    case "invited":
      return undefined;
    case "paused":
      return `That is much mail: the next is possible in ${Math.ceil(state.seconds / 60)} minutes.`;
    default:
      return problemOf(state);
  }
}

function problemOf(state: Exclude<InvitationState, { kind: "made" }>): string | undefined {
  switch (state.kind) {
    case "empty":
      return undefined;
    case "invalid":
      return state.problem;
    case "no-section":
      return "This section is gone: load the page again.";
    case "denied":
      return "Only who instructs this run may do this.";
  }
}

/** A word by which students enrol themselves, for those to whom it is told. */
export function KeyForm({ run, hasKey }: { run: string; hasKey: boolean }) {
  const [state, action, isPending] = useActionState(setKeyOfRun, { kind: "empty" });
  const problem =
    state.kind === "invalid"
      ? state.problem
      : state.kind === "denied"
        ? "Only who instructs this run may do this."
        : undefined;
  const done =
    state.kind === "set"
      ? `The key is set. Students enter it at /join with the run’s name, ${run}.`
      : state.kind === "removed"
        ? "The key is taken away."
        : undefined;
  return (
    <form action={action} className={form["form"]}>
      <input type="hidden" name="run" value={run} />
      <p>
        {hasKey
          ? `Students enrol themselves at /join with the run’s name, ${run}, and the key. It is kept as a password is: nobody can read it here.`
          : "Nobody can enrol themselves by a key now."}
      </p>
      <label>
        {hasKey ? "New key" : "Key"}
        <small>At least 8 characters. Empty: no key.</small>
        <input name="key" maxLength={100} autoComplete="off" spellCheck={false} />
      </label>
      <FormMessage id="key-message" problem={problem} done={done} />
      <button type="submit" className={controls["button"]} aria-disabled={isPending}>
        Set the key
      </button>
    </form>
  );
}
