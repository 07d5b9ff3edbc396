/** The gradebook as a file for a spreadsheet: RFC 4180, one student a line. */
import type { Gradebook } from "./gradebook.ts";

/** The columns are the same whatever was reached, so that files of different days fit together. */
export function gradebookCsv({ exercises, rows }: Gradebook): string {
  // With its letter: a spreadsheet would read 11.10 as 11.1.
  const columns = exercises.flatMap(({ number }) => [
    `E${number}`,
    `E${number} attempts`,
    `E${number} last`,
  ]);
  const header = ["name", "username", "email", "points", "of", ...columns];
  const lines = rows.map(({ name, username, email, points, of, cells }) => [
    name,
    username,
    email,
    printPoints(points),
    printPoints(of),
    ...cells.flatMap((cell) =>
      cell === undefined
        ? ["", "0", ""]
        : [
            cell.best === undefined ? "" : printPoints(cell.best),
            String(cell.attempts),
            cell.isExcused ? "excused" : cell.last,
          ],
    ),
  ]);
  return printCsv([header, ...lines]);
}

/** With two decimals at most: `2.5`. */
export function printPoints(points: number): string {
  return String(Math.round(points * 100) / 100);
}

/** Excel takes a file for UTF-8 only when it begins with this. */
const BYTE_ORDER_MARK = "\ufeff";

export function printCsv(lines: readonly (readonly string[])[]): string {
  return BYTE_ORDER_MARK + lines.map((line) => `${line.map(printField).join(",")}\r\n`).join("");
}

function printField(field: string): string {
  const text = withoutFormula(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A spreadsheet calculates what begins so, and a name may be anything: an apostrophe before it
 * makes it text.
 */
function withoutFormula(field: string): string {
  return /^[=+\-@\t\r\n]/.test(field) ? `'${field}` : field;
}
