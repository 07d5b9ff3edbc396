import type { Insn } from "../../../../kernel-sim/api.ts";
import type { Dice } from "./dice.ts";

/** The program with a few instructions changed, as a slip of the hand would change them. */
export function mutated(insns: readonly Insn[], dice: Dice, others: readonly Insn[]): Insn[] {
  const result = insns.map((insn) => ({ ...insn }));
  const count = dice.weighted([
    [60, 1],
    [25, 2],
    [15, 4],
  ]);
  for (let i = 0; i < count && result.length > 1; i++) mutateOne(result, dice, others);
  return result;
}

function mutateOne(insns: Insn[], dice: Dice, others: readonly Insn[]): void {
  const at = dice.below(insns.length);
  const insn = insns[at] as Insn;
  switch (dice.below(14)) {
    case 10:
      insns.splice(at, 1);
      break;
    case 11:
      insns.splice(at, 0, { ...(insns[dice.below(insns.length)] as Insn) });
      break;
    case 12:
      if (others.length > 0) insns[at] = { ...(others[dice.below(others.length)] as Insn) };
      break;
    case 13: {
      const other = dice.below(insns.length);
      insns[at] = insns[other] as Insn;
      insns[other] = insn;
      break;
    }
    default:
      insns[at] = { ...insn, ...changedField(insn, dice) };
  }
}

function changedField(insn: Insn, dice: Dice): Partial<Insn> {
  switch (dice.below(10)) {
    case 0:
      return { dstReg: dice.below(dice.percent(95) ? 11 : 16) };
    case 1:
      return { srcReg: dice.below(dice.percent(95) ? 11 : 16) };
    case 2:
    case 3:
      return { imm: dice.imm() };
    case 4:
      return { imm: (insn.imm + dice.pick([-8, -4, -1, 1, 4, 8])) | 0 };
    case 5:
      return { off: clamp(insn.off + dice.pick([-8, -4, -2, -1, 1, 2, 4, 8])) };
    case 6:
      return { off: clamp(dice.imm()) };
    case 7:
      // Another operation of the same class.
      return { code: (insn.code & 0x0f) | (dice.below(16) << 4) };
    case 8:
      // Another class of the same operation: 32 or 64 bits, register or constant.
      return { code: (insn.code & 0xf8) | dice.below(8) };
    default:
      return { code: insn.code ^ dice.pick([0x08, 0x10, 0x18, 0x03, 0x01]) };
  }
}

function clamp(off: number): number {
  return (off << 16) >> 16;
}
