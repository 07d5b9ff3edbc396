"use client";

import { useActionState } from "react";
import controls from "../../../controls.module.css";
import { FormMessage } from "../../../form-message.tsx";
import css from "../../../talk/talk.module.css";
import { type EraseState, eraseForGood } from "./actions.ts";

interface EraseFormProps {
  person: string;
  username: string;
  work: "unnamed" | "deleted";
}

/** What is listed above is done, and nothing brings it back. */
export function EraseForm({ person, username, work }: EraseFormProps) {
  const [state, action, isPending] = useActionState(eraseForGood, { kind: "empty" });
  return (
    <form action={action} className={css["form"]}>
      <input type="hidden" name="person" value={person} />
      <input type="hidden" name="work" value={work} />
      <label>
        To erase them for good, type their user name: {username}
        <input type="text" name="username" autoComplete="off" spellCheck={false} required />
      </label>
      <FormMessage id="erase-message" problem={problemOf(state)} />
      <button className={controls["button"]} type="submit" aria-disabled={isPending}>
        Erase for good
      </button>
    </form>
  );
}

function problemOf(state: EraseState): string | undefined {
  switch (state.kind) {
    case "other-name":
      return "That is not their user name: nothing was erased.";
    case "gone":
      return "Nobody has this account any more.";
    case "denied":
      return state.because === "oneself"
        ? "You cannot erase the account that you are signed in with."
        : "Only the administrator may do this.";
    default:
      return undefined;
  }
}
