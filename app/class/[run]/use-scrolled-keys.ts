"use client";

import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from "react";
import { type GridPlace, placeAfter } from "../../grid-keys.ts";
import type { ShownRow } from "./gradebook-wire.ts";

interface ScrolledTable {
  /** Under this name the tab remembers the cell that was opened last, as the whole table does. */
  readonly name: string;
  readonly rows: readonly ShownRow[];
  readonly columns: number;
  /** Has a row drawn, and in sight. */
  readonly reveal: (row: number) => void;
}

/**
 * Moves through a table by keys of which only a part is drawn; it is one stop of the Tab key. Row 0 holds
 * the heads that can be sorted by.
 */
export function useScrolledKeys(
  table: RefObject<HTMLTableElement | null>,
  { name, rows, columns, reveal }: ScrolledTable,
) {
  const [focused] = useState(() => focusedPlace(rows));
  const [current, setCurrent] = useState<GridPlace>(focused ?? { row: 1, column: 1 });
  const isMoving = useRef(focused !== undefined);
  const storageKey = `gradebook:${name}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the table is there
  useEffect(() => {
    if (focused !== undefined) return;
    const stored: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? "null");
    if (!Array.isArray(stored)) return;
    const row = rows.findIndex(({ userId }) => userId === stored[0]) + 1;
    if (row === 0 || typeof stored[1] !== "number") return;
    setCurrent({ row, column: stored[1] });
    reveal(row);
  }, []);

  useEffect(() => {
    markHeads(table.current, current);
    if (!isMoving.current) return;
    const cell = cellAt(table.current, current);
    if (cell === undefined) return;
    isMoving.current = false;
    cell.focus({ preventScroll: current.row > 0 });
    if (current.row > 0) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  const moveTo = (place: GridPlace) => {
    isMoving.current = true;
    setCurrent(place);
    reveal(place.row);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const size = { rows: rows.length + 1, columns };
    const next = placeAfter(current, event, size);
    if (next !== undefined) moveTo(next);
    else if (event.ctrlKey) return;
    else if (event.key === "Enter") cellAt(table.current, current)?.querySelector("a")?.click();
    else if (event.key.toLowerCase() === "s") sortBy(table.current, current.column);
    else return;
    event.preventDefault();
  };

  const onMouseDown = ({ target }: MouseEvent) => {
    const cell = target instanceof Element ? target.closest("td, th") : null;
    const row = cell?.parentElement?.dataset["index"];
    if (cell instanceof HTMLTableCellElement && row !== undefined) {
      setCurrent({ row: Number(row), column: columnOf(cell) });
    }
  };

  const onClick = ({ target }: MouseEvent) => {
    const link = target instanceof Element ? target.closest("a") : null;
    const cell = link?.closest<HTMLTableCellElement>("td, th");
    const student = cell?.closest("tr")?.dataset["row"];
    if (cell === undefined || cell === null || student === undefined) return;
    // For when one comes back from the attempts.
    sessionStorage.setItem(storageKey, JSON.stringify([student, columnOf(cell)]));
  };

  return { current, handlers: { onKeyDown, onMouseDown, onClick } };
}

/** Where one was in the table that this one takes the place of. */
function focusedPlace(rows: readonly ShownRow[]): GridPlace | undefined {
  const cell = document.activeElement?.closest<HTMLTableCellElement>("td, th");
  const student = cell?.closest("tr")?.dataset["row"];
  const row = rows.findIndex(({ userId }) => userId === student) + 1;
  return cell && row > 0 ? { row, column: cell.cellIndex } : undefined;
}

function rowAt(table: HTMLTableElement | null, row: number): HTMLTableRowElement | undefined {
  return table?.querySelector<HTMLTableRowElement>(`tr[data-index="${row}"]`) ?? undefined;
}

function cellAt(table: HTMLTableElement | null, { row, column }: GridPlace) {
  const cells: readonly HTMLTableCellElement[] = [...(rowAt(table, row)?.cells ?? [])];
  return cells.find((cell) => columnOf(cell) === column);
}

/** Before it there may be columns that are not drawn. */
function columnOf(cell: HTMLTableCellElement): number {
  return Number(cell.dataset["column"] ?? cell.cellIndex);
}

/** The heads are drawn once and for all, by others: which of them Tab comes to is marked here. */
function markHeads(table: HTMLTableElement | null, { row, column }: GridPlace): void {
  for (const link of table?.querySelectorAll<HTMLElement>("thead a") ?? []) link.tabIndex = -1;
  for (const cell of rowAt(table, 0)?.cells ?? []) {
    if (row === 0 && cell.cellIndex === column) cell.tabIndex = 0;
    else cell.removeAttribute("tabindex");
  }
}

function sortBy(table: HTMLTableElement | null, column: number): void {
  const head = rowAt(table, 0)?.cells[column];
  const link = head?.querySelector("[data-sort]") ?? head?.querySelector("a");
  if (link instanceof HTMLElement) link.click();
}
