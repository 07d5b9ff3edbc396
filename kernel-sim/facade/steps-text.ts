import type { PrecisionMark, VerifierStep } from "../api.ts";

/** Where what is known stands behind the instruction. */
const KNOWN_COLUMN = 44;

/**
 * A verifier's steps as text, path by path:
 *
 *     path 1, left path 0 at step 1
 *           ; return 7; @ prog.c:4
 *     5  3: exit                                  ; R0=7
 *        had to be exact: R0 behind 2 to 1
 *        path ends: the program returns
 */
export function stepsText(steps: readonly VerifierStep[]): string {
  const lines: string[] = [];
  let path: number | undefined;
  let source: string | undefined;
  for (const step of steps) {
    if (step.path !== path) {
      if (path !== undefined) lines.push("");
      lines.push(headOf(step));
      path = step.path;
      source = undefined;
    }
    if (step.source !== undefined && step.source !== source) lines.push(`      ; ${step.source}`);
    source = step.source;
    lines.push(...stepLines(step));
  }
  return lines.join("\n");
}

function headOf({ path, parentPath, branchedAt, before }: VerifierStep): string {
  const from = parentPath === undefined ? "" : `, left path ${parentPath} at step ${branchedAt}`;
  return `path ${path}${from}: ${valuesText(before)}`;
}

function stepLines({
  index,
  insnIndex,
  insn,
  frame,
  after,
  precision,
  end,
  prunedBy,
}: VerifierStep): string[] {
  const number = String(index).padStart(4);
  const depth = "  ".repeat(frame);
  const known = valuesText(after);
  if (end === "pruned") {
    const by = prunedBy === undefined ? "an earlier state" : `the state before step ${prunedBy}`;
    return [`${number}  ${depth}${insnIndex}: covered by ${by}`, ...precisionLines(precision)];
  }
  const text = `${number}  ${depth}${insnIndex}: ${insn}`;
  return [
    known === "" ? text : `${text.padEnd(KNOWN_COLUMN)} ; ${known}`,
    ...precisionLines(precision),
    ...(end === undefined ? [] : [`      path ends: ${END_WORDS[end]}`]),
  ];
}

const END_WORDS = { exit: "the program returns", refused: "the program is refused" } as const;

function precisionLines(marks: readonly PrecisionMark[] | undefined): string[] {
  return marks === undefined ? [] : [`      had to be exact: ${precisionText(marks)}`];
}

/** `R6 behind 7 to 4; R0,R6 behind 3`: marks with the same names are one stretch of the way back. */
function precisionText(marks: readonly PrecisionMark[]): string {
  const stretches: { names: string; first: number; last: number }[] = [];
  for (const { names, insnIndex } of marks) {
    const text = names.join(",");
    const stretch = stretches.at(-1);
    if (stretch?.names === text) stretch.last = insnIndex;
    else stretches.push({ names: text, first: insnIndex, last: insnIndex });
  }
  return stretches
    .map(
      ({ names, first, last }) =>
        `${names} behind ${first === last ? first : `${first} to ${last}`}`,
    )
    .join("; ");
}

function valuesText(values: Readonly<Record<string, { readonly text: string }>>): string {
  return Object.entries(values)
    .map(([name, { text }]) => `${name}=${text}`)
    .join(" ");
}
