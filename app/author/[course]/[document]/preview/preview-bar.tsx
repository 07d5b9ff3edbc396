"use client";

import type { ReactNode } from "react";
import { counted } from "#notebook/document";
import css from "./preview.module.css";
import { useFramed } from "./use-framed.ts";
import type { ReaderView } from "./use-reader-view.ts";

interface PreviewBarProps {
  reader: ReaderView;
  onReader: (reader: ReaderView) => void;
  /** How many the gate would find. */
  problems: number;
  isBehind: boolean;
  children?: ReactNode;
}

const VIEWS: readonly { readonly reader: ReaderView; readonly says: string }[] = [
  { reader: "student", says: "Student" },
  { reader: "reader", says: "Reader" },
  { reader: "print", says: "In print" },
];

/** Above a preview: as whom one looks, and whether the gate would let it through. */
export function PreviewBar({ reader, onReader, problems, isBehind, children }: PreviewBarProps) {
  useFramed();
  return (
    <section className={css["bar"]} aria-label="Preview">
      <fieldset className={css["views"]}>
        <legend>View as</legend>
        {VIEWS.map((view) => (
          <label key={view.reader}>
            <input
              type="radio"
              name="reader"
              checked={reader === view.reader}
              onChange={() => onReader(view.reader)}
            />
            {view.says}
          </label>
        ))}
      </fieldset>
      <output className={css["state"]} data-behind={isBehind || undefined}>
        {isBehind
          ? "The server did not answer: an older text is shown."
          : problemsInWords(problems)}
      </output>
      {children}
    </section>
  );
}

function problemsInWords(problems: number): string {
  if (problems === 0) return "No problem found";
  return counted(problems, "problem");
}
