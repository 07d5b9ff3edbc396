/**
 * What no path reaches goes away after a program was accepted: branches that are always or never
 * taken become plain jumps, and what lies behind them is cut out.
 */
import type { Insn } from "../../api.ts";
import {
  BPF_CALL,
  BPF_EXIT,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  bpfClass,
  bpfOp,
  isJump,
  isLdImm64,
  isPseudoCall,
  isPseudoFunc,
  jumpOffset,
} from "../isa.ts";
import type { InsnAux } from "./env.ts";

/** An instruction of the rewritten program, with its place in the original one. */
export interface KeptInsn {
  readonly insn: Insn;
  readonly slot: number;
}

const NOP: Insn = Object.freeze({ code: BPF_JMP | BPF_JA, dstReg: 0, srcReg: 0, off: 0, imm: 0 });

/**
 * @param areSpillsInlined the calls of helpers that are inlined destroy no registers: what is spilled
 * around them goes as well
 * @linux kernel/bpf/verifier.c `opt_hard_wire_dead_code_branches`, `opt_remove_dead_code`, `opt_remove_nops` (6.18)
 */
export function removeDeadCode(
  insns: readonly Insn[],
  aux: readonly InsnAux[],
  areSpillsInlined = false,
): KeptInsn[] {
  const isSeen = insns.map((_, slot) => aux[slot]!.isSeen);
  for (let slot = 0; slot < insns.length; slot++) {
    // The second slot of a wide load is never reached by itself.
    if (isLdImm64(insns[slot]!)) isSeen[slot + 1] = isSeen[slot]!;
  }
  const wired = insns.map((insn, slot) =>
    areSpillsInlined && aux[slot]!.isRemoved ? NOP : hardWire(insn, slot, isSeen),
  );
  const seen = keep(
    wired.map((insn, slot) => ({ insn, slot })),
    isSeen,
  );
  return keep(seen, withoutNops(seen));
}

function hardWire(insn: Insn, slot: number, isSeen: readonly boolean[]): Insn {
  if (!isConditionalJump(insn) || isSeen[slot] !== true) return insn;
  if (isSeen[slot + 1] !== true) return { ...NOP, off: insn.off };
  return isSeen[slot + 1 + insn.off] === true ? insn : NOP;
}

function isConditionalJump({ code }: Insn): boolean {
  const op = bpfOp(code);
  if (bpfClass(code) === BPF_JMP32) return op !== BPF_JA;
  return bpfClass(code) === BPF_JMP && op !== BPF_JA && op !== BPF_EXIT && op !== BPF_CALL;
}

function isMayGoto({ code }: Insn): boolean {
  return code === (BPF_JMP | BPF_JCOND);
}

/** Which instructions remain when jumps to the next one go. */
function withoutNops(insns: readonly KeptInsn[]): boolean[] {
  const isKept = insns.map(() => true);
  const isNop = (slot: number): boolean => {
    const { insn } = insns[slot]!;
    if (insn.code !== NOP.code && !isMayGoto(insn)) return false;
    if (insn.off < 0) return false;
    // Whatever lay in between is gone.
    return !isKept.slice(slot + 1, slot + 1 + insn.off).includes(true);
  };
  for (let slot = 0; slot < insns.length; slot++) {
    for (let at = slot; at >= 0 && isKept[at] === true && isNop(at); at--) {
      isKept[at] = false;
      // A guard that jumps over nothing may leave another one in front of it with nothing to do.
      if (!isMayGoto(insns[at]!.insn)) break;
    }
  }
  return isKept;
}

/** Cuts instructions out, and lets jumps and calls reach where they did. */
function keep(insns: readonly KeptInsn[], isKept: readonly boolean[]): KeptInsn[] {
  const placeOf: number[] = [];
  let place = 0;
  for (let slot = 0; slot <= insns.length; slot++) {
    placeOf.push(place);
    if (isKept[slot] === true) place++;
  }
  if (place === insns.length) return [...insns];
  const kept: KeptInsn[] = [];
  for (const [slot, { insn, slot: original }] of insns.entries()) {
    if (isKept[slot] !== true) continue;
    const move = (distance: number) => placeOf[slot + 1 + distance]! - placeOf[slot]! - 1;
    kept.push({ insn: retargeted(insn, move), slot: original });
  }
  return kept;
}

function retargeted(insn: Insn, move: (distance: number) => number): Insn {
  const { code } = insn;
  if (isPseudoCall(insn) || isPseudoFunc(insn)) return { ...insn, imm: move(insn.imm) };
  if (!isJump(code) || bpfOp(code) === BPF_EXIT || bpfOp(code) === BPF_CALL) return insn;
  const distance = move(jumpOffset(insn));
  return code === (BPF_JMP32 | BPF_JA) ? { ...insn, imm: distance } : { ...insn, off: distance };
}
