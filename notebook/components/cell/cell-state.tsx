"use client";

import { type ReactNode, useContext } from "react";
import {
  type CellStatus,
  isEditedSinceRun,
  type SessionCell,
  type StaleCause,
} from "#notebook/session";
import { Icon, type IconName } from "../icon.tsx";
import { useNotebook, useNotebookState, useSaved } from "../notebook/context.ts";
import { NotebookViewContext } from "../notebook/view.ts";
import css from "./cell.module.css";
import { Elapsed } from "./elapsed.tsx";
import { ModesInWords } from "./mode-strip.tsx";
import { useCommands } from "./use-commands.ts";

interface CellStateProps {
  cell: SessionCell;
  isEditing: boolean;
}

/** The margin's word on a cell: an icon, a word, then facts. */
export function CellState({ cell, isEditing }: CellStateProps) {
  const isSeenEdited = isEditing || isEditedSinceRun(cell);
  const isBusy = cell.status.kind === "running" || cell.status.kind === "waiting";
  if (isSeenEdited && !isBusy) return <EditedState cell={cell} isEditing={isEditing} />;
  return <StatusState cell={cell} status={cell.status} />;
}

function EditedState({ cell, isEditing }: CellStateProps) {
  const perform = useCommands(cell);
  const hasOutput = cell.output.kind !== "none";
  return (
    <State icon="pen">
      <span>
        <b>{isEditing ? "Editing" : "Edited"}</b>
        <WhereKept />
      </span>
      {hasOutput && isEditedSinceRun(cell) && <span>The output is of another text</span>}
      {isEditing && (
        <span>
          <button type="button" className={css["link"]} onClick={() => perform("leave")}>
            Done
          </button>
          <span className={css["byKey"]}>
            {" "}
            <kbd>Esc</kbd>, <kbd>Shift</kbd> <kbd>Enter</kbd> runs
          </span>
        </span>
      )}
    </State>
  );
}

function WhereKept() {
  const saved = useSaved();
  switch (saved.kind) {
    case "saved":
      return ", saved";
    case "saving":
      return ", being saved";
    case "offline":
      return ", kept on this device until you are online";
    case "signed-out":
      return (
        <>
          , kept on this device; <a href="/signin">sign in</a> to keep it on all of yours
        </>
      );
    case "not-kept":
      return ", not kept: this browser stores nothing";
    default:
      return ", kept on this device";
  }
}

function StatusState({ cell, status }: { cell: SessionCell; status: CellStatus }) {
  const notebook = useNotebook();
  switch (status.kind) {
    case "idle":
      return cell.output.kind === "stored" ? (
        <State icon="stored">
          <span>
            <b>Stored output</b> of this page.
          </span>
          <span>Run it to make it yours.</span>
        </State>
      ) : (
        <State icon="dash">
          <span>
            <b>Not run</b> yet
          </span>
        </State>
      );
    case "waiting":
      return (
        <State icon="clock">
          <span>
            <b>Waiting</b>
            <Opening />
          </span>
        </State>
      );
    case "running":
      return (
        <State icon="wait">
          <span>
            <b>Running</b>
            <Elapsed />
          </span>
          <span>
            <button type="button" className={css["link"]} onClick={() => notebook.interrupt()}>
              Stop
            </button>
            <span className={css["byKey"]}>
              {" "}
              <kbd>I</kbd> <kbd>I</kbd>
            </span>
          </span>
        </State>
      );
    case "ran":
      return (
        <State icon="check">
          <span>
            <b>Ran</b> in {inMs(status.ms)}
          </span>
          <ModesInWords cell={cell} />
          <InspectButton cell={cell} />
        </State>
      );
    case "failed":
      return (
        <State icon="cross" tone="failed">
          <span>
            <b>Failed</b>
            {status.line === undefined ? "" : ` at line ${status.line}`}
          </span>
          <span>{status.name}</span>
        </State>
      );
    case "interrupted":
      return (
        <State icon="dash">
          <span>
            <b>Stopped</b>
          </span>
          <span>What other cells made is still there.</span>
        </State>
      );
    case "forgotten":
      return (
        <State icon="stored">
          <span>
            <b>Ran before the restart</b>
          </span>
          <span>Its names are gone.</span>
        </State>
      );
    case "stale":
      return (
        <State icon="stale" tone="stale">
          <StaleReason changed={status.changed} />
          <span>
            <button type="button" className={css["link"]} onClick={() => notebook.run([cell.id])}>
              Run {listed(notebook.numbersToRun(cell.id))}
            </button>
          </span>
        </State>
      );
  }
}

/** A cell that has run a machine lets its reader look into it. */
function InspectButton({ cell }: { cell: SessionCell }) {
  const view = useContext(NotebookViewContext);
  if (cell.output.kind !== "run") return null;
  const { modes, searches = 0 } = cell.output;
  if (modes === undefined && searches === 0) return null;
  return (
    <span>
      <button type="button" className={css["link"]} onClick={() => view.inspect(cell.id)}>
        {modes === undefined ? "Look at the schedules" : "Inspect the machine"}
      </button>
    </span>
  );
}

function StaleReason({ changed }: { changed: readonly StaleCause[] }) {
  const notebook = useNotebook();
  const [first, ...others] = changed;
  const number = notebook.cell(first?.cellId ?? "")?.number;
  return (
    <span>
      <b>Stale</b>: <code>{first?.name}</code> changed in cell {number}
      {others.length > 0 && ` and ${others.length} more`}
    </span>
  );
}

function Opening() {
  const isOpening = useNotebookState((state) => state.sandbox === "opening");
  return isOpening ? " for the machine to start" : "";
}

interface StateProps {
  icon: IconName;
  tone?: "failed" | "stale";
  children: ReactNode;
}

function State({ icon, tone, children }: StateProps) {
  return (
    <div className={css["state"]} data-tone={tone}>
      <Icon name={icon} />
      <div>{children}</div>
    </div>
  );
}

function inMs(ms: number): string {
  if (ms < 1) return "under 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `9`, `9 and 10`, `7, 9 and 10`. */
function listed(numbers: readonly number[]): string {
  const last = numbers.at(-1);
  const others = numbers.slice(0, -1);
  return others.length === 0 ? `${last}` : `${others.join(", ")} and ${last}`;
}
