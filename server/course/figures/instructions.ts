import type { Program } from "#kernel-sim";

/** Load of 64 bits: the one instruction that takes two slots. */
const LD_IMM64 = 0x18;

interface Instruction {
  /** Its first slot, the number by which jumps and the log count. */
  readonly slot: number;
  readonly slots: 1 | 2;
  readonly text: string;
}

/** The instructions of `program` with their places. */
export function instructionsOf(program: Program): readonly Instruction[] {
  let slot = 0;
  return program
    .text()
    .trim()
    .split("\n")
    .map((text) => {
      const slots = program.insns[slot]?.code === LD_IMM64 ? 2 : 1;
      const instruction = { slot, slots, text: text.trim() } as const;
      slot += slots;
      return instruction;
    });
}
