"use client";

import { useContext } from "react";
import css from "../notebook/notebook.module.css";
import { NotebookViewContext } from "../notebook/view.ts";
import { KEY_BINDINGS, type KeyBinding, type Mode } from "./keymap.ts";

/** All keys of the notebook, by mode. */
export function KeyHelp() {
  const view = useContext(NotebookViewContext);
  return (
    <>
      <p>
        They are JupyterLab’s. A cell has two modes: on its code every key is a command, in its
        editor every key is text. Each command also stands in the menu of the cell or of the
        notebook.
      </p>
      <KeyTable title="In both modes" mode="both" />
      <KeyTable title="On the code (command mode)" mode="command" />
      <KeyTable title="In the editor (edit mode)" mode="edit" />
      <p>
        JupyterLab’s keys that insert, move or delete cells have nothing to do here: a lecture’s
        cells stand where its text speaks of them.
      </p>
      <p>
        In the editor Ctrl+Space completes, Ctrl+/ comments, Ctrl+] and Ctrl+[ indent, Ctrl+Z takes
        back. Tab indents there: press Escape first to move on with Tab.
      </p>
      <p>
        <label>
          <input
            type="checkbox"
            checked={view.hasSingleKeys}
            onChange={(event) => view.setSingleKeys(event.target.checked)}
          />{" "}
          Single keys such as <kbd>j</kbd> and <kbd>?</kbd> are commands
        </label>
      </p>
    </>
  );
}

function KeyTable({ title, mode }: { title: string; mode: Mode | "both" }) {
  return (
    <>
      <h3>{title}</h3>
      <dl className={css["keys"]}>
        {KEY_BINDINGS.filter((binding) => binding.mode === mode).map((binding) => (
          <KeyRow key={binding.command} binding={binding} />
        ))}
      </dl>
    </>
  );
}

function KeyRow({ binding }: { binding: KeyBinding }) {
  return (
    <>
      <dt>
        {binding.keys.map((keys, place) => (
          <span key={keys}>
            {place > 0 && " or "}
            <kbd>{keys}</kbd>
          </span>
        ))}
      </dt>
      <dd>{binding.says}</dd>
    </>
  );
}
