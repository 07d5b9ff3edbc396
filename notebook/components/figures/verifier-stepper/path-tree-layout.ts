import type { VerifierTrace } from "#notebook/document";

/** The tree of paths, laid out: a row a path, a column an instruction on the way from the entry. */

export interface TreeDot {
  readonly step: number;
  readonly column: number;
  readonly row: number;
}

export interface TreeRow {
  readonly row: number;
  readonly fromColumn: number;
  readonly toColumn: number;
  /** Where it leaves the path it comes from. */
  readonly branch?: { readonly column: number; readonly row: number };
}

export interface TreeLayout {
  readonly dots: readonly TreeDot[];
  readonly rows: readonly TreeRow[];
  readonly columns: number;
}

export function layoutTree(trace: VerifierTrace): TreeLayout {
  const columns: number[] = [];
  for (const { comesFrom } of trace.steps) {
    columns.push(comesFrom === undefined ? 0 : (columns[comesFrom] ?? 0) + 1);
  }
  const dots = trace.steps.map(({ path }, step) => ({
    step,
    column: columns[step] ?? 0,
    row: path,
  }));
  const rows = trace.paths.map(({ branchedAt }, row) => {
    const own = dots.filter((dot) => dot.row === row).map(({ column }) => column);
    const from = dots[branchedAt ?? -1];
    return {
      row,
      fromColumn: Math.min(...own),
      toColumn: Math.max(...own),
      ...(from === undefined ? {} : { branch: { column: from.column, row: from.row } }),
    };
  });
  return { dots, rows, columns: Math.max(0, ...columns) + 1 };
}
