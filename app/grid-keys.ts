import { type KeyboardEvent, useEffect, useState } from "react";

/** A table as one stop of the Tab key: arrows move between its cells, Enter goes into one. */
export interface GridKeys {
  /** False until the page has its scripts: then each control is a stop of its own. */
  readonly isGrid: boolean;
  /** The cell that Tab leads to. */
  readonly current: GridPlace;
  readonly onKeyDown: (event: KeyboardEvent<HTMLTableElement>) => void;
  readonly onFocus: (event: { target: EventTarget }) => void;
}

const PAGE_ROWS = 10;

/** Cells carry `data-row` and `data-column`; the controls inside are reached with Enter, left with Escape. */
export function useGridKeys(rows: number, columns: number): GridKeys {
  const [isGrid, setIsGrid] = useState(false);
  const [current, setCurrent] = useState({ row: 0, column: 0 });
  useEffect(() => setIsGrid(true), []);
  // A filter may have left fewer rows than there were.
  const shown = { row: Math.min(current.row, Math.max(rows - 1, 0)), column: current.column };

  const onFocus = ({ target }: { target: EventTarget }) => {
    const cell = cellAround(target);
    if (cell !== undefined) setCurrent(placeOf(cell));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    const cell = cellAround(event.target);
    if (cell === undefined || event.altKey || event.metaKey) return;
    const isInside = event.target !== cell;
    if (isInside) {
      if (event.key !== "Escape") return;
      cell.focus();
    } else if (event.key === "Enter" || event.key === "F2") {
      cell.querySelector<HTMLElement>("select, button, input")?.focus();
    } else {
      const next = placeAfter(placeOf(cell), event, { rows, columns });
      if (next === undefined) return;
      const wanted = `[data-row="${next.row}"][data-column="${next.column}"]`;
      event.currentTarget.querySelector<HTMLElement>(wanted)?.focus();
    }
    event.preventDefault();
  };
  return { isGrid, current: shown, onKeyDown, onFocus };
}

/** A cell of a table; both count from 0. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

/** Where a key leads from `place`, as in a spreadsheet; undefined: it is no key that moves. */
export function placeAfter(
  { row, column }: GridPlace,
  { key, ctrlKey }: { readonly key: string; readonly ctrlKey: boolean },
  { rows, columns }: { readonly rows: number; readonly columns: number },
): GridPlace | undefined {
  const to = (nextRow: number, nextColumn: number) => ({
    row: Math.max(0, Math.min(rows - 1, nextRow)),
    column: Math.max(0, Math.min(columns - 1, nextColumn)),
  });
  if (key === "Home") return to(ctrlKey ? 0 : row, 0);
  if (key === "End") return to(ctrlKey ? rows - 1 : row, columns - 1);
  if (ctrlKey) return undefined;
  switch (key) {
    case "ArrowUp":
      return to(row - 1, column);
    case "ArrowDown":
      return to(row + 1, column);
    case "ArrowLeft":
      return to(row, column - 1);
    case "ArrowRight":
      return to(row, column + 1);
    case "PageUp":
      return to(row - PAGE_ROWS, column);
    case "PageDown":
      return to(row + PAGE_ROWS, column);
    default:
      return undefined;
  }
}

function cellAround(target: EventTarget): HTMLElement | undefined {
  const cell = target instanceof Element ? target.closest("[data-row]") : null;
  return cell instanceof HTMLElement ? cell : undefined;
}

function placeOf({ dataset }: HTMLElement): GridPlace {
  return { row: Number(dataset["row"]), column: Number(dataset["column"]) };
}
