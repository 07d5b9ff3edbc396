/**
 * From the bytes of one instruction to a slot of the code cache.
 *
 * An operation below 0x300 has a case of its own in the interpreter: the frequent ones, with 32-bit
 * or 8-bit operands. All others, and everything with the operand-size prefix, is 0x400 plus the
 * opcode, or 0x500 plus the opcode behind 0F, and is carried out in `instructions/`.
 *
 * @spec Intel SDM vol. 2, chapter 2
 * @simplified memory operands with 16-bit addresses (prefix 67) answer #UD.
 */
import {
  FLAG_16,
  FLAG_ADDR16,
  FLAG_LOCK,
  FLAG_MEM,
  FLAG_REPE,
  FLAG_REPNE,
  FLAG_SIZE_SHIFT,
  FLAG_WRITE,
  OP_CHECK,
  S_BASE,
  S_DISP,
  S_FLAGS,
  S_IMM,
  S_INDEX,
  S_OP,
  S_PLACE,
  S_REG,
  S_RM,
  S_RUN,
  S_SEG,
} from "./code-cache.ts";
import { fastOperation } from "./fast-operation.ts";
import { accessOf } from "./memory-operand.ts";
import {
  HAS_FAR,
  HAS_IMM8,
  HAS_IMM16,
  HAS_IMMZ,
  HAS_MODRM,
  HAS_MOFFS,
  mayLock,
  NOT_THERE,
  ONE_BYTE,
  TWO_BYTE,
} from "./opcodes.ts";
import { CS, DS, EBP, ES, ESP, FS, GS, SEG_BASE, SS, ZERO } from "./registers.ts";

/** An instruction that is not there: #UD. */
export const OP_UD = 0x50b;
/** An instruction of more than 15 bytes: #GP(0). */
export const OP_TOO_LONG = 0x700;
export const OP_ONE_BYTE = 0x400;
export const OP_TWO_BYTE = 0x500;

const MAX_BYTES = 15;
const NO_SEGMENT = -1;

/** What decoding needs to know of the processor. */
export interface DecodeMode {
  /** ES, CS, SS and DS span 4 GiB and may be read and written: their limits need no look. */
  readonly isFlat: boolean;
  /** Every instruction takes the long way: for comparing both ways. */
  readonly isPlain: boolean;
  /** CALL and RET have a shadow stack to look after. */
  readonly hasShadowStack: boolean;
}

/**
 * Decodes the instruction at `bytes[start]` into the slot at `at` of `code`, and answers its
 * length, or -1 when it does not end before `end`.
 */
export function decodeInstruction(
  mode: DecodeMode,
  bytes: Uint8Array,
  start: number,
  end: number,
  code: Int32Array,
  at: number,
): number {
  const limit = Math.min(end, start + MAX_BYTES);
  const isCut = limit === end && end < start + MAX_BYTES;
  let here = start;
  let flags = 0;
  let segment = NO_SEGMENT;
  let opcode = -1;
  while (here < limit) {
    const byte = bytes[here++]!;
    if (byte === 0x66) flags |= FLAG_16;
    else if (byte === 0x67) flags |= FLAG_ADDR16;
    else if (byte === 0xf0) flags |= FLAG_LOCK;
    else if (byte === 0xf2) flags = (flags & ~FLAG_REPE) | FLAG_REPNE;
    else if (byte === 0xf3) flags = (flags & ~FLAG_REPNE) | FLAG_REPE;
    else if (byte === 0x26) segment = ES;
    else if (byte === 0x2e) segment = CS;
    else if (byte === 0x36) segment = SS;
    else if (byte === 0x3e) segment = DS;
    else if (byte === 0x64) segment = FS;
    else if (byte === 0x65) segment = GS;
    else {
      opcode = byte;
      break;
    }
  }
  if (opcode < 0) return isCut ? -1 : tooLong(code, at, start);

  let form = ONE_BYTE[opcode]!;
  const isTwoByte = opcode === 0x0f;
  if (isTwoByte) {
    if (here >= limit) return isCut ? -1 : tooLong(code, at, start);
    opcode = bytes[here++]!;
    form = TWO_BYTE[opcode]!;
  }
  code[at + S_REG] = opcode & 7;
  code[at + S_RM] = 0;
  code[at + S_BASE] = ZERO;
  code[at + S_INDEX] = ZERO;
  code[at + S_DISP] = 0;
  code[at + S_IMM] = 0;
  code[at + S_SEG] = SEG_BASE + (segment < 0 ? DS : segment);
  if (form === NOT_THERE) return isUd(code, at, start, here - start);

  let reg = 0;
  if ((form & HAS_MODRM) !== 0) {
    if (here >= limit) return isCut ? -1 : tooLong(code, at, start);
    const modrm = bytes[here++]!;
    const modBits = modrm >> 6;
    const rm = modrm & 7;
    reg = (modrm >> 3) & 7;
    code[at + S_REG] = reg;
    code[at + S_RM] = rm;
    // MOV to and from control registers takes a register whatever `mod` says.
    const isRegister = modBits === 3 || (isTwoByte && (opcode & 0xfc) === 0x20);
    if (!isRegister) {
      flags |= FLAG_MEM;
      if ((flags & FLAG_ADDR16) !== 0) return isUd(code, at, start, here - start);
      let base = rm;
      if (rm === ESP) {
        if (here >= limit) return isCut ? -1 : tooLong(code, at, start);
        const sib = bytes[here++]!;
        base = sib & 7;
        const index = (sib >> 3) & 7;
        code[at + S_INDEX] = index === ESP ? ZERO : index | ((sib >> 6) << 4);
      }
      if (modBits === 0 && base === EBP) {
        base = ZERO;
        if (here + 4 > limit) return isCut ? -1 : tooLong(code, at, start);
        code[at + S_DISP] = word(bytes, here);
        here += 4;
      } else if (modBits === 1) {
        if (here >= limit) return isCut ? -1 : tooLong(code, at, start);
        code[at + S_DISP] = (bytes[here++]! << 24) >> 24;
      } else if (modBits === 2) {
        if (here + 4 > limit) return isCut ? -1 : tooLong(code, at, start);
        code[at + S_DISP] = word(bytes, here);
        here += 4;
      }
      code[at + S_BASE] = base;
      if (segment < 0 && (base === ESP || base === EBP)) code[at + S_SEG] = SEG_BASE + SS;
    }
    // TEST alone among the operations of F6 and F7 has an immediate.
    if (!isTwoByte && reg < 2) {
      if (opcode === 0xf6) form |= HAS_IMM8;
      if (opcode === 0xf7) form |= HAS_IMMZ;
    }
  }
  if ((form & HAS_MOFFS) !== 0) {
    if ((flags & FLAG_ADDR16) !== 0) return isUd(code, at, start, here - start);
    if (here + 4 > limit) return isCut ? -1 : tooLong(code, at, start);
    code[at + S_DISP] = word(bytes, here);
    here += 4;
    flags |= FLAG_MEM;
  }
  const is16 = (flags & FLAG_16) !== 0;
  if ((form & HAS_IMMZ) !== 0) {
    if (here + (is16 ? 2 : 4) > limit) return isCut ? -1 : tooLong(code, at, start);
    code[at + S_IMM] = is16
      ? ((bytes[here]! | (bytes[here + 1]! << 8)) << 16) >> 16
      : word(bytes, here);
    here += is16 ? 2 : 4;
  }
  if ((form & (HAS_IMM16 | HAS_FAR)) !== 0) {
    if (here + 2 > limit) return isCut ? -1 : tooLong(code, at, start);
    const value = bytes[here]! | (bytes[here + 1]! << 8);
    // A far pointer's selector goes where the displacement of an operand would be.
    code[at + ((form & HAS_FAR) !== 0 ? S_DISP : S_IMM)] = value;
    here += 2;
  }
  if ((form & HAS_IMM8) !== 0) {
    if (here >= limit) return isCut ? -1 : tooLong(code, at, start);
    const value = (bytes[here++]! << 24) >> 24;
    // ENTER has two immediates.
    code[at + (opcode === 0xc8 && !isTwoByte ? S_DISP : S_IMM)] = value;
  }
  if ((flags & FLAG_LOCK) !== 0) {
    const isAllowed = (flags & FLAG_MEM) !== 0 && mayLock(opcode, reg, isTwoByte);
    if (!isAllowed) return isUd(code, at, start, here - start);
  }

  const length = here - start;
  code[at + S_PLACE] = start | (length << 16);
  const operation = (isTwoByte ? OP_TWO_BYTE : OP_ONE_BYTE) | opcode;
  if ((flags & FLAG_MEM) !== 0) {
    const access = accessOf(operation, reg, flags);
    flags |= (access & 15) << FLAG_SIZE_SHIFT;
    if (access >= 16) flags |= FLAG_WRITE;
  }
  code[at + S_FLAGS] = flags;
  code[at + S_OP] = operation;
  if (!mode.isPlain) fastOperation(code, at, mode.hasShadowStack);
  code[at + S_RUN] = code[at + S_OP]!;
  if ((flags & FLAG_MEM) !== 0 && (flags >> FLAG_SIZE_SHIFT) % 16 !== 0) {
    const used = code[at + S_SEG]! - SEG_BASE;
    if (!mode.isFlat || used >= FS) {
      code[at + S_RUN] = OP_CHECK;
    }
  }
  return length;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function isUd(code: Int32Array, at: number, start: number, length: number): number {
  code[at + S_RUN] = OP_UD;
  code[at + S_OP] = OP_UD;
  code[at + S_FLAGS] = 0;
  code[at + S_PLACE] = start | (length << 16);
  return length;
}

function tooLong(code: Int32Array, at: number, start: number): number {
  code[at + S_RUN] = OP_TOO_LONG;
  code[at + S_OP] = OP_TOO_LONG;
  code[at + S_FLAGS] = 0;
  code[at + S_PLACE] = start | (MAX_BYTES << 16);
  return MAX_BYTES;
}
