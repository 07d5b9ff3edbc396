"use client";

import { useActionState, useId } from "react";
import controls from "../../../controls.module.css";
import { FormMessage } from "../../../form-message.tsx";
import { KeptText } from "../../../talk/kept-text.tsx";
import css from "../../../talk/talk.module.css";
import { TEXT_LENGTH_MAX, TITLE_LENGTH_MAX } from "../questions/limits.ts";
import { type AnnounceState, announce, changeAnnouncement } from "./actions.ts";

interface AnnounceFormProps {
  run: string;
  /** Under which this browser keeps what is typed. */
  kept: string;
}

/** Something new to everybody in the run. */
export function AnnounceForm({ run, kept }: AnnounceFormProps) {
  const [state, action, isPending] = useActionState(announce, { kind: "empty" });
  const message = useId();
  return (
    <form
      action={action}
      className={css["form"]}
      onReset={(event) => state.kind !== "stored" && event.preventDefault()}
    >
      <input type="hidden" name="run" value={run} />
      <TitleField />
      <KeptText
        label="Announcement"
        note="Plain text. Everybody in the run sees it on the home page until they have read it."
        name="text"
        kept={kept}
        stored={state.kind === "stored" ? state : undefined}
        maxLength={TEXT_LENGTH_MAX}
        required
      />
      <FormMessage
        id={message}
        problem={problemOf(state)}
        done={state.kind === "stored" ? "It is announced." : undefined}
      />
      <button className={controls["button"]} type="submit" aria-disabled={isPending}>
        Announce
      </button>
    </form>
  );
}

interface ChangeFormProps {
  announcement: string;
  title: string;
  text: string;
}

/** What was announced, in better words. */
export function ChangeForm({ announcement, title, text }: ChangeFormProps) {
  const [state, action, isPending] = useActionState(changeAnnouncement, { kind: "empty" });
  const message = useId();
  return (
    <details className={css["edit"]}>
      <summary>Change</summary>
      <form action={action} className={css["form"]} onReset={(event) => event.preventDefault()}>
        <input type="hidden" name="announcement" value={announcement} />
        <TitleField title={title} />
        <label>
          Announcement
          <textarea name="text" defaultValue={text} maxLength={TEXT_LENGTH_MAX} required />
          <small>Everybody sees it as new.</small>
        </label>
        <FormMessage
          id={message}
          problem={problemOf(state)}
          done={state.kind === "stored" ? "It is changed." : undefined}
        />
        <button className={controls["button"]} type="submit" aria-disabled={isPending}>
          Change
        </button>
      </form>
    </details>
  );
}

function TitleField({ title }: { title?: string }) {
  return (
    <label>
      Title
      <input
        type="text"
        name="title"
        defaultValue={title}
        maxLength={TITLE_LENGTH_MAX}
        required
        autoComplete="off"
      />
    </label>
  );
}

function problemOf(state: AnnounceState): string | undefined {
  if (state.kind === "invalid") return state.problem;
  if (state.kind !== "denied") return undefined;
  return state.because === "signed-out"
    ? "Your session has ended: sign in again. Your text stays in this browser."
    : "Only the staff of the run may do this.";
}
