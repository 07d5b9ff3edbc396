"use client";

import { useContext } from "react";
import { Icon } from "../icon.tsx";
import { useNotebook, useNotebookState } from "./context.ts";
import { Menu, type MenuEntry } from "./menu.tsx";
import css from "./notebook.module.css";
import { NotebookViewContext } from "./view.ts";

/** What can be done with the whole notebook, for the bar of the page. */
export function NotebookTools() {
  const notebook = useNotebook();
  const view = useContext(NotebookViewContext);
  const isRunning = useNotebookState((state) => state.running !== undefined);
  const selected = useNotebookState((state) => state.selected);
  const entries = (): readonly MenuEntry[] => [
    { says: "Run all", onChoose: () => notebook.runAll() },
    {
      says: "Run all above the chosen cell",
      isOff: selected === undefined,
      onChoose: () => selected !== undefined && notebook.runAbove(selected),
    },
    {
      says: "Interrupt",
      keys: "I I",
      isOff: !isRunning,
      startsGroup: true,
      onChoose: () => notebook.interrupt(),
    },
    { says: "Restart", keys: "0 0", onChoose: () => notebook.restart() },
    { says: "Restart and run all", onChoose: () => notebook.restartAndRunAll() },
    {
      says: "Line numbers",
      keys: "L",
      startsGroup: true,
      onChoose: () => view.toggleLineNumbers(),
    },
    { says: "Keys…", keys: "?", onChoose: () => view.open({ kind: "help" }) },
  ];
  return (
    <div className={css["tools"]}>
      <button
        type="button"
        className={css["tool"]}
        onClick={() => (isRunning ? notebook.interrupt() : notebook.runAll())}
      >
        <Icon name={isRunning ? "stop" : "run"} />
        {isRunning ? "Stop" : "Run all"}
      </button>
      <Menu
        label="Notebook"
        button={<Icon name="more" />}
        buttonClassName={css["tool"]}
        entries={entries}
      />
    </div>
  );
}
