"use client";

import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { isBusy, isEditedSinceRun, type SessionCell } from "#notebook/session";
import { useNotebook } from "../notebook/context.ts";
import css from "./cell.module.css";

/** Fetched with the first run: stored outputs come drawn by the server. */
async function loadView() {
  const { OutputView: view } = await import("../outputs/output-view.tsx");
  return { default: view };
}

const OutputView = lazy(loadView);

interface CellOutputProps {
  cell: SessionCell;
  stored: ReactNode;
}

/** What stands below a cell. What a run replaces stays, paler, until the first new line comes. */
export function CellOutput({ cell, stored }: CellOutputProps) {
  const notebook = useNotebook();
  const { output } = cell;
  const isAtWork = isBusy(cell.status);
  useEffect(() => {
    if (isAtWork) void loadView().catch(() => undefined);
  }, [isAtWork]);
  const isEmpty = output.kind === "none" || (output.kind === "run" && output.items.length === 0);
  if (isEmpty) return null;
  if (cell.isOutputHidden) {
    return (
      <div className={css["out"]}>
        <button
          type="button"
          className={css["unfold"]}
          onClick={() => notebook.toggleOutput(cell.id)}
        >
          Show the output
        </button>
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: an output is no set of form fields
    <div
      className={css["out"]}
      data-old={isOld(cell) || undefined}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that keys must reach it
      tabIndex={0}
      role="group"
      aria-label={`Output of cell ${cell.number}`}
    >
      {output.kind === "stored" ? (
        stored
      ) : (
        <Suspense fallback={stored}>
          <OutputView outputs={output.kind === "run" ? output.items : []} />
        </Suspense>
      )}
    </div>
  );
}

function isOld(cell: SessionCell): boolean {
  return isBusy(cell.status) || cell.status.kind === "stale" || isEditedSinceRun(cell);
}
