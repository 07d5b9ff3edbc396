"use client";

import { useActionState, useId } from "react";
import controls from "../../../../controls.module.css";
import { FormMessage } from "../../../../form-message.tsx";
import { searchAgain } from "./actions.ts";

/** The way on after a search for small mistakes that has failed. */
export function AgainForm({ course, versionId }: { course: string; versionId: string }) {
  const [state, act, isBusy] = useActionState(searchAgain, { kind: "empty" });
  const message = useId();
  return (
    <form action={act}>
      <input type="hidden" name="course" value={course} />
      <input type="hidden" name="version" value={versionId} />
      <p>Small mistakes in the solution could not be tried, by a fault of the site.</p>
      <button
        type="submit"
        className={controls["button"]}
        disabled={isBusy}
        aria-describedby={message}
      >
        Try them again
      </button>
      <FormMessage
        id={message}
        problem={
          state.kind === "denied"
            ? "You are signed out, or may not write in this course any more: sign in again."
            : state.kind === "needless"
              ? "They are tried already: load the page again."
              : undefined
        }
      />
    </form>
  );
}
