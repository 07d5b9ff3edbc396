import { placeAfter } from "../../grid-keys.ts";

/**
 * Makes a table that the server has drawn one stop of the Tab key: arrows move in it, Enter opens,
 * S sorts. Its links are no stops of their own, and a tab remembers the cell that was opened last.
 */
export class GradebookKeys {
  readonly #table: HTMLTableElement;
  readonly #storageKey: string;
  /** The heads that can be sorted by, and the students. */
  readonly #rows: readonly HTMLTableRowElement[];
  #row = 1;
  #column = 1;

  constructor(table: HTMLTableElement, storageKey: string) {
    this.#table = table;
    this.#storageKey = storageKey;
    this.#rows = [...table.rows].filter((row) => row.parentElement?.tagName !== "TFOOT").slice(1);
    table.setAttribute("role", "grid");
    for (const link of table.querySelectorAll("a")) link.tabIndex = -1;
    const present = table.querySelector<HTMLTableCellElement>("[data-current]");
    if (present !== null) this.#find(present);
    else this.#restore();
    this.#mark();
    table.addEventListener("keydown", this.#onKey);
    table.addEventListener("mousedown", this.#onMouse);
    table.addEventListener("click", this.#onClick);
  }

  close(): void {
    this.#table.removeEventListener("keydown", this.#onKey);
    this.#table.removeEventListener("mousedown", this.#onMouse);
    this.#table.removeEventListener("click", this.#onClick);
  }

  get #cell(): HTMLTableCellElement | undefined {
    return this.#rows[this.#row]?.cells[this.#column];
  }

  /** Makes the current cell the one that Tab comes to. */
  #mark(): void {
    for (const cell of this.#table.querySelectorAll("[data-current]")) {
      cell.removeAttribute("data-current");
      cell.removeAttribute("tabindex");
    }
    this.#row = within(this.#row, this.#rows.length);
    this.#column = within(this.#column, this.#rows[this.#row]?.cells.length ?? 0);
    const cell = this.#cell;
    if (cell === undefined) return;
    cell.tabIndex = 0;
    cell.setAttribute("data-current", "");
  }

  #moveTo(row: number, column: number): void {
    this.#row = row;
    this.#column = column;
    this.#mark();
    this.#cell?.focus();
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey) return;
    const columns = this.#rows[this.#row]?.cells.length ?? 0;
    const here = { row: this.#row, column: this.#column };
    const next = placeAfter(here, event, { rows: this.#rows.length, columns });
    if (next !== undefined) this.#moveTo(next.row, next.column);
    else if (event.ctrlKey) return;
    else if (event.key === "Enter") this.#follow("a");
    else if (event.key.toLowerCase() === "s") this.#sort();
    else return;
    event.preventDefault();
  };

  #follow(selector: string): void {
    this.#cell?.querySelector<HTMLAnchorElement>(selector)?.click();
  }

  /** By the column in which one is, whichever row. */
  #sort(): void {
    const head = this.#rows[0]?.cells[this.#column];
    const link = head?.querySelector("[data-sort]") ?? head?.querySelector("a");
    if (link instanceof HTMLElement) link.click();
  }

  readonly #onMouse = (event: MouseEvent): void => {
    const cell = event.target instanceof Element ? event.target.closest("td, th") : null;
    if (cell instanceof HTMLTableCellElement && this.#find(cell)) this.#mark();
  };

  readonly #onClick = (event: MouseEvent): void => {
    if (event.target instanceof Element && event.target.closest("a") !== null) this.#remember();
  };

  /** Takes the cell for the current one, if it is one that can be. */
  #find(cell: HTMLTableCellElement): boolean {
    const row = this.#rows.findIndex((candidate) => candidate.contains(cell));
    if (row < 0) return false;
    this.#row = row;
    this.#column = cell.cellIndex;
    return true;
  }

  /** For when one comes back from the attempts. */
  #remember(): void {
    const student = this.#rows[this.#row]?.getAttribute("data-row") ?? "";
    sessionStorage.setItem(this.#storageKey, JSON.stringify([student, this.#column]));
  }

  #restore(): void {
    const stored: unknown = JSON.parse(sessionStorage.getItem(this.#storageKey) ?? "null");
    if (!Array.isArray(stored)) return;
    const [student, column] = stored;
    const row = this.#rows.findIndex((candidate) => candidate.dataset["row"] === student);
    if (row > 0) this.#row = row;
    if (typeof column === "number") this.#column = column;
  }
}

function within(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}
