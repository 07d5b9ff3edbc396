"use client";

import { type ReactNode, useLayoutEffect, useState } from "react";
import type { LectureCell } from "#notebook/session";
import { useNotebook } from "./context.ts";

interface RevisedCellsProps {
  cells: readonly LectureCell[];
  /** The text with these cells in it. */
  children: ReactNode;
}

/** A text whose cells come and go while it is written: the notebook knows them before they are drawn. */
export function RevisedCells({ cells, children }: RevisedCellsProps) {
  const notebook = useNotebook();
  const [shown, setShown] = useState(children);
  useLayoutEffect(() => {
    notebook.revise(cells);
    setShown(children);
  }, [notebook, cells, children]);
  return shown;
}
