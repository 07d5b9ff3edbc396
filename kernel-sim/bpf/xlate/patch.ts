import type { Insn } from "../../api.ts";
import { isPseudoCall, isPseudoFunc } from "../isa.ts";

const JMP32_JA = 0x06;

/** An instruction that is there now. */
export interface Patched {
  readonly insn: Insn;
  /** Where it leads: to the instruction of this index before anything was put in. */
  readonly target?: number;
}

/** What stands in the place of one instruction. */
export interface PatchedGroup {
  readonly insns: readonly Patched[];
  /** In front of it where a function begins: calls of the function lead there, jumps behind it. */
  readonly prologue?: readonly Insn[];
}

/** What the kernel has added. */
export function added(...insns: readonly Insn[]): Patched[] {
  return insns.map((insn) => ({ insn }));
}

export interface LaidOut {
  readonly insns: readonly Insn[];
  /** Where the group of each instruction begins, and behind the last one. */
  readonly startOf: readonly number[];
}

/**
 * Puts groups of instructions in the places of single ones. Whoever jumped to an instruction goes
 * to the start of its group.
 *
 * @param areFunctionsNumbered a call has the number of its function, and the distance beside it
 * @linux kernel/bpf/core.c `bpf_patch_insn_single` (6.18)
 */
export function layOut(groups: readonly PatchedGroup[], areFunctionsNumbered: boolean): LaidOut {
  const retarget = (insn: Insn, distance: number): Insn => {
    const isByImm = isPseudoFunc(insn) || insn.code === JMP32_JA;
    if (isByImm || (isPseudoCall(insn) && !areFunctionsNumbered)) return { ...insn, imm: distance };
    return { ...insn, off: (distance << 16) >> 16 };
  };
  const startOf: number[] = [];
  const bodyOf: number[] = [];
  let place = 0;
  for (const { insns, prologue = [] } of groups) {
    startOf.push(place);
    place += prologue.length;
    bodyOf.push(place);
    place += insns.length;
  }
  startOf.push(place);
  bodyOf.push(place);
  const laidOut: Insn[] = [];
  for (const { insns, prologue = [] } of groups) {
    laidOut.push(...prologue);
    for (const { insn, target } of insns) {
      const isCall = isPseudoCall(insn) || isPseudoFunc(insn);
      const at = target === undefined ? undefined : (isCall ? startOf : bodyOf)[target];
      laidOut.push(at === undefined ? insn : retarget(insn, at - laidOut.length - 1));
    }
  }
  return { insns: laidOut, startOf };
}
