import type { Insn } from "../../api.ts";
import { isJump, isPseudoCall, isPseudoFunc, jumpOffset } from "../isa.ts";

/** An instruction that is there now; the one it came from knows where it jumps. */
export interface Patched {
  readonly insn: Insn;
  readonly isJumpOfOriginal: boolean;
}

/** What the kernel has added. */
export function added(...insns: readonly Insn[]): Patched[] {
  return insns.map((insn) => ({ insn, isJumpOfOriginal: false }));
}

/** A jump to where the original goes. */
export function original(insn: Insn): Patched {
  return { insn, isJumpOfOriginal: true };
}

/**
 * Puts groups of instructions in the places of single ones. Whoever jumped to an instruction goes
 * to the start of its group.
 *
 * @linux kernel/bpf/core.c `bpf_patch_insn_single` (6.18)
 */
export function layOut(
  insns: readonly Insn[],
  groups: readonly (readonly Patched[])[],
  prologue: readonly Patched[],
): Insn[] {
  const startOf: number[] = [];
  let place = prologue.length;
  for (const group of groups) {
    startOf.push(place);
    place += group.length;
  }
  startOf.push(place);
  const laidOut = prologue.map(({ insn }) => insn);
  for (const [at, group] of groups.entries()) {
    for (const { insn, isJumpOfOriginal } of group) {
      const from = laidOut.length;
      const distance = (to: number) => startOf[at + 1 + to]! - from - 1;
      laidOut.push(isJumpOfOriginal ? retargeted(insn, insns[at]!, distance) : insn);
    }
  }
  return laidOut;
}

function retargeted(insn: Insn, from: Insn, distance: (to: number) => number): Insn {
  if (isPseudoFunc(from)) return { ...insn, imm: distance(from.imm) };
  // The distance stands where a program has none, beside the number of the function.
  if (isPseudoCall(from)) return { ...insn, off: (distance(from.imm) << 16) >> 16 };
  const { code } = from;
  const isBranch = isJump(code) && (code & 0xf0) !== 0x80 && (code & 0xf0) !== 0x90;
  if (!isBranch) return insn;
  const off = distance(jumpOffset(from));
  return code === 0x06 ? { ...insn, imm: off } : { ...insn, off };
}
