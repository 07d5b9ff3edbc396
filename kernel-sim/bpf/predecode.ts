/**
 * Programs laid out for the interpreter: four words a slot (operation, dst, src, constant), with
 * register numbers doubled (a register is two words) and jump targets as indexes of words.
 *
 * An operation is the opcode of RFC 9669 where that says everything. Where `off`, `imm` or `src`
 * choose between several, it is one of the numbers of `OP`, which stand in the interpreter's
 * `switch` as literals, since engines make a jump table of literals only.
 */
import type { Insn } from "../api.ts";
import { SKB_GET_NLATTR_NEST } from "./classic/extensions.ts";
import { BPF_ADDR_SPACE_CAST } from "./isa.ts";
import { PAGE_SIZE } from "./maps/flags.ts";
import {
  BPF_FUNC_FIND_VMA,
  BPF_FUNC_FOR_EACH_MAP_ELEM,
  BPF_FUNC_LOOP,
  BPF_FUNC_TAIL_CALL,
  BPF_FUNC_USER_RINGBUF_DRAIN,
} from "./uapi.ts";

export const OP = {
  SDIV64_X: 256,
  SDIV64_K: 257,
  SMOD64_X: 258,
  SMOD64_K: 259,
  SDIV32_X: 260,
  SDIV32_K: 261,
  SMOD32_X: 262,
  SMOD32_K: 263,
  MOVSX64_8: 264,
  MOVSX64_16: 265,
  MOVSX64_32: 266,
  MOVSX32_8: 267,
  MOVSX32_16: 268,
  ZEXT16: 269,
  ZEXT32: 270,
  SWAP16: 271,
  SWAP32: 272,
  SWAP64: 273,
  NOTHING: 274,
  CALL_SUBPROGRAM: 275,
  CALL_UNKNOWN: 276,
  MAY_GOTO: 277,
  ATOMIC32: 278,
  ATOMIC64: 279,
  LOAD_ACQUIRE_8: 280,
  LOAD_ACQUIRE_16: 281,
  LOAD_ACQUIRE_32: 282,
  LOAD_ACQUIRE_64: 283,
  STORE_RELEASE_8: 284,
  STORE_RELEASE_16: 285,
  STORE_RELEASE_32: 286,
  STORE_RELEASE_64: 287,
  INVALID: 288,
  TAIL_CALL: 289,
  CALL_CALLBACK: 290,
  THROW: 291,
  CAST_USER: 292,
  /** A load, store or atomic instruction at addresses of an arena (`arena-access.ts`). */
  ARENA: 512,
  /** A load through a pointer to an object of the kernel (`structs/access.ts`). */
  KERNEL: 1024,
} as const;

/** What an instruction at an arena does, apart from where. */
const INNER = OP.ARENA - 1;
/** Above it stands the page of the arena's directory. */
const DIRECTORY_SHIFT = 16;

export function arenaOperation(inner: number, directory: number): number {
  return OP.ARENA | inner | ((directory / PAGE_SIZE) << DIRECTORY_SHIFT);
}

export function isArenaOperation(op: number): boolean {
  return (op & OP.ARENA) !== 0;
}

export function isKernelOperation(op: number): boolean {
  return (op & OP.KERNEL) !== 0;
}

/** At memory that is not the program's own: somebody else has to look where it is. */
export function isElsewhere(op: number): boolean {
  return (op & (OP.ARENA | OP.KERNEL)) !== 0;
}

/** The operation with the same operands at other memory. */
export function innerOperation(op: number): number {
  return op & INNER;
}

/** Where the tables of the arena are (`maps/arena.ts`). */
export function arenaDirectory(op: number): number {
  return (op >>> DIRECTORY_SHIFT) * PAGE_SIZE;
}

/** Words a slot. */
export const SLOT_WORDS = 4;

/** In the place of a helper's number: a loop whose calls the verifier made plain calls. */
export const INLINED_LOOP = 0;

/** What the verifier knows of a program beyond its instructions. */
export interface CodeNotes {
  isLoopInlined(slot: number): boolean;
  /** The directory of the arena whose addresses a load or store has; 0: it has others. */
  arenaAt(slot: number): number;
  /** Whether a load is through a pointer to an object of the kernel. */
  isKernelLoad(slot: number): boolean;
  /** Whether a call of a kernel function throws an exception. */
  isThrow(slot: number): boolean;
  /** Where exceptions are caught; -1: nowhere. */
  readonly exceptionCallbackSlot: number;
}

const NO_NOTES: CodeNotes = {
  isLoopInlined: () => false,
  arenaAt: () => 0,
  isKernelLoad: () => false,
  isThrow: () => false,
  exceptionCallbackSlot: -1,
};

/** Behind the last slot stands an exit more, which a function comes to that must end in its midst. */
export function predecode(insns: readonly Insn[], notes: CodeNotes = NO_NOTES): Int32Array {
  const code = new Int32Array((insns.length + 1) * SLOT_WORDS);
  for (let slot = 0; slot < insns.length; slot++) {
    const [op, src, constant] = decodeOne(insns, slot, notes);
    const at = slot * SLOT_WORDS;
    const arena = notes.arenaAt(slot);
    code[at] = arena === 0 ? op : arenaOperation(op, arena);
    if (notes.isKernelLoad(slot)) code[at] = op | OP.KERNEL;
    code[at + 1] = insns[slot]!.dstReg * 2;
    code[at + 2] = src;
    code[at + 3] = constant;
  }
  code[insns.length * SLOT_WORDS] = 0x95;
  return code;
}

/** Operation, second and third operand. */
type Decoded = readonly [op: number, src: number, constant: number];

const BPF_X = 0x08;

/** The first of the kernel's functions, which stand behind the helpers. */
const RBTREE_ADD_NUMBER = SKB_GET_NLATTR_NEST + 1;

/** Helpers that call a function of the program before they return. */
const CALLING_HELPERS: readonly number[] = [
  BPF_FUNC_FOR_EACH_MAP_ELEM,
  BPF_FUNC_FIND_VMA,
  BPF_FUNC_LOOP,
  BPF_FUNC_USER_RINGBUF_DRAIN,
  RBTREE_ADD_NUMBER,
];

export function callsBack(helper: number): boolean {
  return CALLING_HELPERS.includes(helper);
}

function decodeOne(insns: readonly Insn[], slot: number, notes: CodeNotes): Decoded {
  const insn = insns[slot]!;
  const src = insn.srcReg * 2;
  switch (insn.code & 0x07) {
    case 0x00:
      if (insn.code === 0x18) return [0x18, insn.imm, insns[slot + 1]?.imm ?? 0];
      return [insn.code, src, insn.imm];
    case 0x01:
      return [insn.code, src, insn.off];
    case 0x02:
      return [insn.code, insn.imm, insn.off];
    case 0x03:
      return (insn.code & 0xe0) === 0xc0 ? decodeAtomic(insn) : [insn.code, src, insn.off];
    case 0x04:
      return [alu32(insn), src, insn.imm];
    case 0x07:
      return [alu64(insn), src, insn.imm];
    default:
      return decodeJump(insn, slot, notes);
  }
}

function target(slot: number, distance: number): number {
  return (slot + 1 + distance) * SLOT_WORDS;
}

function decodeJump(insn: Insn, slot: number, notes: CodeNotes): Decoded {
  const src = insn.srcReg * 2;
  switch (insn.code) {
    case 0x05:
      return [0x05, 0, target(slot, insn.off)];
    case 0x06:
      return [0x05, 0, target(slot, insn.imm)];
    case 0x85:
      return decodeCall(insn, slot, notes);
    case 0x95:
      return [0x95, 0, 0];
    case 0xe5:
      return [OP.MAY_GOTO, 0, target(slot, insn.off)];
    default:
      return [insn.code, (insn.code & BPF_X) !== 0 ? src : insn.imm, target(slot, insn.off)];
  }
}

function decodeCall({ srcReg, imm }: Insn, slot: number, notes: CodeNotes): Decoded {
  if (srcReg === 1) return [OP.CALL_SUBPROGRAM, 0, target(slot, imm)];
  if (srcReg !== 0) {
    if (!notes.isThrow(slot)) return [OP.CALL_UNKNOWN, 0, imm];
    const callback = notes.exceptionCallbackSlot;
    return [OP.THROW, 0, callback < 0 ? -1 : callback * SLOT_WORDS];
  }
  if (imm === BPF_FUNC_TAIL_CALL) return [OP.TAIL_CALL, 0, 0];
  if (notes.isLoopInlined(slot)) return [OP.CALL_CALLBACK, 0, INLINED_LOOP];
  return [callsBack(imm) ? OP.CALL_CALLBACK : 0x85, 0, imm];
}

function alu64({ code, off, imm }: Insn): number {
  switch (code) {
    case 0x3f:
      return off === 1 ? OP.SDIV64_X : code;
    case 0x37:
      return off === 1 ? OP.SDIV64_K : code;
    case 0x9f:
      return off === 1 ? OP.SMOD64_X : code;
    case 0x97:
      return off === 1 ? OP.SMOD64_K : code;
    case 0xbf:
      // Its constant is the upper half of the arena's addresses.
      if (off === BPF_ADDR_SPACE_CAST) return OP.CAST_USER;
      if (off === 8) return OP.MOVSX64_8;
      if (off === 16) return OP.MOVSX64_16;
      return off === 32 ? OP.MOVSX64_32 : code;
    case 0xd7:
      return swap(imm);
    default:
      return code;
  }
}

function alu32({ code, off, imm }: Insn): number {
  switch (code) {
    case 0x3c:
      return off === 1 ? OP.SDIV32_X : code;
    case 0x34:
      return off === 1 ? OP.SDIV32_K : code;
    case 0x9c:
      return off === 1 ? OP.SMOD32_X : code;
    case 0x94:
      return off === 1 ? OP.SMOD32_K : code;
    case 0xbc:
      if (off === 8) return OP.MOVSX32_8;
      return off === 16 ? OP.MOVSX32_16 : code;
    case 0xd4:
      // To little-endian, which the machine is: only the upper bits go.
      if (imm === 16) return OP.ZEXT16;
      return imm === 32 ? OP.ZEXT32 : OP.NOTHING;
    case 0xdc:
      return swap(imm);
    default:
      return code;
  }
}

function swap(width: number): number {
  if (width === 16) return OP.SWAP16;
  return width === 32 ? OP.SWAP32 : OP.SWAP64;
}

/** By size: W 0x00, H 0x08, B 0x10, DW 0x18. */
const LOAD_ACQUIRE = [
  OP.LOAD_ACQUIRE_32,
  OP.LOAD_ACQUIRE_16,
  OP.LOAD_ACQUIRE_8,
  OP.LOAD_ACQUIRE_64,
];
const STORE_RELEASE = [
  OP.STORE_RELEASE_32,
  OP.STORE_RELEASE_16,
  OP.STORE_RELEASE_8,
  OP.STORE_RELEASE_64,
];

function decodeAtomic({ code, srcReg, off, imm }: Insn): Decoded {
  const size = (code >> 3) & 3;
  if (imm === 0x100) return [LOAD_ACQUIRE[size]!, srcReg * 2, off];
  if (imm === 0x110) return [STORE_RELEASE[size]!, srcReg * 2, off];
  // Register and operation share a word: the offset needs the third one.
  const op = size === 3 ? OP.ATOMIC64 : OP.ATOMIC32;
  return [op, (srcReg * 2) | (imm << 8), off];
}
