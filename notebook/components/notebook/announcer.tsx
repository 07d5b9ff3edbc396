"use client";

import { useNotebookState } from "./context.ts";
import css from "./notebook.module.css";

/** Says the end of a run once to who does not see it. */
export function Announcer() {
  const message = useNotebookState((state) => state.message);
  const text = (tone: "polite" | "assertive") =>
    message?.tone === tone ? <span key={message.number}>{message.text}</span> : null;
  return (
    <div className={css["unseen"]}>
      <div role="status" aria-live="polite" data-announcer="">
        {text("polite")}
      </div>
      <div role="alert" aria-live="assertive">
        {text("assertive")}
      </div>
    </div>
  );
}
