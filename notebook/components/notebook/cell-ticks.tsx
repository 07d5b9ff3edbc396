"use client";

import type { SessionCell } from "#notebook/session";
import { useNotebookState } from "./context.ts";
import css from "./notebook.module.css";

/** How many of all cells were run, in words. */
export function CellCount() {
  const total = useNotebookState((state) => state.cells.length);
  const ran = useNotebookState((state) => state.cells.filter(hasRun).length);
  return `${ran} of ${total} cells run`;
}

/** Which of a section's cells were run: one small tick each. */
export function CellTicks({ ids }: { ids: readonly string[] }) {
  const ran = useNotebookState((state) =>
    state.cells
      .filter((cell) => ids.includes(cell.id) && hasRun(cell))
      .map((cell) => cell.id)
      .join(" "),
  );
  const done = new Set(ran.split(" "));
  const count = ids.filter((id) => done.has(id)).length;
  return (
    <span className={css["ticks"]} role="img" aria-label={`${count} of ${ids.length} cells run`}>
      {ids.map((id) => (
        <i key={id} data-on={done.has(id) || undefined} />
      ))}
    </span>
  );
}

function hasRun({ lastRun }: SessionCell): boolean {
  return lastRun?.isOk === true;
}
