"use client";

import { type KeyboardEvent, type MouseEvent, useRef, useState, useTransition } from "react";
import { type Notice, UndoBar } from "../../../admin/undo-bar.tsx";
import { useGridKeys } from "../../../grid-keys.ts";
import { type DatesResult, restoreDates, typeDate } from "./actions.ts";
import { counting, leaving, NOT_ALLOWED } from "./change-words.ts";
import { DateEdit } from "./date-edit.tsx";
import { FIELD_NAMES } from "./date-fields.ts";
import type { DateCell, DateRow } from "./date-rows.ts";
import css from "./dates.module.css";
import { DatesTools } from "./dates-tools.tsx";
import { Extension } from "./extension.tsx";

interface DatesTableProps {
  run: string;
  rows: readonly DateRow[];
  sections: readonly { readonly id: string; readonly name: string }[];
  timeZone: string;
  timeZones: readonly string[];
  mayChange: boolean;
}

/** Where somebody is typing. */
interface Editing {
  readonly row: string;
  readonly field: DateCell["field"];
  /** What a key has begun it with. */
  readonly first: string | undefined;
}

/** All dates of a run. Each cell is changed in its place, at once, and can be taken back. */
export function DatesTable(props: DatesTableProps) {
  const { run, rows, sections, mayChange } = props;
  const fields = Object.keys(FIELD_NAMES) as DateCell["field"][];
  const grid = useGridKeys(rows.length, 1 + fields.length);
  const [editing, setEditing] = useState<Editing | undefined>(undefined);
  const editingNow = useRef<Editing | undefined>(undefined);
  const [extending, setExtending] = useState<DateRow | undefined>(undefined);
  const [notice, setNotice] = useState<Notice | undefined>(undefined);
  const undos = useRef<(() => Promise<Notice>)[]>([]);
  const table = useRef<HTMLTableElement>(null);
  const [isBusy, startChange] = useTransition();

  /** Says what was done, and keeps the way back; answers whether it was. */
  const done = (what: string, result: DatesResult): boolean => {
    if (result.kind !== "changed") {
      setNotice({ text: result.kind === "invalid" ? result.problem : NOT_ALLOWED });
      return false;
    }
    const { before, submissions } = result;
    const undo = async (): Promise<Notice> => {
      undos.current.pop();
      const back = await restoreDates({ run, changes: before });
      return { text: takenBack(what, back), undo: undos.current.at(-1) };
    };
    undos.current.push(undo);
    setNotice({ text: what + counting(submissions), undo });
    return true;
  };
  const takenBack = (what: string, back: DatesResult): string => {
    if (back.kind !== "changed") return FAILED;
    const { before: restored, kept, submissions } = back;
    const nameOf = (target: DateRow["target"]) =>
      rows.find((row) => isSame(row.target, target))?.label;
    const begin = restored.length === 0 ? `Not taken back: ${what}` : `Taken back: ${what}`;
    return begin + counting(submissions) + leaving(kept, nameOf);
  };
  const takeBack = () => {
    const undo = undos.current.at(-1);
    if (undo !== undefined) startChange(async () => setNotice(await undo()));
  };
  const focusCell = () =>
    requestAnimationFrame(() =>
      table.current?.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus(),
    );
  const edit = (next: Editing | undefined) => {
    editingNow.current = next;
    setEditing(next);
  };
  /** What was typed is stored. Whoever has begun to type elsewhere meanwhile goes on there. */
  const endEdit = (one: Editing, isByKey: boolean) => {
    if (editingNow.current !== one) return;
    edit(undefined);
    if (isByKey) focusCell();
  };
  const commit = async (row: DateRow, field: DateCell["field"], text: string) => {
    const result = await typeDate({ run, target: row.target, field, text });
    const said = text.trim() === "" ? "as above" : text.trim();
    return done(`${row.label}, ${FIELD_NAMES[field]}: ${said}`, result);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.preventDefault();
      takeBack();
      return;
    }
    const cell = event.target instanceof HTMLElement ? event.target : undefined;
    const field = fields.find((name) => name === cell?.dataset["field"]);
    const row = rows[Number(cell?.dataset["row"])];
    const isTyped = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (mayChange && field !== undefined && row !== undefined) {
      if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        startChange(async () => void (await commit(row, field, "")));
        return;
      }
      if (event.key === "Enter" || event.key === "F2" || isTyped) {
        event.preventDefault();
        edit({ row: row.key, field, first: isTyped ? event.key : undefined });
        return;
      }
    }
    grid.onKeyDown(event);
  };
  const onClick = ({ target }: MouseEvent<HTMLTableElement>) => {
    const cell = target instanceof Element ? target.closest<HTMLElement>("td[data-field]") : null;
    const field = fields.find((name) => name === cell?.dataset["field"]);
    const row = rows[Number(cell?.dataset["row"])];
    const isOpen = editing !== undefined && editing.row === row?.key && editing.field === field;
    if (!mayChange || isOpen || field === undefined || row === undefined) return;
    edit({ row: row.key, field, first: undefined });
  };
  const place = (row: number, column: number) => {
    if (!grid.isGrid) return {};
    const isCurrent = grid.current.row === row && grid.current.column === column;
    return { "data-row": row, "data-column": column, tabIndex: isCurrent ? 0 : -1 };
  };

  return (
    <>
      {mayChange && <DatesTools {...props} onDone={done} onNotice={setNotice} />}
      <div className={css["wrap"]}>
        <table
          ref={table}
          className={css["dates"]}
          role={grid.isGrid ? "grid" : undefined}
          aria-label="Dates"
          aria-busy={isBusy}
          onKeyDown={onKeyDown}
          onClick={onClick}
          onFocus={grid.onFocus}
        >
          <thead>
            <tr>
              <th scope="col" className={css["what"]}>
                Lecture, exercise
              </th>
              {fields.map((field) => (
                <th key={field} scope="col">
                  {FIELD_NAMES[field]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={row.key} data-kind={row.kind}>
                <th scope="row" className={css["what"]} {...place(index, 0)}>
                  <span>{row.label}</span>
                  {mayChange && (row.kind === "lecture" || row.kind === "exercise") && (
                    <button
                      type="button"
                      aria-label={`Extend: more time for somebody in ${row.label}`}
                      tabIndex={grid.isGrid ? -1 : undefined}
                      onClick={() => setExtending(row)}
                    >
                      Extend
                    </button>
                  )}
                </th>
                {row.cells.map((cell, column) => (
                  <td
                    key={cell.field}
                    {...place(index, 1 + column)}
                    data-field={cell.field}
                    data-own={cell.isOwn ? "" : undefined}
                    title={cell.problem}
                  >
                    {editing?.row === row.key && editing.field === cell.field ? (
                      <DateEdit
                        key={cell.field}
                        cell={cell}
                        label={`${row.label}, ${FIELD_NAMES[cell.field]}`}
                        first={editing.first}
                        onCommit={(text) => commit(row, cell.field, text)}
                        onEnd={(isByKey) => endEdit(editing, isByKey)}
                      />
                    ) : (
                      <CellText cell={cell} />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={css["key"]}>
        <span>
          <b>bold</b>: set in this row; else it comes from the rows above
        </span>
        {mayChange && (
          <span>
            a date: 2026-11-20 23:59, or +7 for a week later; none: no date; empty: as the rows
            above
          </span>
        )}
        {mayChange && (
          <span className={css["byScript"]}>
            arrow keys move, Enter or typing changes, Delete empties, Ctrl+Z takes back
          </span>
        )}
        <span>
          before an exercise opens students and readers do not see what is asked; who reads without
          being enrolled sees it as soon as it is open to everybody in one run
        </span>
      </p>
      {extending !== undefined && (
        <Extension
          run={run}
          row={extending}
          sections={sections}
          onDone={done}
          onClose={() => setExtending(undefined)}
        />
      )}
      <UndoBar notice={notice} onNotice={setNotice} />
    </>
  );
}

function isSame(one: DateRow["target"], other: DateRow["target"]): boolean {
  const parts = ["lectureSlug", "exerciseId", "sectionId", "userId"] as const;
  return parts.every((part) => one[part] === other[part]);
}

function CellText({ cell: { shown, isOwn, problem } }: { cell: DateCell }) {
  if (shown === "") return <span className={css["empty"]}>–</span>;
  return (
    <>
      {isOwn ? <b className={css["own"]}>{shown}</b> : shown}
      {problem !== undefined && <small className={css["problem"]}> {problem}</small>}
    </>
  );
}

const FAILED = "It could not be taken back: reload the page to see the dates as they are.";
