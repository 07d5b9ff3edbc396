/** MOV and its relatives, PUSH and POP. */
import { SHIFT8, SHIFT16, SHIFT32 } from "../alu.ts";
import { S_DISP, S_IMM, S_OP, S_REG, S_RM, S_SEG } from "../code-cache.ts";
import type { Cpu } from "../cpu.ts";
import { condition, F_EFLAGS, materialize } from "../flags.ts";
import {
  CS,
  EAX,
  EBP,
  EBX,
  ESP,
  FS,
  GS,
  SEG_BASE,
  SS,
  X86_EFLAGS_AC,
  X86_EFLAGS_FIXED,
  X86_EFLAGS_ID,
  X86_EFLAGS_IF,
  X86_EFLAGS_IOPL,
  X86_EFLAGS_NT,
  X86_EFLAGS_RF,
  X86_EFLAGS_VM,
  X86_TRAP_BR,
} from "../registers.ts";
import { loadSegment } from "../segment-load.ts";
import {
  addressOf,
  type Instruction,
  type InstructionRows,
  is16,
  isMemory,
  lookUp,
  NEXT,
  offsetOf,
  readMemory,
  readRegister,
  readRm,
  shiftOf,
  undefinedOpcode,
  wholeShift,
  writeMemory,
  writeRegister,
  writeRm,
} from "./operand.ts";

/** Stores a word or half a word below the stack pointer, which moves once the store is done. */
export function push(cpu: Cpu, value: number, shift: number): void {
  const esp = (cpu.r[ESP]! - ((32 - shift) >> 3)) | 0;
  writeMemory(cpu, (esp + cpu.r[SEG_BASE + SS]!) | 0, shift, value);
  cpu.r[ESP] = esp;
}

/** The word at `offset` bytes above the stack pointer, which does not move. */
export function peek(cpu: Cpu, offset: number, shift: number): number {
  return readMemory(cpu, (cpu.r[ESP]! + offset + cpu.r[SEG_BASE + SS]!) | 0, shift);
}

function pop(cpu: Cpu, shift: number): number {
  const value = peek(cpu, 0, shift);
  cpu.r[ESP] = cpu.r[ESP]! + ((32 - shift) >> 3);
  return value;
}

const movOperands: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]! & 0xff;
  const shift = shiftOf(c, p);
  const reg = c[p + S_REG]!;
  if ((opcode & 2) === 0) writeRm(cpu, c, p, shift, readRegister(cpu, reg, shift));
  else writeRegister(cpu, reg, shift, readRm(cpu, c, p, shift));
  return NEXT;
};

const movOffset: Instruction = (cpu, c, p) => {
  const shift = shiftOf(c, p);
  const address = addressOf(cpu, c, p);
  if ((c[p + S_OP]! & 2) === 0) writeRegister(cpu, EAX, shift, readMemory(cpu, address, shift));
  else writeMemory(cpu, address, shift, readRegister(cpu, EAX, shift));
  return NEXT;
};

const movImmediate: Instruction = (cpu, c, p) => {
  const shift = (c[p + S_OP]! & 8) === 0 ? SHIFT8 : wholeShift(c, p);
  writeRegister(cpu, c[p + S_REG]!, shift, c[p + S_IMM]!);
  return NEXT;
};

const movImmediateRm: Instruction = (cpu, c, p) => {
  if (c[p + S_REG] !== 0) return undefinedOpcode(cpu);
  writeRm(cpu, c, p, shiftOf(c, p), c[p + S_IMM]!);
  return NEXT;
};

const lea: Instruction = (cpu, c, p) => {
  if (!isMemory(c, p)) return undefinedOpcode(cpu);
  writeRegister(cpu, c[p + S_REG]!, wholeShift(c, p), offsetOf(cpu, c, p));
  return NEXT;
};

/** 0F B6, B7, BE, BF. */
const movExtend: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]!;
  const from = (opcode & 1) === 0 ? SHIFT8 : SHIFT16;
  const value = readRm(cpu, c, p, from);
  const extended = (opcode & 8) === 0 ? value : (value << from) >> from;
  writeRegister(cpu, c[p + S_REG]!, wholeShift(c, p), extended);
  return NEXT;
};

const cmov: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  // The operand is read, and may fault, whether or not it is used.
  const value = readRm(cpu, c, p, shift);
  if (condition(cpu.f, c[p + S_OP]! & 15)) writeRegister(cpu, c[p + S_REG]!, shift, value);
  return NEXT;
};

const setcc: Instruction = (cpu, c, p) => {
  writeRm(cpu, c, p, SHIFT8, condition(cpu.f, c[p + S_OP]! & 15) ? 1 : 0);
  return NEXT;
};

/** 0F C3. */
const movnti: Instruction = (cpu, c, p) => {
  if (!isMemory(c, p) || is16(c, p)) return undefinedOpcode(cpu);
  writeRm(cpu, c, p, SHIFT32, cpu.r[c[p + S_REG]!]!);
  return NEXT;
};

/** 8C: into a register with 32 bits the selector is zero-extended. */
const movFromSegment: Instruction = (cpu, c, p) => {
  const reg = c[p + S_REG]!;
  if (reg > GS) return undefinedOpcode(cpu);
  const { selector } = cpu.segments[reg]!;
  if (isMemory(c, p)) cpu.memory.write16(addressOf(cpu, c, p), selector);
  else writeRegister(cpu, c[p + S_RM]!, wholeShift(c, p), selector);
  return NEXT;
};

const movToSegment: Instruction = (cpu, c, p) => {
  const reg = c[p + S_REG]!;
  if (reg > GS || reg === CS) return undefinedOpcode(cpu);
  loadSegment(cpu, reg, readRm(cpu, c, p, SHIFT16) & 0xffff);
  if (reg === SS) cpu.inShadow = true;
  return lookUp(cpu, c, p);
};

/** C4, C5, 0F B2, B4, B5: a far pointer into a segment and a general register. */
const loadFarPointer: Instruction = (cpu, c, p) => {
  if (!isMemory(c, p)) return undefinedOpcode(cpu);
  const shift = wholeShift(c, p);
  const address = addressOf(cpu, c, p);
  const offset = readMemory(cpu, address, shift);
  const selector = cpu.memory.read16((address + ((32 - shift) >> 3)) | 0);
  const opcode = c[p + S_OP]!;
  const segment = opcode === 0x4c4 ? 0 : opcode === 0x4c5 ? 3 : opcode === 0x5b2 ? SS : opcode & 7;
  loadSegment(cpu, segment, selector);
  writeRegister(cpu, c[p + S_REG]!, shift, offset);
  return lookUp(cpu, c, p);
};

const pushRegister: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  push(cpu, readRegister(cpu, c[p + S_REG]!, shift), shift);
  return NEXT;
};

const popRegister: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  writeRegister(cpu, c[p + S_REG]!, shift, pop(cpu, shift));
  return NEXT;
};

const pushImmediate: Instruction = (cpu, c, p) => {
  push(cpu, c[p + S_IMM]!, wholeShift(c, p));
  return NEXT;
};

/** 8F /0: an address with ESP in it counts from behind the pop. */
const popRm: Instruction = (cpu, c, p) => {
  if (c[p + S_REG] !== 0) return undefinedOpcode(cpu);
  const shift = wholeShift(c, p);
  const value = peek(cpu, 0, shift);
  const esp = cpu.r[ESP]!;
  cpu.r[ESP] = esp + ((32 - shift) >> 3);
  if (isMemory(c, p)) {
    const address = addressOf(cpu, c, p);
    // If the store faults, nothing has happened.
    cpu.r[ESP] = esp;
    writeMemory(cpu, address, shift, value);
    cpu.r[ESP] = esp + ((32 - shift) >> 3);
  } else {
    writeRegister(cpu, c[p + S_RM]!, shift, value);
  }
  return NEXT;
};

const SEGMENT_OF: Readonly<Record<number, number>> = { 1030: 0, 1038: CS, 1046: SS, 1054: 3 };

/** 06, 0E, 16, 1E, 0F A0, 0F A8. Two of four bytes are written, the others stay as they were. */
const pushSegment: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]!;
  const segment = SEGMENT_OF[opcode] ?? (opcode === 0x5a0 ? FS : GS);
  const bytes = is16(c, p) ? 2 : 4;
  const esp = (cpu.r[ESP]! - bytes) | 0;
  cpu.memory.write16((esp + cpu.r[SEG_BASE + SS]!) | 0, cpu.segments[segment]!.selector);
  cpu.r[ESP] = esp;
  return NEXT;
};

const popSegment: Instruction = (cpu, c, p) => {
  const opcode = c[p + S_OP]!;
  const segment = SEGMENT_OF[opcode - 1] ?? (opcode === 0x5a1 ? FS : GS);
  loadSegment(cpu, segment, peek(cpu, 0, SHIFT16));
  cpu.r[ESP] = cpu.r[ESP]! + (is16(c, p) ? 2 : 4);
  if (segment === SS) cpu.inShadow = true;
  return lookUp(cpu, c, p);
};

/** 60 and 61. */
const pushAll: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const bytes = (32 - shift) >> 3;
  const esp = cpu.r[ESP]!;
  const base = cpu.r[SEG_BASE + SS]!;
  for (let i = 0; i < 8; i++) {
    writeMemory(cpu, (esp - (i + 1) * bytes + base) | 0, shift, readRegister(cpu, i, shift));
  }
  cpu.r[ESP] = esp - 8 * bytes;
  return NEXT;
};

const popAll: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const bytes = (32 - shift) >> 3;
  const esp = cpu.r[ESP]!;
  // All are read before the first is written: a fault leaves everything as it was.
  const values = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => peek(cpu, i * bytes, shift));
  for (let i = 0; i < 8; i++) if (i !== ESP) writeRegister(cpu, i, shift, values[7 - i]!);
  cpu.r[ESP] = esp + 8 * bytes;
  return NEXT;
};

const pushf: Instruction = (cpu, c, p) => {
  const flags = materialize(cpu.f) & ~(X86_EFLAGS_RF | X86_EFLAGS_VM);
  push(cpu, flags, wholeShift(c, p));
  return NEXT;
};

/** Flags that POPF and IRET may change at a privilege level; CPL counts for IOPL and IF. */
export function changeableFlags(cpu: Cpu, isNarrow: boolean): number {
  const iopl = (cpu.f[F_EFLAGS]! & X86_EFLAGS_IOPL) >> 12;
  let mask = 0xdd5 & ~X86_EFLAGS_IF;
  mask |= X86_EFLAGS_NT;
  if (!isNarrow) mask |= X86_EFLAGS_AC | X86_EFLAGS_ID;
  if (cpu.cpl <= iopl) mask |= X86_EFLAGS_IF;
  if (cpu.cpl === 0) mask |= X86_EFLAGS_IOPL;
  return mask;
}

const popf: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const value = pop(cpu, shift);
  const mask = changeableFlags(cpu, shift === SHIFT16);
  const kept = materialize(cpu.f) & ~mask & ~X86_EFLAGS_RF;
  cpu.f[F_EFLAGS] = kept | (value & mask) | X86_EFLAGS_FIXED;
  cpu.updateMode();
  return lookUp(cpu, c, p);
};

const enter: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const bytes = (32 - shift) >> 3;
  const size = c[p + S_IMM]!;
  const level = c[p + S_DISP]! & 31;
  const base = cpu.r[SEG_BASE + SS]!;
  let esp = (cpu.r[ESP]! - bytes) | 0;
  writeMemory(cpu, (esp + base) | 0, shift, readRegister(cpu, EBP, shift));
  const frame = esp;
  let ebp = cpu.r[EBP]!;
  for (let i = 1; i < level; i++) {
    ebp = (ebp - bytes) | 0;
    esp = (esp - bytes) | 0;
    writeMemory(cpu, (esp + base) | 0, shift, readMemory(cpu, (ebp + base) | 0, shift));
  }
  if (level > 0) {
    esp = (esp - bytes) | 0;
    writeMemory(cpu, (esp + base) | 0, shift, frame);
  }
  esp = (esp - size) | 0;
  // The new top must be writable: a stack overflow is reported here.
  cpu.memory.checkWrite((esp + base) | 0, bytes);
  writeRegister(cpu, EBP, shift, frame);
  cpu.r[ESP] = esp;
  return NEXT;
};

const leave: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const frame = cpu.r[EBP]!;
  const value = readMemory(cpu, (frame + cpu.r[SEG_BASE + SS]!) | 0, shift);
  cpu.r[ESP] = frame + ((32 - shift) >> 3);
  writeRegister(cpu, EBP, shift, value);
  return NEXT;
};

/** D7: XLAT. */
const xlat: Instruction = (cpu, c, p) => {
  const address = (cpu.r[EBX]! + cpu.r8[0]! + cpu.r[c[p + S_SEG]!]!) | 0;
  cpu.r8[0] = cpu.memory.read8(address);
  return NEXT;
};

/** 62: BOUND. */
const bound: Instruction = (cpu, c, p) => {
  if (!isMemory(c, p)) return undefinedOpcode(cpu);
  const shift = wholeShift(c, p);
  const address = addressOf(cpu, c, p);
  const extend = (value: number): number => (value << shift) >> shift;
  const index = extend(readRegister(cpu, c[p + S_REG]!, shift));
  const low = extend(readMemory(cpu, address, shift));
  const high = extend(readMemory(cpu, (address + ((32 - shift) >> 3)) | 0, shift));
  if (index < low || index > high) return cpu.exception.faultPlain(X86_TRAP_BR);
  return NEXT;
};

const nop: Instruction = () => NEXT;

export const DATA_MOVEMENT: InstructionRows = [
  [0x406, 0x406, pushSegment],
  [0x40e, 0x40e, pushSegment],
  [0x416, 0x416, pushSegment],
  [0x41e, 0x41e, pushSegment],
  [0x5a0, 0x5a0, pushSegment],
  [0x5a8, 0x5a8, pushSegment],
  [0x407, 0x407, popSegment],
  [0x417, 0x417, popSegment],
  [0x41f, 0x41f, popSegment],
  [0x5a1, 0x5a1, popSegment],
  [0x5a9, 0x5a9, popSegment],
  [0x450, 0x457, pushRegister],
  [0x458, 0x45f, popRegister],
  [0x460, 0x460, pushAll],
  [0x461, 0x461, popAll],
  [0x462, 0x462, bound],
  [0x468, 0x468, pushImmediate],
  [0x46a, 0x46a, pushImmediate],
  [0x488, 0x48b, movOperands],
  [0x48c, 0x48c, movFromSegment],
  [0x48d, 0x48d, lea],
  [0x48e, 0x48e, movToSegment],
  [0x48f, 0x48f, popRm],
  [0x49b, 0x49b, nop],
  [0x49c, 0x49c, pushf],
  [0x49d, 0x49d, popf],
  [0x4a0, 0x4a3, movOffset],
  [0x4b0, 0x4bf, movImmediate],
  [0x4c4, 0x4c5, loadFarPointer],
  [0x4c6, 0x4c7, movImmediateRm],
  [0x4c8, 0x4c8, enter],
  [0x4c9, 0x4c9, leave],
  [0x4d7, 0x4d7, xlat],
  [0x50d, 0x50d, nop],
  [0x518, 0x51f, nop],
  [0x540, 0x54f, cmov],
  [0x590, 0x59f, setcc],
  [0x5b2, 0x5b2, loadFarPointer],
  [0x5b4, 0x5b5, loadFarPointer],
  [0x5b6, 0x5b7, movExtend],
  [0x5be, 0x5bf, movExtend],
  [0x5c3, 0x5c3, movnti],
];
