"use client";

import { useEffect, useRef, useState } from "react";
import { CELL_SEED } from "#notebook/document";
import { type LinkedMoment, momentOf } from "#notebook/session";
import { useNotebook } from "../notebook/context.ts";
import css from "./inspector.module.css";

interface BroughtMomentProps {
  /** The part of the address behind the path. */
  hash: string;
  onOpen: (moment: LinkedMoment) => void;
  onLeave: () => void;
}

/** A link has brought a text: it is shown, and runs only when the reader says so. */
export function BroughtMoment({ hash, onOpen, onLeave }: BroughtMomentProps) {
  const notebook = useNotebook();
  const [moment, setMoment] = useState<LinkedMoment | "broken" | undefined>(undefined);
  const notice = useRef<HTMLElement>(null);
  useEffect(() => {
    void momentOf(hash).then((found) => {
      const isKnown = found !== undefined && notebook.cell(found.cell) !== undefined;
      setMoment(isKnown && found.seed === CELL_SEED ? found : "broken");
      notice.current?.focus({ preventScroll: true });
    });
  }, [hash, notebook]);
  if (moment === undefined) return null;
  return (
    <aside ref={notice} tabIndex={-1} className={css["brought"]} aria-label="A link to a moment">
      {moment === "broken" ? (
        <p>
          This link leads to no moment of this page: it is damaged, or was made for another version
          of it.
        </p>
      ) : (
        <>
          <p>
            This link brings a text for cell {notebook.cell(moment.cell)?.number}, and leads to
            event {moment.event} of its machine. The text runs in the sandbox of this page. Your own
            text stays among the earlier ones of the cell.
          </p>
          <details>
            <summary>Its text</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that keys must reach it */}
            <pre tabIndex={0}>{moment.source}</pre>
          </details>
          <button type="button" onClick={() => onOpen(moment)}>
            Take it over and run it
          </button>
        </>
      )}
      <button type="button" onClick={onLeave}>
        Leave it
      </button>
    </aside>
  );
}
