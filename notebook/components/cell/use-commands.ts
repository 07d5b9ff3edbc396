"use client";

import { useContext } from "react";
import type { SessionCell } from "#notebook/session";
import type { Command } from "../keyboard/keymap.ts";
import { useNotebook } from "../notebook/context.ts";
import { NotebookViewContext } from "../notebook/view.ts";
import { focusCell, focusCellSoon } from "./focus-cell.ts";

/** What each command does to this cell, whether it came by key, button or menu. */
export function useCommands(cell: SessionCell): (command: Command) => void {
  const notebook = useNotebook();
  const view = useContext(NotebookViewContext);
  const neighbour = (by: number): string => {
    const { cells } = notebook.state();
    const place = cells.findIndex(({ id }) => id === cell.id) + by;
    return cells[Math.max(0, Math.min(cells.length - 1, place))]?.id ?? cell.id;
  };
  const commands: Record<Command, () => void> = {
    "run-and-next": () => {
      notebook.run([cell.id]);
      notebook.stopEditing();
      focusCellSoon(neighbour(1));
    },
    run: () => {
      const isEditing = notebook.state().editing === cell.id;
      notebook.run([cell.id]);
      notebook.stopEditing();
      if (isEditing) focusCellSoon(cell.id);
    },
    edit: () => notebook.startEditing(cell.id),
    leave: () => {
      notebook.stopEditing();
      focusCellSoon(cell.id);
    },
    next: () => focusCell(neighbour(1)),
    previous: () => focusCell(neighbour(-1)),
    first: () => focusCell(notebook.state().cells[0]?.id),
    last: () => focusCell(notebook.state().cells.at(-1)?.id),
    "run-all-above": () => notebook.runAbove(cell.id),
    "run-all": () => notebook.runAll(),
    interrupt: () => notebook.interrupt(),
    restart: () => notebook.restart(),
    "restart-and-run-all": () => notebook.restartAndRunAll(),
    "toggle-output": () => notebook.toggleOutput(cell.id),
    "toggle-line-numbers": () => view.toggleLineNumbers(),
    copy: () => void navigator.clipboard.writeText(cell.source).catch(() => undefined),
    history: () => view.open({ kind: "history", cellId: cell.id }),
    reset: () => notebook.reset(cell.id),
    save: () => notebook.save(),
    help: () => view.open({ kind: "help" }),
  };
  return (command) => commands[command]();
}
