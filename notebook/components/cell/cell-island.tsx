"use client";

import { type ReactNode, useRef } from "react";
import { isBusy, isEditedSinceRun, type SessionCell } from "#notebook/session";
import { Icon } from "../icon.tsx";
import { useCell, useNotebook, useNotebookState } from "../notebook/context.ts";
import css from "./cell.module.css";
import { CellCode } from "./cell-code.tsx";
import { CellIdContext } from "./cell-id.ts";
import { CellMenu } from "./cell-menu.tsx";
import { CellOutput } from "./cell-output.tsx";
import { CellState } from "./cell-state.tsx";
import { ConflictNotice } from "./conflict-notice.tsx";
import { ModeStrip } from "./mode-strip.tsx";
import { useCellKeys } from "./use-cell-keys.ts";

interface CellIslandProps {
  id: string;
  /** The lecture's text, highlighted on the server. */
  code: ReactNode;
  /** The stored output, rendered on the server. */
  output: ReactNode;
  /** What the page has beside the cell, of a fixed size. */
  aside?: ReactNode;
}

/** One code cell: whole without JavaScript, and alive in its place with it. */
export function CellIsland({ id, code, output, aside }: CellIslandProps) {
  const notebook = useNotebook();
  const cell = useCell(id);
  const isEditing = useNotebookState((state) => state.editing === id);
  const section = useRef<HTMLElement>(null);
  const keys = useCellKeys(cell, section);
  return (
    <section
      ref={section}
      id={`cell-${id}`}
      className={css["cell"]}
      aria-label={`Cell ${cell.number}`}
      data-state={edgeOf(cell, isEditing)}
      onKeyDownCapture={keys}
      onFocusCapture={() => notebook.select(id)}
    >
      <RunButton cell={cell} />
      <CellMenu cell={cell} />
      <CellCode cell={cell} isEditing={isEditing} stored={code} />
      <ModeStrip cell={cell} />
      <CellState cell={cell} isEditing={isEditing} />
      {aside !== undefined && <div className={css["aside"]}>{aside}</div>}
      {cell.conflict !== undefined && <ConflictNotice cell={cell} conflict={cell.conflict} />}
      <CellIdContext value={id}>
        <CellOutput cell={cell} stored={output} />
      </CellIdContext>
    </section>
  );
}

function RunButton({ cell }: { cell: SessionCell }) {
  const notebook = useNotebook();
  const isRunning = isBusy(cell.status);
  return (
    <button
      type="button"
      className={css["run"]}
      aria-label={isRunning ? `Stop cell ${cell.number}` : `Run cell ${cell.number}`}
      title={isRunning ? "Stop" : "Run"}
      onClick={() => (isRunning ? notebook.interrupt() : notebook.run([cell.id]))}
    >
      <Icon name={isRunning ? "stop" : "run"} />
    </button>
  );
}

/** What the edge of the cell says; a word in the margin says it as well. */
function edgeOf(cell: SessionCell, isEditing: boolean): string | undefined {
  if (isBusy(cell.status)) return cell.status.kind;
  if (isEditing) return "editing";
  if (cell.status.kind === "failed" || cell.status.kind === "stale") return cell.status.kind;
  return isEditedSinceRun(cell) ? "editing" : undefined;
}
