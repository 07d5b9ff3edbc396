"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import controls from "../../controls.module.css";
import { cancelRegradeInRun } from "./actions.ts";
import css from "./regrade-bar.module.css";
import { undoTrial } from "./regrades/actions.ts";

interface RegradeBarProps {
  run: string;
  regrade: string;
  /** Before the figures, e.g. `11.2: `. */
  what: string;
  progress: Progress;
  changesUrl: string;
  /** The results count for nothing yet. */
  isDry: boolean;
  mayUndo: boolean;
}

interface Progress {
  readonly total: number;
  readonly done: number;
  readonly cancelled: number;
  readonly changed: number;
  readonly hasEnded: boolean;
}

const LOOK_AGAIN_MS = 1000;

/** Instead of a question before: what goes on, and a way to take back what has not begun, or what has changed. */
export function RegradeBar(props: RegradeBarProps) {
  const { run, regrade, what, progress, changesUrl, isDry, mayUndo } = props;
  const { total, done, cancelled, changed, hasEnded } = progress;
  const form = useRef<HTMLFormElement>(null);
  useLookingAgain(!hasEnded, progress);
  useUndoKey(form);
  const left = total - done - cancelled;
  const undo =
    left > 0 ? UNDO_WAITING : hasEnded && changed > 0 && !isDry ? UNDO_CHANGES : undefined;
  return (
    <div className={css["undo"]} data-regrade={regrade}>
      {/* Once at the beginning and once at the end; the count in between is not read out. */}
      <span role="status" className={controls["unseen"]}>
        {hasEnded
          ? `${what}graded again: ${done} of ${total}, ${changed} changed`
          : `${what}${isDry ? "trying the new version on" : "grading"} ${total}${isDry ? "" : " again"}`}
      </span>
      <span aria-hidden="true">
        {what}
        {done} of {total} {isDry ? "tried" : "graded again"}, {changed}{" "}
        {isDry ? "would change" : "changed"}
        {cancelled > 0 && `, ${cancelled} taken back`}
      </span>
      {changed > 0 && <a href={changesUrl}>What changed</a>}
      {mayUndo && undo !== undefined && (
        <>
          <form action={undo.action} ref={form}>
            <input type="hidden" name="run" value={run} />
            <input type="hidden" name="regrade" value={regrade} />
            <button type="submit" aria-label={undo.label}>
              Undo
            </button>
          </form>
          <kbd>Ctrl Z</kbd>
        </>
      )}
    </div>
  );
}

const UNDO_WAITING = {
  action: cancelRegradeInRun,
  label: "Undo: take back what has not begun",
} as const;
const UNDO_CHANGES = {
  action: undoTrial,
  label: "Undo: bring the grades before it back",
} as const;

/** Asks the server for the page again while something goes on. */
function useLookingAgain(isOn: boolean, progress: Progress): void {
  const router = useRouter();
  // Each answer brings a new `progress`, which sets the next alarm.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (!isOn) return;
    const alarm = setInterval(() => router.refresh(), LOOK_AGAIN_MS);
    return () => clearInterval(alarm);
  }, [isOn, router, progress]);
}

function useUndoKey(form: { readonly current: HTMLFormElement | null }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches("input");
      if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || isTyping) return;
      if (form.current === null) return;
      event.preventDefault();
      form.current.requestSubmit();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [form]);
}
