/** How many bytes an instruction's memory operand has, and whether it is written: for limits. */
import { FLAG_16 } from "./code-cache.ts";

const WRITES = 16;

/**
 * The bytes of the operand, plus 16 if it is written; 0 when no memory is touched.
 *
 * @param operation 0x400 plus an opcode of one byte, 0x500 plus one behind 0F.
 * @param reg the middle field of ModRM, which selects within a group.
 */
export function accessOf(operation: number, reg: number, flags: number): number {
  const opcode = operation & 0xff;
  const whole = (flags & FLAG_16) !== 0 ? 2 : 4;
  return operation < 0x500 ? oneByte(opcode, reg, whole) : twoByte(opcode, reg, whole);
}

function oneByte(opcode: number, reg: number, whole: number): number {
  const size = (opcode & 1) === 0 ? 1 : whole;
  if (opcode < 0x40) return size + ((opcode & 2) === 0 && opcode < 0x38 ? WRITES : 0);
  switch (opcode) {
    case 0x62:
      return whole * 2;
    case 0x63:
      return 2 + WRITES;
    case 0x69:
    case 0x6b:
      return whole;
    case 0x80:
    case 0x81:
    case 0x82:
      return size + (reg === 7 ? 0 : WRITES);
    case 0x83:
      return whole + (reg === 7 ? 0 : WRITES);
    case 0x84:
    case 0x85:
    case 0x8a:
    case 0x8b:
    case 0xa0:
    case 0xa1:
      return size;
    case 0x8c:
      return 2 + WRITES;
    case 0x8d:
      return 0;
    case 0x8e:
      return 2;
    case 0x8f:
      return whole + WRITES;
    case 0xa2:
    case 0xa3:
      return size + WRITES;
    case 0xc4:
    case 0xc5:
      return whole + 2;
    case 0xf6:
    case 0xf7:
      return size + (reg === 2 || reg === 3 ? WRITES : 0);
    case 0xff:
      if (reg === 3 || reg === 5) return whole + 2;
      return whole + (reg < 2 ? WRITES : 0);
    case 0xfe:
      return 1 + WRITES;
    default:
      // XCHG, MOV to memory, shifts.
      return size + WRITES;
  }
}

function twoByte(opcode: number, reg: number, whole: number): number {
  switch (opcode) {
    case 0x00:
      return 2 + (reg < 2 ? WRITES : 0);
    case 0x01:
      if (reg === 7) return 0;
      return reg === 5 ? 8 + WRITES : (reg < 4 ? 6 : 2) + (reg === 4 || reg < 2 ? WRITES : 0);
    case 0x02:
    case 0x03:
      return 2;
    case 0x0d:
    case 0xae:
      return 0;
    case 0xb0:
    case 0xc0:
      return 1 + WRITES;
    case 0xb2:
    case 0xb4:
    case 0xb5:
      return whole + 2;
    case 0xb6:
    case 0xbe:
      return 1;
    case 0xb7:
    case 0xbf:
      return 2;
    // With a register, the bit may lie far away: the instruction checks for itself.
    case 0xa3:
    case 0xab:
    case 0xb3:
    case 0xbb:
      return 0;
    case 0xba:
      return whole + (reg === 4 ? 0 : WRITES);
    case 0xa4:
    case 0xa5:
    case 0xac:
    case 0xad:
    case 0xb1:
    case 0xc1:
    case 0xc3:
      return whole + WRITES;
    case 0xc7:
      return 8 + WRITES;
    default:
      if (opcode >= 0x18 && opcode <= 0x1f) return 0;
      return opcode >= 0x90 && opcode <= 0x9f ? 1 + WRITES : whole;
  }
}
