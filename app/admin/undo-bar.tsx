"use client";

import { type ReactNode, useTransition } from "react";
import css from "./admin.module.css";

export interface Notice {
  readonly text: ReactNode;
  /** Takes back what was done, and says so. */
  readonly undo?: (() => Promise<Notice>) | undefined;
}

interface UndoBarProps {
  notice: Notice | undefined;
  onNotice: (notice: Notice | undefined) => void;
}

/** What was done last, until the next thing is or it is put away. */
export function UndoBar({ notice, onNotice }: UndoBarProps) {
  const [isBusy, startUndo] = useTransition();
  const undo = notice?.undo;
  return (
    <div role="status">
      {notice !== undefined && (
        <div className={css["undo"]}>
          <p>{notice.text}</p>
          {undo !== undefined && (
            <button
              type="button"
              aria-disabled={isBusy}
              onClick={() => startUndo(async () => onNotice(await undo()))}
            >
              Undo
            </button>
          )}
          <button type="button" onClick={() => onNotice(undefined)}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
