"use client";

import { lazy, type MouseEvent, type ReactNode, Suspense, useContext, useState } from "react";
import { isEditedSinceRun, type SessionCell } from "#notebook/session";
import { useNotebook } from "../notebook/context.ts";
import { LineNumbersContext } from "../notebook/line-numbers.ts";
import css from "./cell.module.css";
import { CodeText } from "./code-text.tsx";

/** Editor and types are fetched with the first edit. */
const CellEditor = lazy(async () => {
  const { CellEditor: editor } = await import("./cell-editor.tsx");
  return { default: editor };
});

interface CellCodeProps {
  cell: SessionCell;
  isEditing: boolean;
  stored: ReactNode;
}

/** The text of the cell: the server's, the reader's, or an editor on it. */
export function CellCode({ cell, isEditing, stored }: CellCodeProps) {
  const notebook = useNotebook();
  const [startAt, setStartAt] = useState<number | undefined>(undefined);
  const hasNumbers = useContext(LineNumbersContext);
  const text = (
    <CodeText
      source={cell.source}
      hasNumbers={hasNumbers || isEditing || badLineOf(cell) !== undefined}
      badLine={badLineOf(cell)}
    />
  );
  if (isEditing) {
    return (
      <div className={css["code"]} data-editing="">
        <Suspense fallback={text}>
          <CellEditor cell={cell} startAt={startAt} />
        </Suspense>
      </div>
    );
  }
  const isAsStored = cell.source === cell.original && badLineOf(cell) === undefined && !hasNumbers;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter edits, by the keys of the cell
    // biome-ignore lint/a11y/useSemanticElements: code is no set of form fields
    <div
      className={css["code"]}
      data-code=""
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the cell's keys work from here
      tabIndex={0}
      role="group"
      aria-label={`Code of cell ${cell.number}`}
      onClick={(event) => {
        if (!isMeantToEdit(event)) return;
        setStartAt(offsetOf(event));
        notebook.startEditing(cell.id);
      }}
    >
      {isAsStored ? stored : text}
    </div>
  );
}

function badLineOf(cell: SessionCell): number | undefined {
  const { status } = cell;
  const settled = "before" in status ? status.before : status;
  return settled.kind === "failed" && !isEditedSinceRun(cell) ? settled.line : undefined;
}

/** How many characters of the text stand before the place of a click. */
function offsetOf({ currentTarget, clientX, clientY }: MouseEvent): number | undefined {
  const page = currentTarget.ownerDocument;
  const text = currentTarget.querySelector("pre");
  // Not yet in every browser: then the cursor stands at the beginning.
  const caret = page.caretPositionFromPoint?.(clientX, clientY);
  if (!(text && caret && text.contains(caret.offsetNode))) return undefined;
  const before = page.createRange();
  before.setStart(text, 0);
  before.setEnd(caret.offsetNode, caret.offset);
  return before.toString().length;
}

/** A click edits, as in JupyterLab; a finger scrolls and a selection copies. */
function isMeantToEdit(event: MouseEvent): boolean {
  const view = event.currentTarget.ownerDocument.defaultView;
  if (view === null || event.detail > 1) return false;
  const isCoarse = view.matchMedia("(pointer: coarse)").matches;
  return !isCoarse && (view.getSelection()?.isCollapsed ?? true);
}
