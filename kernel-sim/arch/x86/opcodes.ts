/**
 * What follows an opcode in the instruction: ModRM and immediates, by opcode.
 *
 * @spec Intel SDM vol. 2, appendix A
 */

export const HAS_MODRM = 1;
export const HAS_IMM8 = 2;
/** 4 bytes, or 2 with the operand-size prefix. */
export const HAS_IMMZ = 4;
export const HAS_IMM16 = 8;
/** An address of 4 bytes. */
export const HAS_MOFFS = 16;
/** A selector of 2 bytes behind an offset of IMMZ. */
export const HAS_FAR = 32;
export const NOT_THERE = 64;

/** The opcodes of one byte. */
export const ONE_BYTE: Uint8Array = fill(0, [
  [HAS_MODRM, "00-03 08-0b 10-13 18-1b 20-23 28-2b 30-33 38-3b 62-63 84-8f c4-c5 d0-d3 d8-df"],
  [HAS_MODRM, "f6-f7 fe-ff"],
  [HAS_IMM8, "04 0c 14 1c 24 2c 34 3c 6a 70-7f a8 b0-b7 cd d4-d5 e0-e7 eb"],
  [HAS_IMMZ, "05 0d 15 1d 25 2d 35 3d 68 a9 b8-bf e8-e9"],
  [HAS_MODRM | HAS_IMM8, "6b 80 82-83 c0-c1 c6"],
  [HAS_MODRM | HAS_IMMZ, "69 81 c7"],
  [HAS_IMM16, "c2 ca"],
  [HAS_IMM16 | HAS_IMM8, "c8"],
  [HAS_MOFFS, "a0-a3"],
  [HAS_IMMZ | HAS_FAR, "9a ea"],
  [NOT_THERE, "0f d6"],
]);

/** Those behind 0F. */
export const TWO_BYTE: Uint8Array = fill(NOT_THERE, [
  [0, "05-06 08-09 0b 30-35 77 a0-a2 a8-aa c8-cf ff"],
  [HAS_MODRM, "00-03 0d 18-23 40-4f 90-9f a3 a5 ab ad-b9 bb-c1 c3 c7"],
  [HAS_MODRM | HAS_IMM8, "a4 ac ba"],
  [HAS_IMMZ, "80-8f"],
  // SYSCALL, RDPMC, EMMS, RSM: not on this processor.
  [NOT_THERE, "05 33 77 aa"],
]);

/** Opcodes that may carry LOCK, when they write memory: one byte, then those behind 0F. */
export function mayLock(opcode: number, reg: number, isTwoByte: boolean): boolean {
  if (isTwoByte) {
    if (opcode === 0xba) return reg >= 5;
    if (opcode === 0xc7) return reg === 1;
    return [0xab, 0xb3, 0xbb, 0xb0, 0xb1, 0xc0, 0xc1].includes(opcode);
  }
  if (opcode < 0x38) return (opcode & 7) < 2;
  if (opcode >= 0x80 && opcode <= 0x83) return reg !== 7;
  if (opcode === 0xf6 || opcode === 0xf7) return reg === 2 || reg === 3;
  if (opcode === 0xfe || opcode === 0xff) return reg < 2;
  return opcode === 0x86 || opcode === 0x87;
}

function fill(rest: number, rows: readonly (readonly [number, string])[]): Uint8Array {
  const table = new Uint8Array(256).fill(rest);
  for (const [form, ranges] of rows) {
    for (const range of ranges.split(" ")) {
      const [first, last] = range.split("-");
      table.fill(form, Number.parseInt(first!, 16), Number.parseInt(last ?? first!, 16) + 1);
    }
  }
  return table;
}
