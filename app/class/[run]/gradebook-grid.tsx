"use client";

import { type ReactNode, useEffect, useRef } from "react";
import css from "./gradebook.module.css";
import { GradebookKeys } from "./gradebook-keys.ts";

interface GradebookGridProps {
  /** Under this name the tab remembers the cell that was opened last. */
  name: string;
  /** Head, rows and means. */
  children: ReactNode;
}

/** A table that is whole, as one stop of the Tab key: arrows move in it, Enter opens. */
export function GradebookGrid({ name, children }: GradebookGridProps) {
  const table = useRef<HTMLTableElement>(null);
  // After every change: the server may have sent other rows.
  useEffect(() => {
    if (table.current === null) return;
    const keys = new GradebookKeys(table.current, `gradebook:${name}`);
    return () => keys.close();
  });
  return (
    <table className={css["book"]} aria-label="Gradebook" ref={table}>
      {children}
    </table>
  );
}
