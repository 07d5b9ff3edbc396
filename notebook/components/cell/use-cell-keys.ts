"use client";

import { type KeyboardEvent, type RefObject, useContext, useRef } from "react";
import type { SessionCell } from "#notebook/session";
import { KeyReader } from "../keyboard/keymap.ts";
import { useNotebook } from "../notebook/context.ts";
import { NotebookViewContext } from "../notebook/view.ts";
import { useCommands } from "./use-commands.ts";

/**
 * The keys of a cell, before the editor sees them. Single keys work on the code only, so that
 * nobody who types or presses a button starts anything.
 */
export function useCellKeys(
  cell: SessionCell,
  section: RefObject<HTMLElement | null>,
): (event: KeyboardEvent) => void {
  const notebook = useNotebook();
  const view = useContext(NotebookViewContext);
  const perform = useCommands(cell);
  const reader = useRef(new KeyReader());
  return (event) => {
    if (event.nativeEvent.isComposing || !(event.target instanceof Element)) return;
    // A terminal takes every key itself.
    if (event.target.closest("[data-terminal-keys]") !== null) return;
    const isEditing = notebook.state().editing === cell.id;
    const isOnCode = event.target.hasAttribute("data-code");
    const isHeld = event.shiftKey || event.ctrlKey || event.metaKey || event.altKey;
    const isForAnywhere = isHeld && (event.key === "Enter" || event.key === "s");
    const isInCell = section.current?.contains(event.target) ?? false;
    // The editor says itself when Escape is meant to leave it: it may close a list first.
    const isEscape = event.key === "Escape";
    if (
      !isInCell ||
      (isEditing ? isEscape : !(isForAnywhere || (isOnCode && (isHeld || view.hasSingleKeys))))
    )
      return;
    const command = reader.current.read(event, isEditing ? "edit" : "command", event.timeStamp);
    if (command === undefined) return;
    if (command === "copy" && !(document.getSelection()?.isCollapsed ?? true)) return;
    event.preventDefault();
    event.stopPropagation();
    perform(command);
  };
}
