"use client";

import { type ReactNode, useEffect, useRef } from "react";
import css from "./gradebook.module.css";
import { GradebookKeys } from "./gradebook-keys.ts";

interface GradebookGridProps {
  /** Under this name the tab remembers the cell that was opened last. */
  name: string;
  /** The table, as the server has made it. */
  children: ReactNode;
}

/** Makes the table one stop of the Tab key: arrows move in it, Enter opens. */
export function GradebookGrid({ name, children }: GradebookGridProps) {
  const wrap = useRef<HTMLDivElement>(null);
  // After every change: the server may have sent other rows.
  useEffect(() => {
    const table = wrap.current?.querySelector("table");
    if (!table) return;
    const keys = new GradebookKeys(table, `gradebook:${name}`);
    return () => keys.close();
  });
  return (
    <>
      <div className={css["scroller"]} ref={wrap}>
        {children}
      </div>
      <p className={css["key"]}>
        <span>· not tried</span>
        <span>
          <small>3×</small> attempts, where there are several
        </span>
        <span>means: of those who tried the exercise; for the sum, of all shown</span>
        <span className={css["keys"]}>
          arrow keys move, Enter opens the attempts, S sorts by an exercise
        </span>
      </p>
    </>
  );
}
