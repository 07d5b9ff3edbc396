/** Jumps, calls and returns, near and far; interrupts that a program asks for. */
import { SHIFT16, SHIFT32 } from "../alu.ts";
import { FLAG_ADDR16, S_DISP, S_FLAGS, S_IMM, S_OP, S_REG } from "../code-cache.ts";
import { type Cpu, ST_EIP } from "../cpu.ts";
import { farCall, farJump, farReturn } from "../far-transfer.ts";
import { condition, getOf, getZf } from "../flags.ts";
import { interruptReturn } from "../interrupt-return.ts";
import {
  CP_NEAR_RET,
  ECX,
  ESP,
  X86_TRAP_BP,
  X86_TRAP_CP,
  X86_TRAP_DB,
  X86_TRAP_OF,
} from "../registers.ts";
import { incDecRm } from "./arithmetic.ts";
import { peek, push } from "./data-movement.ts";
import {
  addressOf,
  type Instruction,
  type InstructionRows,
  is16,
  isMemory,
  JUMPED,
  LOOK_UP,
  NEXT,
  nextEip,
  readMemory,
  readRm,
  undefinedOpcode,
  wholeShift,
} from "./operand.ts";

function jumpTo(cpu: Cpu, c: Int32Array, p: number, eip: number): number {
  cpu.st[ST_EIP] = is16(c, p) ? eip & 0xffff : eip;
  return JUMPED;
}

function jumpBy(cpu: Cpu, c: Int32Array, p: number): number {
  return jumpTo(cpu, c, p, (nextEip(cpu, c, p) + c[p + S_IMM]!) | 0);
}

/** 70 to 7F, 0F 80 to 8F. */
const jcc: Instruction = (cpu, c, p) => {
  return condition(cpu.f, c[p + S_OP]! & 15) ? jumpBy(cpu, c, p) : NEXT;
};

/** E0 to E3: LOOPNE, LOOPE, LOOP, JECXZ; with the address-size prefix they count in CX. */
const loop: Instruction = (cpu, c, p) => {
  const isNarrow = (c[p + S_FLAGS]! & FLAG_ADDR16) !== 0;
  const operation = c[p + S_OP]! & 3;
  const count = isNarrow ? cpu.r16[ECX * 2]! : cpu.r[ECX]!;
  if (operation === 3) return count === 0 ? jumpBy(cpu, c, p) : NEXT;
  if (isNarrow) cpu.r16[ECX * 2] = count - 1;
  else cpu.r[ECX] = count - 1;
  const isLeft = isNarrow ? cpu.r16[ECX * 2] !== 0 : cpu.r[ECX] !== 0;
  const goesOn = operation === 2 || getZf(cpu.f) === (operation === 1);
  return isLeft && goesOn ? jumpBy(cpu, c, p) : NEXT;
};

const jumpRelative: Instruction = (cpu, c, p) => jumpBy(cpu, c, p);

function call(cpu: Cpu, c: Int32Array, p: number, target: number): number {
  const back = nextEip(cpu, c, p);
  const shift = wholeShift(c, p);
  const { shadowStack } = cpu;
  // A call to the next instruction is how position-independent code finds itself: no return.
  const isNoted = shadowStack.isOn(cpu.cpl === 3) && target !== back;
  if (isNoted) {
    const esp = (cpu.r[ESP]! - 4) | 0;
    cpu.memory.checkWrite(esp, 4);
    cpu.memory.writeShadow((shadowStack.ssp - 4) | 0, back, true);
  }
  push(cpu, back, shift);
  if (isNoted) shadowStack.ssp = (shadowStack.ssp - 4) | 0;
  return jumpTo(cpu, c, p, target);
}

const callRelative: Instruction = (cpu, c, p) => {
  return call(cpu, c, p, (nextEip(cpu, c, p) + c[p + S_IMM]!) | 0);
};

/** C2 and C3. */
const ret: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const target = peek(cpu, 0, shift);
  const { shadowStack } = cpu;
  if (shadowStack.isOn(cpu.cpl === 3)) {
    const noted = cpu.memory.readShadow(shadowStack.ssp, true);
    if (noted !== target) return cpu.exception.fault(X86_TRAP_CP, CP_NEAR_RET);
    shadowStack.ssp = (shadowStack.ssp + 4) | 0;
  }
  const released = (c[p + S_OP]! & 1) === 0 ? c[p + S_IMM]! : 0;
  cpu.r[ESP] = cpu.r[ESP]! + ((32 - shift) >> 3) + released;
  return jumpTo(cpu, c, p, target);
};

/** FF. */
const group5: Instruction = (cpu, c, p) => {
  const shift = wholeShift(c, p);
  const reg = c[p + S_REG]!;
  switch (reg) {
    case 0:
    case 1:
      return incDecRm(cpu, c, p);
    case 2:
      return call(cpu, c, p, readRm(cpu, c, p, shift));
    case 4:
      return jumpTo(cpu, c, p, readRm(cpu, c, p, shift));
    case 6:
      push(cpu, readRm(cpu, c, p, shift), shift);
      return NEXT;
    case 3:
    case 5: {
      if (!isMemory(c, p)) return undefinedOpcode(cpu);
      const address = addressOf(cpu, c, p);
      const offset = readMemory(cpu, address, shift);
      const selector = cpu.memory.read16((address + ((32 - shift) >> 3)) | 0);
      if (reg === 3) farCall(cpu, selector, offset, nextEip(cpu, c, p), shift === SHIFT16);
      else farJump(cpu, selector, offset);
      return LOOK_UP;
    }
    default:
      return undefinedOpcode(cpu);
  }
};

/** 9A and EA: the selector lies where a displacement would. */
const farImmediate: Instruction = (cpu, c, p) => {
  const offset = is16(c, p) ? c[p + S_IMM]! & 0xffff : c[p + S_IMM]!;
  const selector = c[p + S_DISP]!;
  if (c[p + S_OP] === 0x49a) farCall(cpu, selector, offset, nextEip(cpu, c, p), is16(c, p));
  else farJump(cpu, selector, offset);
  return LOOK_UP;
};

/** CA and CB. */
const retFar: Instruction = (cpu, c, p) => {
  farReturn(cpu, c[p + S_OP] === 0x4ca ? c[p + S_IMM]! : 0, is16(c, p));
  return LOOK_UP;
};

const int3: Instruction = (cpu) => cpu.exception.software(X86_TRAP_BP);
const intN: Instruction = (cpu, c, p) => cpu.exception.software(c[p + S_IMM]! & 0xff);
const into: Instruction = (cpu) => {
  return getOf(cpu.f) ? cpu.exception.software(X86_TRAP_OF) : NEXT;
};

/** F1: a trap to the debugger that no gate's privilege keeps out. */
const int1: Instruction = (cpu) => {
  cpu.exception.set(X86_TRAP_DB, 0, false, true, false);
  throw cpu.exception;
};

const iret: Instruction = (cpu, c, p) => {
  interruptReturn(cpu, is16(c, p) ? SHIFT16 : SHIFT32);
  return LOOK_UP;
};

export const CONTROL: InstructionRows = [
  [0x470, 0x47f, jcc],
  [0x580, 0x58f, jcc],
  [0x49a, 0x49a, farImmediate],
  [0x4c2, 0x4c3, ret],
  [0x4ca, 0x4cb, retFar],
  [0x4cc, 0x4cc, int3],
  [0x4cd, 0x4cd, intN],
  [0x4ce, 0x4ce, into],
  [0x4cf, 0x4cf, iret],
  [0x4e0, 0x4e3, loop],
  [0x4e8, 0x4e8, callRelative],
  [0x4e9, 0x4e9, jumpRelative],
  [0x4ea, 0x4ea, farImmediate],
  [0x4eb, 0x4eb, jumpRelative],
  [0x4f1, 0x4f1, int1],
  [0x4ff, 0x4ff, group5],
];
