"use client";

import { type KeyboardEvent, lazy, type MouseEvent, Suspense } from "react";
import type { ExerciseSheet } from "#notebook/document";
import css from "./exercise.module.css";
import { FileText } from "./file-text.tsx";

/** Editor and types are fetched with the first edit. */
const ExerciseEditor = lazy(async () => {
  const { ExerciseEditor: editor } = await import("./exercise-editor.tsx");
  return { default: editor };
});

interface ExerciseCodeProps {
  sheet: ExerciseSheet;
  source: string;
  /** The line at which the text does not compile. */
  badLine: number | undefined;
  problem: string | undefined;
  isEditing: boolean;
  onChange: (source: string) => void;
  onEditing: (isEditing: boolean) => void;
  loadTypes: () => Promise<string>;
}

/** The student's text: to read, or in an editor. */
export function ExerciseCode(props: ExerciseCodeProps) {
  const { sheet, source, badLine, isEditing, onEditing } = props;
  const text = <FileText source={source} badLine={badLine} />;
  if (isEditing) {
    return (
      <div className={css["code"]} data-editing="">
        <Suspense fallback={text}>
          <ExerciseEditor {...props} onLeave={() => onEditing(false)} />
        </Suspense>
      </div>
    );
  }
  const edit = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onEditing(true);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: code is no set of form fields
    <div
      className={css["code"]}
      data-code=""
      // biome-ignore lint/a11y/noNoninteractiveTabindex: Enter edits from here
      tabIndex={0}
      role="group"
      aria-label={`Your text of exercise ${sheet.manifest.number}. Enter edits.`}
      onKeyDown={edit}
      onClick={(event) => isMeantToEdit(event) && onEditing(true)}
    >
      {text}
    </div>
  );
}

/** A click edits, as in a cell; a finger scrolls and a selection copies. */
function isMeantToEdit(event: MouseEvent): boolean {
  const view = event.currentTarget.ownerDocument.defaultView;
  if (view === null || event.detail > 1) return false;
  const isCoarse = view.matchMedia("(pointer: coarse)").matches;
  return !isCoarse && (view.getSelection()?.isCollapsed ?? true);
}
