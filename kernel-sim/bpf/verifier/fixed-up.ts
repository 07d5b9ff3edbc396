/** What Linux adds to the stacks of an accepted program, and a function that it adds to the end. */
import { isPseudoFunc } from "../isa.ts";
import type { KeptInsn } from "./dead-code.ts";
import type { InsnAux, VerifierEnv } from "./env.ts";
import { isThrow } from "./kfunc-call.ts";

/** Three registers of a loop that stands in the place of a call of bpf_loop. @linux kernel/bpf/verifier.c `optimize_bpf_loop` (6.18) */
export const LOOP_STACK_BYTES = 24;
/** A counter of rounds and a time, for functions that pass a `may_goto`. @linux kernel/bpf/verifier.c `do_misc_fixups` (6.18) */
export const MAY_GOTO_STACK_BYTES = 16;

/** How deep the stack of a function is when its loops stand in it. @param own what is left of the function */
export function depthWithLoops(
  stackDepth: number,
  own: readonly KeptInsn[],
  aux: readonly InsnAux[],
): number {
  const hasLoop = own.some(({ slot }) => aux[slot]!.loopInline?.isFit === true);
  return hasLoop ? Math.ceil(stackDepth / 8) * 8 + LOOP_STACK_BYTES : stackDepth;
}

/** Whether something is thrown, which ends in a function of the kernel's own making where the program catches nothing. */
export function isThrown(kept: readonly KeptInsn[], aux: readonly InsnAux[]): boolean {
  return kept.some(({ insn, slot }) => isThrow(insn) && aux[slot]!.isSeen);
}

/**
 * Whether a function is cut out whose address remains, and no other one that could be taken for it
 * stands behind it. With one function left, Linux does not look.
 */
export function isAddressLost({
  insns,
  aux,
  subprogs,
  exceptionCallbackSubprog,
}: VerifierEnv): boolean {
  if (subprogs.length < 3 || !insns.some(isPseudoFunc)) return false;
  const last = aux.findLastIndex(({ isSeen }) => isSeen);
  const isLost = insns.some(
    (insn, at) => isPseudoFunc(insn) && aux[at]!.isSeen && at + 1 + insn.imm > last,
  );
  if (!isLost || subprogs.filter(({ start }) => aux[start]!.isSeen).length < 2) return false;
  const isCaught = exceptionCallbackSubprog !== 0;
  return isCaught || !insns.some((insn, at) => isThrow(insn) && aux[at]!.isSeen);
}
