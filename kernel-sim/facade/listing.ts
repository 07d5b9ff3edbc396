/**
 * Rows of a view, frozen; `String(rows)` is the view as text. The method is no item of the list, so it is shown nowhere.
 */
export function listing<Row extends object>(
  rows: readonly Row[],
  text: (rows: readonly Row[]) => string,
): readonly Row[] {
  const frozen = rows.map((row) => Object.freeze(row));
  const asText = Object.freeze(() => text(frozen));
  Object.defineProperty(frozen, "toString", { value: asText });
  return Object.freeze(frozen);
}

/** Columns of equal width; numbers to the right. */
export function columns(
  heads: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const widths = heads.map((head, i) =>
    rows.reduce((most, row) => Math.max(most, String(row[i]).length), head.length),
  );
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, i) =>
        typeof cell === "number" ? String(cell).padStart(widths[i]!) : cell.padEnd(widths[i]!),
      )
      .join("  ")
      .trimEnd();
  // A head stands as its column does.
  const head = heads.map((text, i) => {
    const isNumber = rows.length > 0 && typeof rows[0]![i] === "number";
    return isNumber ? text.padStart(widths[i]!) : text;
  });
  return [line(head), ...rows.map(line)].join("\n");
}

/** As addresses and words are written: `0x7ffd1000`. Numbers of 64 bits may be negative. */
export function hex(value: number): string {
  if (value >= 0) return `0x${value.toString(16)}`;
  return `0x${BigInt.asUintN(64, BigInt(Math.trunc(value))).toString(16)}`;
}

/** Pids of a row, as text. */
export function pidsText(pids: readonly number[]): string {
  return pids.length === 0 ? "-" : pids.join(" ");
}
