import type { Insn, VerifierStep } from "#kernel-sim";
import type { TracePath } from "#notebook/document";

const CLASS = 0x07;
const OPERATION = 0xf0;
const JMP = 0x05;
const JMP32 = 0x06;
const UNCONDITIONAL: ReadonlySet<number> = new Set([0x00, 0x80, 0x90]);

/**
 * Where each path of a run left the one it came from. Of the jumps that may lead to its first
 * instruction it is the last that no later path has claimed: the verifier takes up last what it
 * has put aside first.
 */
export function pathsOf(steps: readonly VerifierStep[], insns: readonly Insn[]): TracePath[] {
  const claimed = new Set<number>();
  return firstSteps(steps).map((first) => {
    const { parentPath } = first;
    if (parentPath === undefined) return {};
    const branch = steps.findLast(
      (step) =>
        step.index < first.index &&
        step.path === parentPath &&
        !claimed.has(step.index) &&
        mayJumpTo(first.insnIndex, step.insnIndex, insns),
    );
    if (branch === undefined) return {};
    claimed.add(branch.index);
    return { branchedAt: branch.index };
  });
}

/** The place of each path in the order in which they are walked, by its number. */
export function pathPlaces(steps: readonly VerifierStep[]): ReadonlyMap<number, number> {
  return new Map(firstSteps(steps).map(({ path }, place) => [path, place]));
}

function firstSteps(steps: readonly VerifierStep[]): VerifierStep[] {
  const seen = new Set<number>();
  return steps.filter(({ path }) => !seen.has(path) && seen.add(path));
}

function mayJumpTo(slot: number, from: number, insns: readonly Insn[]): boolean {
  const insn = insns[from];
  if (insn === undefined) return false;
  const kind = insn.code & CLASS;
  if (kind !== JMP && kind !== JMP32) return false;
  if (UNCONDITIONAL.has(insn.code & OPERATION)) return false;
  return slot === from + 1 || slot === from + 1 + insn.off;
}
