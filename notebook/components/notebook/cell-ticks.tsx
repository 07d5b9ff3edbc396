"use client";

import { useNotebookState } from "./context.ts";
import css from "./notebook.module.css";

/** Which of a section's cells were run: one small tick each. */
export function CellTicks({ ids }: { ids: readonly string[] }) {
  const ran = useNotebookState((state) =>
    state.cells
      .filter((cell) => ids.includes(cell.id) && cell.lastRun?.isOk === true)
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
