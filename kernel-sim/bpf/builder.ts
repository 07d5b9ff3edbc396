import type { Insn, InsnBuilders, InsnSize } from "../api.ts";

const SIZE_BITS: Readonly<Record<InsnSize, number>> = { W: 0x00, H: 0x08, B: 0x10, DW: 0x18 };

/** The operation's bits and, for the signed ones, the value of `off`. */
const ALU_OPERATIONS: Readonly<Record<string, readonly [bits: number, off: number]>> = {
  "+": [0x00, 0],
  "-": [0x10, 0],
  "*": [0x20, 0],
  "/": [0x30, 0],
  "s/": [0x30, 1],
  "|": [0x40, 0],
  "&": [0x50, 0],
  "<<": [0x60, 0],
  ">>": [0x70, 0],
  "%": [0x90, 0],
  "s%": [0x90, 1],
  "^": [0xa0, 0],
  "=": [0xb0, 0],
  "s>>": [0xc0, 0],
};

const JUMP_CONDITIONS: Readonly<Record<string, number>> = {
  "==": 0x10,
  ">": 0x20,
  ">=": 0x30,
  "&": 0x40,
  "!=": 0x50,
  "s>": 0x60,
  "s>=": 0x70,
  "<": 0xa0,
  "<=": 0xb0,
  "s<": 0xc0,
  "s<=": 0xd0,
};

const ATOMIC_OPERATIONS: Readonly<Record<string, number>> = {
  "+": 0x00,
  "|": 0x40,
  "&": 0x50,
  "^": 0xa0,
  fetch_add: 0x01,
  fetch_or: 0x41,
  fetch_and: 0x51,
  fetch_xor: 0xa1,
  xchg: 0xe1,
  cmpxchg: 0xf1,
  load_acquire: 0x100,
  store_release: 0x110,
};

const ALU32 = 0x04;
const ALU64 = 0x07;
const JMP = 0x05;
const JMP32 = 0x06;
const X = 0x08;

function insn(code: number, dstReg: number, srcReg: number, off: number, imm: number): Insn {
  inRange("dst register", dstReg, 0, 15);
  inRange("src register", srcReg, 0, 15);
  inRange("offset", off, -0x8000, 0x7fff);
  inRange("immediate", imm, -0x8000_0000, 0xffff_ffff);
  return Object.freeze({ code, dstReg, srcReg, off, imm: imm | 0 });
}

function inRange(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${what} ${value} is not a whole number from ${min} to ${max}`);
}

function chosen<T>(table: Readonly<Record<string, T>>, what: string, name: string): T {
  if (Object.hasOwn(table, name)) return table[name]!;
  const names = Object.keys(table).join(" ");
  throw new RangeError(`there is no ${what} "${name}"; there are: ${names}`);
}

function alu(width: number, operation: string, source: number) {
  const [bits, off] = chosen(ALU_OPERATIONS, "operation", operation);
  return { code: width | bits | source, off };
}

function jump(width: number, condition: string, source: number): number {
  return width | chosen(JUMP_CONDITIONS, "condition", condition) | source;
}

function sizeBits(size: InsnSize): number {
  return chosen(SIZE_BITS, "size", size);
}

function wide(dst: number, src: number, low: number, high: number): readonly Insn[] {
  return Object.freeze([insn(0x18, dst, src, 0, low), insn(0, 0, 0, 0, high)]);
}

/**
 * Builders of single instructions.
 *
 * @linux include/linux/filter.h (6.18)
 */
export const insnBuilders: InsnBuilders = Object.freeze({
  alu64Reg(operation: string, dst: number, src: number): Insn {
    const { code, off } = alu(ALU64, operation, X);
    return insn(code, dst, src, off, 0);
  },
  alu64Imm(operation: string, dst: number, imm: number): Insn {
    const { code, off } = alu(ALU64, operation, 0);
    return insn(code, dst, 0, off, imm);
  },
  alu32Reg(operation: string, dst: number, src: number): Insn {
    const { code, off } = alu(ALU32, operation, X);
    return insn(code, dst, src, off, 0);
  },
  alu32Imm(operation: string, dst: number, imm: number): Insn {
    const { code, off } = alu(ALU32, operation, 0);
    return insn(code, dst, 0, off, imm);
  },
  neg64: (dst: number): Insn => insn(0x87, dst, 0, 0, 0),
  neg32: (dst: number): Insn => insn(0x84, dst, 0, 0, 0),
  mov64Reg: (dst: number, src: number): Insn => insn(0xbf, dst, src, 0, 0),
  mov64Imm: (dst: number, imm: number): Insn => insn(0xb7, dst, 0, 0, imm),
  mov32Reg: (dst: number, src: number): Insn => insn(0xbc, dst, src, 0, 0),
  mov32Imm: (dst: number, imm: number): Insn => insn(0xb4, dst, 0, 0, imm),
  movsx64Reg: (dst: number, src: number, bits: number): Insn => insn(0xbf, dst, src, bits, 0),
  addrSpaceCast: (dst: number, src: number, to: number, from: number): Insn =>
    insn(0xbf, dst, src, 1, (to << 16) | from),
  movsx32Reg: (dst: number, src: number, bits: number): Insn => insn(0xbc, dst, src, bits, 0),
  toBe: (dst: number, bits: number): Insn => insn(0xdc, dst, 0, 0, bits),
  toLe: (dst: number, bits: number): Insn => insn(0xd4, dst, 0, 0, bits),
  bswap: (dst: number, bits: number): Insn => insn(0xd7, dst, 0, 0, bits),
  ldImm64(dst: number, value: number | bigint): readonly Insn[] {
    const bits = BigInt.asUintN(64, BigInt(value));
    return wide(dst, 0, Number(bits & 0xffff_ffffn), Number(bits >> 32n));
  },
  ldMapFd: (dst: number, map: number): readonly Insn[] => wide(dst, 1, map, 0),
  ldMapValue: (dst: number, map: number, off: number): readonly Insn[] => wide(dst, 2, map, off),
  ldFunc: (dst: number, distance: number): readonly Insn[] => wide(dst, 4, distance, 0),
  ldAbs: (size: InsnSize, imm: number): Insn => insn(0x20 | sizeBits(size), 0, 0, 0, imm),
  ldInd: (size: InsnSize, src: number, imm: number): Insn =>
    insn(0x40 | sizeBits(size), 0, src, 0, imm),
  ldxMem: (size: InsnSize, dst: number, src: number, off: number): Insn =>
    insn(0x61 | sizeBits(size), dst, src, off, 0),
  ldxMemsx: (size: InsnSize, dst: number, src: number, off: number): Insn =>
    insn(0x81 | sizeBits(size), dst, src, off, 0),
  stxMem: (size: InsnSize, dst: number, src: number, off: number): Insn =>
    insn(0x63 | sizeBits(size), dst, src, off, 0),
  stMem: (size: InsnSize, dst: number, off: number, imm: number): Insn =>
    insn(0x62 | sizeBits(size), dst, 0, off, imm),
  atomicOp: (size: InsnSize, operation: string, dst: number, src: number, off: number): Insn =>
    insn(
      0xc3 | sizeBits(size),
      dst,
      src,
      off,
      chosen(ATOMIC_OPERATIONS, "atomic operation", operation),
    ),
  jmpReg: (condition: string, dst: number, src: number, off: number): Insn =>
    insn(jump(JMP, condition, X), dst, src, off, 0),
  jmpImm: (condition: string, dst: number, imm: number, off: number): Insn =>
    insn(jump(JMP, condition, 0), dst, 0, off, imm),
  jmp32Reg: (condition: string, dst: number, src: number, off: number): Insn =>
    insn(jump(JMP32, condition, X), dst, src, off, 0),
  jmp32Imm: (condition: string, dst: number, imm: number, off: number): Insn =>
    insn(jump(JMP32, condition, 0), dst, 0, off, imm),
  jmpA: (off: number): Insn => insn(0x05, 0, 0, off, 0),
  jmp32A: (distance: number): Insn => insn(0x06, 0, 0, 0, distance),
  mayGoto: (off: number): Insn => insn(0xe5, 0, 0, off, 0),
  call: (helper: number): Insn => insn(0x85, 0, 0, 0, helper),
  callRel: (distance: number): Insn => insn(0x85, 0, 1, 0, distance),
  callKfunc: (id: number): Insn => insn(0x85, 0, 2, 0, id),
  exit: (): Insn => insn(0x95, 0, 0, 0, 0),
} satisfies InsnBuilders);
