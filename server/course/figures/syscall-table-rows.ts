import { boot } from "#kernel-sim";
import type { SyscallTableRow } from "#notebook/document";

/** Both tables of 6.18, by the numbers of i386, then what x86-64 alone has. */
export function syscallTableRows(): readonly SyscallTableRow[] {
  const machine = boot({ seed: 1 });
  const rows = machine
    .systemCalls()
    .map((row) => ({ ...row, hasCode: row.hasCode32 || row.hasCode64 }))
    .sort((a, b) => orderOf(a) - orderOf(b));
  machine.close();
  return rows.map(({ name, number32, number64, since, taken32, removed, hasCode }) => ({
    name,
    since: since ?? taken32 ?? "2.6",
    hasCode,
    ...(number32 !== undefined && { number32 }),
    ...(number64 !== undefined && { number64 }),
    ...(taken32 !== undefined && { taken32 }),
    ...(removed !== undefined && { removed }),
  }));
}

function orderOf(row: { number32: number | undefined; number64: number | undefined }): number {
  return row.number32 ?? 1000 + (row.number64 ?? 0);
}
