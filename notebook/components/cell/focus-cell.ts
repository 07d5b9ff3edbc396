/** Puts the focus on a cell's code, where the keys of command mode work. */
export function focusCell(id: string | undefined): void {
  const cell = id === undefined ? null : document.getElementById(`cell-${id}`);
  const code = cell?.querySelector<HTMLElement>("[data-code]");
  code?.focus({ preventScroll: true });
  cell?.scrollIntoView({ block: "nearest" });
}

/** The same, once the editor that had the focus is gone. */
export function focusCellSoon(id: string | undefined): void {
  requestAnimationFrame(() => focusCell(id));
}
