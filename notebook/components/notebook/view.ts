"use client";

import { createContext } from "react";

/** What stands before the page, if anything. */
export type OpenDialog =
  | { readonly kind: "help" }
  | { readonly kind: "history"; readonly cellId: string };

/** How the reader looks at the notebook: nothing of it is saved. */
export interface NotebookView {
  open(dialog: OpenDialog): void;
  toggleLineNumbers(): void;
}

export const NotebookViewContext = createContext<NotebookView>({
  open: () => undefined,
  toggleLineNumbers: () => undefined,
});
