"use client";

import { createContext, useContext, useSyncExternalStore } from "react";
import type { Notebook, SavedState, SessionCell, SessionState } from "#notebook/session";

/** The open notebook of this page; undefined outside a lecture. */
export const NotebookContext = createContext<Notebook | undefined>(undefined);

export function useNotebook(): Notebook {
  const notebook = useContext(NotebookContext);
  if (notebook === undefined) throw new Error("a cell stands outside a NotebookProvider");
  return notebook;
}

/** A part of the notebook's state; the component is drawn again when that part changes. */
export function useNotebookState<T>(select: (state: SessionState) => T): T {
  const notebook = useNotebook();
  const read = () => select(notebook.state());
  return useSyncExternalStore(notebook.subscribe, read, read);
}

export function useCell(id: string): SessionCell {
  const isIt = (candidate: SessionCell) => candidate.id === id;
  // One that its author has just taken out of the text is drawn once more, before it goes.
  const cell = useNotebookState((state) => state.cells.find(isIt) ?? state.gone.find(isIt));
  if (cell === undefined) throw new Error(`the lecture has no cell ${id}`);
  return cell;
}

export function useSaved(): SavedState {
  const notebook = useNotebook();
  return useSyncExternalStore(notebook.subscribe, notebook.saved, notebook.saved);
}
