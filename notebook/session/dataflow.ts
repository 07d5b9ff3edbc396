import type { CellNames } from "../runtime/protocol.ts";
import type { StaleCause } from "./cell-status.ts";
import type { SessionCell } from "./session-cell.ts";

/** Which cell a name comes from, for each name that a cell reads. */
export interface Dependency {
  readonly name: string;
  /** The cells that make the name what it is: who declares it, and who assigns to it later. */
  readonly cellIds: readonly string[];
}

export type NamesOfCells = ReadonlyMap<string, CellNames>;

/**
 * What the cell at `index` needs from the cells above it: for each name the nearest declaration,
 * and the cells between that assign to it. A name that only a later cell declares is no need.
 */
export function dependenciesOf(
  cells: readonly SessionCell[],
  names: NamesOfCells,
  index: number,
): readonly Dependency[] {
  const own = names.get(cells[index]?.id ?? "");
  if (own === undefined) return [];
  const needed = new Set([...own.reads, ...own.writes]);
  return [...needed].flatMap((name) => {
    const cellIds: string[] = [];
    for (let above = index - 1; above >= 0; above--) {
      const cell = cells[above];
      const theirs = cell && names.get(cell.id);
      if (!(cell && theirs)) continue;
      if (theirs.declares.includes(name)) return [{ name, cellIds: [...cellIds, cell.id] }];
      if (theirs.writes.includes(name)) cellIds.push(cell.id);
    }
    return [];
  });
}

/** For each stale cell, what has changed: found from the top, so that staleness is handed down. */
export function staleCells(
  cells: readonly SessionCell[],
  names: NamesOfCells,
): ReadonlyMap<string, readonly StaleCause[]> {
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  const stale = new Map<string, readonly StaleCause[]>();
  cells.forEach((cell, index) => {
    const direct: StaleCause[] = [];
    const handedDown: StaleCause[] = [];
    for (const { name, cellIds } of dependenciesOf(cells, names, index)) {
      for (const cellId of cellIds) {
        const needed = byId.get(cellId);
        if (needed === undefined) continue;
        if (hasChangedSince(needed, cell)) direct.push({ name, cellId });
        else handedDown.push(...(stale.get(cellId) ?? []));
      }
    }
    const causes = direct.length > 0 ? direct : handedDown;
    if (causes.length > 0) stale.set(cell.id, withoutDoubles(causes));
  });
  return stale;
}

/**
 * Whether `needed` is another one than when the output of `cell` came about. An output of the page
 * came about from the lecture's own texts.
 */
function hasChangedSince(needed: SessionCell, cell: SessionCell): boolean {
  if (cell.lastRun === undefined || needed.lastRun === undefined) {
    const isOriginal = needed.source === needed.original;
    return !(isOriginal && (needed.lastRun?.source ?? needed.original) === needed.original);
  }
  return needed.source !== needed.lastRun.source || needed.lastRun.order > cell.lastRun.order;
}

/**
 * What has to run so that the wanted cells can: themselves, and what they need and is not there or
 * not up to date; in the lecture's order.
 */
export function planRun(
  cells: readonly SessionCell[],
  names: NamesOfCells,
  wanted: readonly string[],
): readonly string[] {
  const indexOf = new Map(cells.map((cell, index) => [cell.id, index]));
  const stale = staleCells(cells, names);
  const planned = new Set<string>();
  const visit = (id: string) => {
    const index = indexOf.get(id);
    if (index === undefined || planned.has(id)) return;
    planned.add(id);
    for (const { cellIds } of dependenciesOf(cells, names, index)) {
      for (const neededId of cellIds) {
        const needed = cells[indexOf.get(neededId) ?? -1];
        // What is up to date is not run again, but what it needs in turn has run as well.
        if (needed && !(isCurrent(needed) && !stale.has(neededId))) visit(neededId);
      }
    }
  };
  wanted.forEach(visit);
  return cells.filter((cell) => planned.has(cell.id)).map((cell) => cell.id);
}

/** Its names are in the sandbox, and they are those of its present text. */
function isCurrent({ lastRun, source }: SessionCell): boolean {
  return lastRun?.isAlive === true && lastRun.isOk && lastRun.source === source;
}

function withoutDoubles(causes: readonly StaleCause[]): readonly StaleCause[] {
  const seen = new Set<string>();
  return causes.filter(({ name, cellId }) => {
    const key = `${cellId} ${name}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
