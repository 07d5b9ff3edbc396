import { counted, type SyscallTableRow } from "#notebook/document";

/** The releases in which rows came, oldest first. */
export function releasesOf(rows: readonly SyscallTableRow[]): readonly string[] {
  return [...new Set(rows.map(({ since }) => since))].sort((a, b) => orderOf(a) - orderOf(b));
}

/** The rows that were there in a release. */
export function rowsIn(rows: readonly SyscallTableRow[], release: string) {
  return rows.filter(({ since }) => orderOf(since) <= orderOf(release));
}

/** Whether what has gone, if it has, had gone by `release`. */
export function isGone({ removed }: SyscallTableRow, release: string): boolean {
  return removed !== undefined && orderOf(removed) <= orderOf(release);
}

/** Rows whose name or numbers have `text` in them. */
export function matching(rows: readonly SyscallTableRow[], text: string) {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return rows;
  return rows.filter(
    ({ name, number32, number64 }) =>
      name.includes(wanted) || String(number32) === wanted || String(number64) === wanted,
  );
}

/** x86-64 begins with 2.6: before it, none of the numbers was there. */
export function countIn(rows: readonly SyscallTableRow[], release: string) {
  const there = rowsIn(rows, release);
  const isTaken = ({ taken32 }: SyscallTableRow) =>
    taken32 !== undefined && orderOf(taken32) <= orderOf(release);
  return {
    i386: rows.filter(isTaken).length,
    x8664:
      orderOf(release) < orderOf("2.6")
        ? 0
        : there.filter(({ number64 }) => number64 !== undefined).length,
    fresh: there.filter(({ since }) => since === release).length,
  };
}

export function describeRelease(rows: readonly SyscallTableRow[], release: string): string {
  const { i386, x8664, fresh } = countIn(rows, release);
  const other = x8664 === 0 ? "there is no x86-64 yet" : `${x8664} in that of x86-64`;
  const came = `${counted(fresh, "call")} of today came with this release`;
  return `Linux ${release}: ${i386} numbers taken in the i386 table, ${other}; ${came}.`;
}

function orderOf(release: string): number {
  const [major = 0, minor = 0, patch = 0] = release.split(".").map(Number);
  return (major * 1000 + minor) * 1000 + patch;
}
