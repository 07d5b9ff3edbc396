/** The rows of a table as text: each line a number, then the names from that number on. */
export function parseSyscallTable(rows: string): readonly (string | undefined)[] {
  const names: (string | undefined)[] = [];
  for (const line of rows.trim().split("\n")) {
    const [first, ...run] = line.split(" ");
    while (names.length < Number(first)) names.push(undefined);
    for (const name of run) names.push(name);
  }
  return Object.freeze(names);
}

/** The table read the other way round. */
export function numbersOf(
  names: readonly (string | undefined)[],
): Readonly<Record<string, number>> {
  const numbers: Record<string, number> = {};
  names.forEach((name, number) => {
    if (name !== undefined) numbers[name] = number;
  });
  return Object.freeze(numbers);
}
