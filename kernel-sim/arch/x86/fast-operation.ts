/**
 * Which decoded instructions have a case of their own in the interpreter, and under which number.
 *
 * Below 0x100 operands are registers, from 0x100 on one of them is in memory, from 0x200 on come
 * the opcodes behind 0F and those that share an opcode with others. Operands are put where the
 * case looks for them: a destination register in `S_REG`, a source register in `S_RM`, 8-bit
 * registers as byte indexes, a jump's target as an offset in the page.
 */
import {
  FLAG_16,
  FLAG_ADDR16,
  FLAG_MEM,
  S_FLAGS,
  S_IMM,
  S_OP,
  S_PLACE,
  S_REG,
  S_RM,
} from "./code-cache.ts";
import { byteIndex, EAX } from "./registers.ts";

/** Replaces the operation of the slot at `at` when there is a fast one. */
export function fastOperation(code: Int32Array, at: number, hasShadowStack: boolean): void {
  const operation = code[at + S_OP]!;
  const flags = code[at + S_FLAGS]!;
  if ((flags & (FLAG_16 | FLAG_ADDR16)) !== 0) return;
  const isMemory = (flags & FLAG_MEM) !== 0;
  const opcode = operation & 0xff;
  const fast =
    operation < 0x500
      ? oneByte(code, at, opcode, isMemory, hasShadowStack)
      : twoByte(code, at, opcode, isMemory);
  if (fast >= 0) code[at + S_OP] = fast;
}

function oneByte(
  code: Int32Array,
  at: number,
  opcode: number,
  isMemory: boolean,
  hasShadowStack: boolean,
): number {
  if (opcode < 0x40) return arithmetic(code, at, opcode, isMemory);
  const reg = code[at + S_REG]!;
  switch (opcode >> 3) {
    case 0x8:
    case 0x9:
      // INC and DEC; PUSH and POP.
      return opcode & 0xf8;
    case 0xa:
    case 0xb:
      return opcode & 0xf8;
    case 0xe:
    case 0xf:
      toTarget(code, at);
      return opcode;
    case 0x16:
      code[at + S_REG] = byteIndex(reg);
      return 0xb0;
    case 0x17:
      return 0xb8;
  }
  switch (opcode) {
    case 0x68:
    case 0x6a:
      return 0x68;
    case 0x69:
    case 0x6b:
      return isMemory ? 0x169 : 0x69;
    case 0x80:
    case 0x82:
      if (!isMemory) code[at + S_REG] = byteIndex(code[at + S_RM]!);
      else code[at + S_RM] = reg;
      return 0x04 + reg * 8 + (isMemory ? 0x100 : 0);
    case 0x81:
    case 0x83:
      if (!isMemory) code[at + S_REG] = code[at + S_RM]!;
      return 0x05 + reg * 8 + (isMemory ? 0x100 : 0);
    case 0x84:
    case 0x88:
      return bytes(code, at, opcode, isMemory);
    case 0x8a:
      if (!isMemory) swap(code, at);
      return bytes(code, at, isMemory ? 0x8a : 0x88, isMemory);
    case 0x85:
    case 0x89:
      if (!isMemory) swap(code, at);
      return isMemory ? opcode | 0x100 : opcode;
    case 0x8b:
      return isMemory ? 0x18b : 0x89;
    case 0x87:
      return isMemory ? -1 : 0x87;
    case 0x8d:
      return isMemory ? 0x18d : -1;
    case 0x90:
    case 0x98:
    case 0x99:
      return opcode;
    case 0xa0:
    case 0xa2:
      code[at + S_REG] = byteIndex(EAX);
      return opcode === 0xa0 ? 0x18a : 0x188;
    case 0xa1:
    case 0xa3:
      code[at + S_REG] = EAX;
      return opcode === 0xa1 ? 0x18b : 0x189;
    case 0xa8:
      code[at + S_REG] = byteIndex(EAX);
      return 0xa8;
    case 0xa9:
      code[at + S_REG] = EAX;
      return 0xa9;
    case 0xc1:
    case 0xd1:
      if (isMemory || reg < 4) return -1;
      if (opcode === 0xd1) code[at + S_IMM] = 1;
      code[at + S_REG] = code[at + S_RM]!;
      return 0x244 + (reg === 6 ? 0 : reg - 4);
    case 0xd3:
      if (isMemory || reg < 4) return -1;
      code[at + S_REG] = code[at + S_RM]!;
      return 0x24c + (reg === 6 ? 0 : reg - 4);
    case 0xc6:
    case 0xc7:
      if (reg !== 0) return -1;
      if (isMemory) return opcode | 0x100;
      code[at + S_REG] = opcode === 0xc6 ? byteIndex(code[at + S_RM]!) : code[at + S_RM]!;
      return opcode === 0xc6 ? 0xb0 : 0xb8;
    case 0xc2:
    case 0xc3:
      return hasShadowStack ? -1 : opcode;
    case 0xc9:
      return 0xc9;
    case 0xe3:
      toTarget(code, at);
      return 0xe3;
    case 0xe8:
      if (hasShadowStack) return -1;
      toTarget(code, at);
      return 0xe8;
    case 0xe9:
    case 0xeb:
      toTarget(code, at);
      return 0xe9;
    case 0xf6:
      if (reg > 1) return -1;
      if (!isMemory) code[at + S_REG] = byteIndex(code[at + S_RM]!);
      return isMemory ? 0x1a8 : 0xa8;
    case 0xf7:
      if (reg < 2) {
        if (!isMemory) code[at + S_REG] = code[at + S_RM]!;
        return isMemory ? 0x1a9 : 0xa9;
      }
      if (isMemory || reg > 3) return -1;
      code[at + S_REG] = code[at + S_RM]!;
      return 0x240 + reg;
    case 0xff:
      return group5(code, at, reg, isMemory, hasShadowStack);
    default:
      return -1;
  }
}

/** ADD to CMP, in the order of their opcodes. */
function arithmetic(code: Int32Array, at: number, opcode: number, isMemory: boolean): number {
  const operation = opcode & 0x38;
  switch (opcode & 7) {
    case 0:
      return bytes(code, at, operation, isMemory);
    case 1:
      if (!isMemory) swap(code, at);
      return isMemory ? operation + 0x101 : operation + 1;
    case 2:
      if (!isMemory) swap(code, at);
      return bytes(code, at, isMemory ? operation + 2 : operation, isMemory);
    case 3:
      return isMemory ? operation + 0x103 : operation + 1;
    case 4:
      code[at + S_REG] = byteIndex(EAX);
      return operation + 4;
    case 5:
      code[at + S_REG] = EAX;
      return operation + 5;
    default:
      return -1;
  }
}

/** With 8-bit registers; without memory, ModRM's `rm` is the destination. */
function bytes(code: Int32Array, at: number, opcode: number, isMemory: boolean): number {
  if (isMemory) {
    code[at + S_REG] = byteIndex(code[at + S_REG]!);
    return opcode | 0x100;
  }
  const source = byteIndex(code[at + S_REG]!);
  code[at + S_REG] = byteIndex(code[at + S_RM]!);
  code[at + S_RM] = source;
  return opcode;
}

function group5(
  code: Int32Array,
  at: number,
  reg: number,
  isMemory: boolean,
  hasShadowStack: boolean,
): number {
  switch (reg) {
    case 0:
    case 1:
      if (!isMemory) code[at + S_REG] = code[at + S_RM]!;
      return (isMemory ? 0x140 : 0x40) + reg * 8;
    case 2:
      if (hasShadowStack) return -1;
      return isMemory ? 0x2f3 : 0x2f2;
    case 4:
      return isMemory ? 0x2f5 : 0x2f4;
    case 6:
      if (isMemory) return 0x168;
      code[at + S_REG] = code[at + S_RM]!;
      return 0x50;
    default:
      return -1;
  }
}

function twoByte(code: Int32Array, at: number, opcode: number, isMemory: boolean): number {
  switch (opcode >> 4) {
    case 0x4:
      code[at + S_IMM] = opcode & 15;
      return isMemory ? 0x241 : 0x240;
    case 0x8:
      toTarget(code, at);
      return opcode - 0x10;
    case 0x9:
      if (isMemory) return -1;
      code[at + S_REG] = byteIndex(code[at + S_RM]!);
      code[at + S_IMM] = opcode & 15;
      return 0x290;
  }
  switch (opcode) {
    case 0xaf:
      return isMemory ? 0x26f : 0x2af;
    case 0xb6:
    case 0xbe:
      if (isMemory) return opcode === 0xb6 ? 0x236 : 0x23e;
      code[at + S_RM] = byteIndex(code[at + S_RM]!);
      return opcode | 0x200;
    case 0xb7:
    case 0xbf:
      if (isMemory) return opcode === 0xb7 ? 0x237 : 0x23f;
      return opcode | 0x200;
    default:
      return -1;
  }
}

function swap(code: Int32Array, at: number): void {
  const reg = code[at + S_REG]!;
  code[at + S_REG] = code[at + S_RM]!;
  code[at + S_RM] = reg;
}

/** A jump's distance becomes the target's offset in the page. */
function toTarget(code: Int32Array, at: number): void {
  const place = code[at + S_PLACE]!;
  code[at + S_IMM] = (code[at + S_IMM]! + (place & 0xffff) + (place >> 16)) | 0;
}
