import type { TraceStep, VerifierTrace } from "#notebook/document";

/** One step as a sentence: what a screen reader hears, and a line of the figure's text form. */
export function describeStep(trace: VerifierTrace, position: number): string {
  const step = trace.steps[position];
  if (step === undefined) return "";
  const { slot, path, after, exact } = step;
  const text = trace.program.find((insn) => insn.slot === slot)?.text ?? "";
  const where = trace.paths.length > 1 ? `path ${path + 1}, ` : "";
  const parts = [
    `Step ${position + 1}, ${where}instruction ${slot}: ${text}.`,
    branchAt(trace, position),
    after === "" ? "" : `Then ${after}.`,
    exact === undefined ? "" : `Had to be exact: ${exact}.`,
    endOf(trace, step),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function branchAt(trace: VerifierTrace, position: number): string {
  const aside = trace.paths.findIndex(({ branchedAt }) => branchedAt === position);
  return aside === -1 ? "" : `The other side waits as path ${aside + 1}.`;
}

/** What became of the path at this step; "" where it goes on. */
export function endOf(trace: VerifierTrace, { end, prunedBy }: TraceStep): string {
  if (end === "exit") return "The path ends here and is safe.";
  if (end === "refused") return `Refused: ${trace.error}.`;
  if (end !== "pruned") return "";
  return prunedBy === undefined
    ? "Pruned: an earlier state covers this one."
    : `Pruned by step ${prunedBy + 1}, whose state covers this one.`;
}

export function describeVerdict({ isAccepted, error, insnsProcessed }: VerifierTrace): string {
  const processed = `after ${insnsProcessed} instructions`;
  return isAccepted ? `Accepted ${processed}.` : `Refused ${processed}: ${error}`;
}
