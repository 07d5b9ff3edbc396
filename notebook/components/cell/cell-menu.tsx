"use client";

import type { SessionCell } from "#notebook/session";
import { Icon } from "../icon.tsx";
import { Menu, type MenuEntry } from "../notebook/menu.tsx";
import css from "./cell.module.css";
import { useCommands } from "./use-commands.ts";

/** Everything that can be done with a cell, for who does not know the keys. */
export function CellMenu({ cell }: { cell: SessionCell }) {
  const perform = useCommands(cell);
  const entries = (): readonly MenuEntry[] => [
    { says: "Run", keys: "Ctrl Enter", onChoose: () => perform("run") },
    { says: "Run and go on", keys: "Shift Enter", onChoose: () => perform("run-and-next") },
    {
      says: "Run all above",
      isOff: cell.number === 1,
      onChoose: () => perform("run-all-above"),
    },
    { says: "Edit", keys: "Enter", startsGroup: true, onChoose: () => perform("edit") },
    {
      says: "Reset to the lecture’s text",
      isOff: cell.source === cell.original,
      onChoose: () => perform("reset"),
    },
    { says: "Save now", keys: "Ctrl S", onChoose: () => perform("save") },
    { says: "Earlier texts…", onChoose: () => perform("history") },
    { says: "Copy the text", keys: "C", onChoose: () => perform("copy") },
    {
      says: cell.isOutputHidden ? "Show the output" : "Fold the output",
      keys: "O",
      isOff: cell.output.kind === "none",
      onChoose: () => perform("toggle-output"),
    },
    {
      says: "Line numbers",
      keys: "L",
      onChoose: () => perform("toggle-line-numbers"),
    },
    {
      says: "Next cell",
      keys: "J",
      startsGroup: true,
      onChoose: () => perform("next"),
    },
    { says: "Previous cell", keys: "K", onChoose: () => perform("previous") },
    { says: "All keys…", keys: "?", onChoose: () => perform("help") },
  ];
  return (
    <div className={css["menu"]}>
      <Menu
        label={`More for cell ${cell.number}`}
        button={<Icon name="more" />}
        buttonClassName={css["menuButton"]}
        entries={entries}
      />
    </div>
  );
}
