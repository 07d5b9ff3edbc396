export interface ComparedLine {
  readonly number: number;
  readonly text: string;
  /** The other text has no such line at this place. */
  readonly differs: boolean;
}

/** The lines of `source`, and which of them are not in the common part with `other`. */
export function differingLines(source: string, other: string): readonly ComparedLine[] {
  const mine = source.split("\n");
  const common = new Set(commonLines(mine, other.split("\n")).map(([place]) => place));
  return mine.map((text, place) => ({ number: place + 1, text, differs: !common.has(place) }));
}

/** Both texts in one: what they share once, where they differ theirs after mine. */
export function merged(mine: string, theirs: string): string {
  const a = mine.split("\n");
  const b = theirs.split("\n");
  const lines: string[] = [];
  let fromA = 0;
  let fromB = 0;
  for (const [atA, atB] of [...commonLines(a, b), [a.length, b.length] as const]) {
    lines.push(...a.slice(fromA, atA), ...b.slice(fromB, atB));
    if (atA < a.length) lines.push(a[atA] ?? "");
    fromA = atA + 1;
    fromB = atB + 1;
  }
  return lines.join("\n");
}

/** The longest common sequence of lines, as pairs of places. */
function commonLines(
  a: readonly string[],
  b: readonly string[],
): readonly (readonly [number, number])[] {
  const width = b.length + 1;
  // best[i * width + j]: how many lines a from i and b from j have in common.
  const best = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i * width + j] =
        a[i] === b[j]
          ? (best[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(best[(i + 1) * width + j] ?? 0, best[i * width + j + 1] ?? 0);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if ((best[(i + 1) * width + j] ?? 0) >= (best[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return pairs;
}
