"use client";

import { useSyncExternalStore } from "react";
import { useNotebookState } from "./context.ts";
import css from "./notebook.module.css";

const never = () => () => undefined;

/** False in the server's page, true as soon as its buttons do something. */
function useIsAlive(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}

/** Says the end of a run once to who does not see it. */
export function Announcer() {
  const message = useNotebookState((state) => state.message);
  const text = (tone: "polite" | "assertive") =>
    message?.tone === tone ? <span key={message.number}>{message.text}</span> : null;
  const isAlive = useIsAlive();
  return (
    <div className={css["unseen"]} data-notebook={isAlive ? "alive" : "still"}>
      <div role="status" aria-live="polite" data-announcer="">
        {text("polite")}
      </div>
      <div role="alert" aria-live="assertive" data-announcer="">
        {text("assertive")}
      </div>
    </div>
  );
}
