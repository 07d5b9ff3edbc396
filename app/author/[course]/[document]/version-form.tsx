"use client";

import { useRouter } from "next/navigation";
import { useId, useState, useTransition } from "react";
import type { EditedDocument } from "#server/authoring";
import controls from "../../../controls.module.css";
import { FormMessage } from "../../../form-message.tsx";
import author from "../../author.module.css";
import type { SaveVersionResult } from "../actions.ts";

interface VersionFormProps {
  course: string;
  document: EditedDocument;
  changed: readonly string[];
  isBehind: boolean;
  /** Stores what is typed; answers the draft's revision, undefined when that was not possible. */
  flush: () => Promise<number | undefined>;
  saveVersion: (input: unknown) => Promise<SaveVersionResult>;
  /** Goes back to the version; what it answers takes that back. */
  onGiveUp: () => () => void;
}

/** Makes a version of the draft, with a word on what has changed. */
export function VersionForm(props: VersionFormProps) {
  const { course, document, changed, isBehind, flush, saveVersion, onGiveUp } = props;
  const [isBusy, start] = useTransition();
  const [problem, setProblem] = useState<string>();
  const [takeBack, setTakeBack] = useState<() => void>();
  const router = useRouter();
  const message = useId();
  const isUnchanged = changed.length === 0;

  const send = (form: FormData) =>
    start(async () => {
      const revision = await flush();
      if (revision === undefined) {
        setProblem("The draft could not be saved, so no version was made: see above the text.");
        return;
      }
      const text = String(form.get("message") ?? "");
      const given = { course, document: document.id, revision, message: text };
      const answer = await saveVersion(given).catch(() => undefined);
      setProblem(problemOf(answer));
      // Behind, the page shows the way to bring both together.
      if (answer?.kind === "stored" || answer?.kind === "behind") router.refresh();
    });
  return (
    <section>
      <h2>
        Version <span>{isUnchanged ? "nothing has changed" : changed.join(", ")}</span>
      </h2>
      <form action={send} className={author["version"]}>
        <label>
          What has changed
          <input name="message" maxLength={500} required aria-describedby={message} />
        </label>
        <div className={controls["row"]}>
          <button
            type="submit"
            className={controls["button"]}
            disabled={isUnchanged || isBehind || isBusy}
          >
            Save version {document.head + 1}
          </button>
          {!isUnchanged && !isBehind && (
            <button
              type="button"
              className={author["quiet"]}
              onClick={() => {
                const undo = onGiveUp();
                setTakeBack(() => undo);
              }}
            >
              Give the draft up
            </button>
          )}
        </div>
        <FormMessage id={message} problem={problem} />
        {takeBack !== undefined && (
          <p role="status">
            The text is that of version {document.base} again.{" "}
            <button
              type="button"
              className={author["quiet"]}
              onClick={() => {
                takeBack();
                setTakeBack(undefined);
              }}
            >
              Undo
            </button>
          </p>
        )}
      </form>
    </section>
  );
}

function problemOf(answer: SaveVersionResult | undefined): string | undefined {
  switch (answer?.kind) {
    case "stored":
      return undefined;
    case "behind":
      return `Version ${answer.head} was stored by somebody else since you began: bring both together first.`;
    case "changed":
      return "Another tab or device has saved this draft since: load the page again.";
    case "no-draft":
      return "Nothing differs from the newest version.";
    case "denied":
      return "You are signed out, or may not write in this course any more: sign in again.";
    case "invalid":
      return answer.problem;
    default:
      return "The server does not answer. Your draft is kept: try again.";
  }
}
