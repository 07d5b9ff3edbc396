"use client";

import { createContext } from "react";

/** What stands before the page, if anything. */
export type OpenDialog =
  | { readonly kind: "help" }
  | { readonly kind: "history"; readonly cellId: string };

/** How the reader looks at the notebook. */
export interface NotebookView {
  /** Keys without Ctrl, Alt or Shift are commands; who speaks to the computer may not want that. */
  readonly hasSingleKeys: boolean;
  setSingleKeys(has: boolean): void;
  open(dialog: OpenDialog): void;
  toggleLineNumbers(): void;
  /** Opens the kernel inspector at a cell's machine. */
  inspect(cellId: string): void;
}

export const NotebookViewContext = createContext<NotebookView>({
  hasSingleKeys: true,
  setSingleKeys: () => undefined,
  open: () => undefined,
  toggleLineNumbers: () => undefined,
  inspect: () => undefined,
});
