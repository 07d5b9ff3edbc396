"use client";

import { useState } from "react";
import type { Conflict, SessionCell } from "#notebook/session";
import { useNotebook } from "../notebook/context.ts";
import css from "./cell.module.css";
import { merged } from "./differing-lines.ts";
import { focusCellSoon } from "./focus-cell.ts";
import { TextVersion } from "./text-version.tsx";

interface ConflictNoticeProps {
  cell: SessionCell;
  conflict: Conflict;
}

/** The same cell was changed in two places: both texts, and the reader picks or merges. */
export function ConflictNotice({ cell, conflict }: ConflictNoticeProps) {
  const notebook = useNotebook();
  const where = conflict.from === "tab" ? "in another tab" : "on another device";
  const pick = (source: string) => {
    notebook.stopEditing();
    notebook.resolveConflict(cell.id, source);
    focusCellSoon(cell.id);
  };
  const mergeThem = () => {
    notebook.resolveConflict(cell.id, merged(cell.source, conflict.theirs));
    notebook.startEditing(cell.id);
  };
  return (
    <section className={css["notice"]} aria-label={`Two texts of cell ${cell.number}`}>
      <h4>
        Cell {cell.number} was changed {where}, too
      </h4>
      <p>
        There at <TimeOfDay at={conflict.at} />. Both texts are kept; which one shall go on?
      </p>
      <div className={css["versions"]}>
        <TextVersion title="Here" source={cell.source} other={conflict.theirs} />
        <TextVersion
          title={conflict.from === "tab" ? "In the other tab" : "On the other device"}
          source={conflict.theirs}
          other={cell.source}
        />
      </div>
      <div className={css["actions"]}>
        <button type="button" className={css["button"]} onClick={() => pick(cell.source)}>
          Keep this one
        </button>
        <button type="button" className={css["button"]} onClick={() => pick(conflict.theirs)}>
          Take the other
        </button>
        <button type="button" className={css["button"]} onClick={mergeThem}>
          Put both into the editor
        </button>
      </div>
    </section>
  );
}

/** In the reader's own way of writing it; drawn in the browser only. */
function TimeOfDay({ at }: { at: number }) {
  const [text] = useState(() =>
    new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }),
  );
  return <time dateTime={new Date(at).toISOString()}>{text}</time>;
}
