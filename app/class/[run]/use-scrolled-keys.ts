"use client";

import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useLayoutEffect,
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
}

/** What is still to be done with the current cell: to be shown, or to get the focus, too. */
type Wanted = "focus" | "sight" | "nothing";

/**
 * Moves through a table by keys of which only a part is drawn; it is one stop of the Tab key. Row 0 holds
 * the heads that can be sorted by. Where one is is state of the table, and who draws it always draws
 * that row: so a key that moves finds its cell in the same turn, and the focus never falls out of
 * the table, however fast keys follow each other.
 */
export function useScrolledKeys(
  table: RefObject<HTMLTableElement | null>,
  { name, rows, columns }: ScrolledTable,
) {
  const storageKey = `gradebook:${name}`;
  const [begin] = useState(() => beginning(rows, storageKey));
  const [moved, setMoved] = useState<GridPlace>(begin.place);
  const wanted = useRef<Wanted>(begin.wanted);
  /** True, too, when the cell that had the focus has been taken out of the page. */
  const hasFocus = useRef(begin.wanted === "focus");
  const size = { rows: rows.length + 1, columns };
  // There may be fewer rows than there were.
  const current = { row: Math.min(moved.row, rows.length), column: moved.column };

  // Before the next key comes.
  useLayoutEffect(() => {
    markHeads(table.current, current);
    const cell = cellAt(table.current, current);
    if (table.current === null || cell === undefined) return;
    const isLost = hasFocus.current && document.activeElement === document.body;
    if (wanted.current === "focus" || isLost) cell.focus({ preventScroll: true });
    if (wanted.current !== "nothing") bringIntoSight(table.current, cell, current.row);
    wanted.current = "nothing";
  });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const next = placeAfter(current, event, size);
    if (next !== undefined) {
      wanted.current = "focus";
      setMoved(next);
    } else if (event.ctrlKey) return;
    else if (event.key === "Enter") cellAt(table.current, current)?.querySelector("a")?.click();
    else if (event.key.toLowerCase() === "s") sortBy(table.current, current.column);
    else return;
    event.preventDefault();
  };

  const onMouseDown = ({ target }: MouseEvent) => {
    const cell = target instanceof Element ? target.closest("td, th") : null;
    const row = cell?.parentElement?.dataset["index"];
    if (cell instanceof HTMLTableCellElement && row !== undefined) {
      setMoved({ row: Number(row), column: columnOf(cell) });
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

  const onFocus = () => {
    hasFocus.current = true;
  };
  const onBlur = () => {
    hasFocus.current = false;
  };
  return { current, handlers: { onKeyDown, onMouseDown, onClick, onFocus, onBlur } };
}

interface Beginning {
  readonly place: GridPlace;
  readonly wanted: Wanted;
}

/** Where one is in the table that this one takes the place of, or was when one left the page. */
function beginning(rows: readonly ShownRow[], storageKey: string): Beginning {
  const focused = focusedPlace(rows);
  if (focused !== undefined) return { place: focused, wanted: "focus" };
  const stored: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? "null");
  if (Array.isArray(stored) && typeof stored[1] === "number") {
    const row = rows.findIndex(({ userId }) => userId === stored[0]) + 1;
    if (row > 0) return { place: { row, column: stored[1] }, wanted: "sight" };
  }
  return { place: { row: 1, column: 1 }, wanted: "nothing" };
}

function focusedPlace(rows: readonly ShownRow[]): GridPlace | undefined {
  const cell = document.activeElement?.closest<HTMLTableCellElement>("td, th");
  const at = cell?.closest("tr")?.dataset;
  if (!cell || at === undefined) return undefined;
  if (at["index"] === "0") return { row: 0, column: cell.cellIndex };
  const row = rows.findIndex(({ userId }) => userId === at["row"]) + 1;
  return row > 0 ? { row, column: cell.cellIndex } : undefined;
}

/** The rows near it are drawn once the table has scrolled. */
function bringIntoSight(table: HTMLTableElement, cell: HTMLTableCellElement, row: number): void {
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  // Heads are in sight wherever one is; who goes to them goes to the top.
  if (row === 0) table.parentElement?.scrollTo({ top: 0 });
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

/**
 * The heads are drawn once and for all, by others: which of them Tab comes to is marked here, and only what
 * is not so yet, since each mark has the browser work out again what can have the focus.
 */
function markHeads(table: HTMLTableElement | null, { row, column }: GridPlace): void {
  const mark = (element: HTMLElement, tabIndex: number) => {
    if (element.getAttribute("tabindex") !== String(tabIndex)) element.tabIndex = tabIndex;
  };
  for (const link of table?.querySelectorAll<HTMLElement>("thead a") ?? []) mark(link, -1);
  for (const cell of rowAt(table, 0)?.cells ?? []) {
    mark(cell, row === 0 && cell.cellIndex === column ? 0 : -1);
  }
}

function sortBy(table: HTMLTableElement | null, column: number): void {
  const head = rowAt(table, 0)?.cells[column];
  const link = head?.querySelector("[data-sort]") ?? head?.querySelector("a");
  if (link instanceof HTMLElement) link.click();
}
