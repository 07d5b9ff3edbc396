/** All instructions that the interpreter has no case of its own for, by operation less 0x400. */
import { FLAG_MEM, S_FLAGS, S_OP, S_SEG } from "./code-cache.ts";
import { ARITHMETIC } from "./instructions/arithmetic.ts";
import { BITS } from "./instructions/bits.ts";
import { CONTROL } from "./instructions/control.ts";
import { DATA_MOVEMENT } from "./instructions/data-movement.ts";
import { MULTIPLY } from "./instructions/multiply.ts";
import { type Instruction, type InstructionRows, undefinedOpcode } from "./instructions/operand.ts";
import { SHADOW_STACK } from "./instructions/shadow-stack-instructions.ts";
import { STRINGS } from "./instructions/strings.ts";
import { SYSTEM } from "./instructions/system.ts";
import { SEG_BASE, SS } from "./registers.ts";

const ALL: readonly InstructionRows[] = [
  ...[ARITHMETIC, MULTIPLY, DATA_MOVEMENT, BITS, STRINGS, CONTROL, SYSTEM, SHADOW_STACK],
];

export const FIRST_OPERATION = 0x400;
const OPERATIONS = 0x400;

export const INSTRUCTIONS: readonly Instruction[] = build();

/** Whether what an instruction touches in memory is reached through SS. */
export function usesStack(c: Int32Array, p: number): boolean {
  if ((c[p + S_FLAGS]! & FLAG_MEM) !== 0) return c[p + S_SEG] === SEG_BASE + SS;
  const operation = c[p + S_OP]!;
  const isString = (operation & 0xff0) === 0x4a0 || (operation & 0xffc) === 0x46c;
  return !isString;
}

function build(): Instruction[] {
  const table: Instruction[] = [];
  for (let i = 0; i < OPERATIONS; i++) table.push(undefinedOpcode);
  for (const rows of ALL) {
    for (const [first, last, instruction] of rows) {
      for (let i = first; i <= last; i++) table[i - FIRST_OPERATION] = instruction;
    }
  }
  return table;
}
