import type { Btf } from "../btf/btf.ts";
import {
  eq,
  fromS32,
  fromU32,
  type Int64,
  isZero,
  S64_MAX,
  S64_MIN,
  U64_MAX,
  ZERO,
} from "./int64.ts";
import { NOT_INIT, PTR_TO_STACK, SCALAR_VALUE } from "./reg-type.ts";
import type { StackObject } from "./stack-object.ts";
import {
  TNUM_UNKNOWN,
  TNUM_ZERO,
  type Tnum,
  tnumConst,
  tnumConstSubreg,
  tnumEquals,
  tnumIsConst,
  tnumSubregIsConst,
} from "./tnum.ts";
import type { VerifierMap } from "./verifier-input.ts";

export const S32_MIN = -0x8000_0000;
export const S32_MAX = 0x7fff_ffff;
export const U32_MAX = 0xffff_ffff;

/** In `id`: the register is another one plus `off`, as a sum of 64 or of 32 bits. */
export const BPF_ADD_CONST64 = 0x8000_0000 | 0;
export const BPF_ADD_CONST32 = 0x4000_0000;
export const BPF_ADD_CONST = BPF_ADD_CONST64 | BPF_ADD_CONST32;

/** A register as it may be looked at. Who changes one asks its frame for an own copy. */
export interface Reg {
  readonly type: number;
  /** The known part of a pointer's offset; of a scalar with BPF_ADD_CONST the distance. */
  readonly off: number;
  /** Of a packet pointer: how many bytes behind its start may be accessed. */
  readonly range: number;
  readonly memSize: number;
  /** Of a slice: the dynptr that it belongs to. */
  readonly dynptrId: number;
  /** Of a slot of the stack with an object of the kernel in it, and of a dynptr in a register. */
  readonly object: StackObject | null;
  readonly subprogno: number;
  readonly map: VerifierMap | null;
  readonly mapUid: number;
  /** Of a kernel object: its structure. */
  readonly btfType: string;
  /** Of an object that the program allocated: its types, and which of them it is. */
  readonly btf: Btf | null;
  readonly btfId: number;
  /** For a scalar the value, for a pointer the variable part of its offset. */
  readonly varOff: Tnum;
  readonly smin: Int64;
  readonly smax: Int64;
  readonly umin: Int64;
  readonly umax: Int64;
  readonly s32Min: number;
  readonly s32Max: number;
  readonly u32Min: number;
  readonly u32Max: number;
  readonly id: number;
  readonly refObjId: number;
  /** Of a stack pointer: the frame it points into. */
  readonly frameno: number;
  readonly precise: boolean;
  /** Which frame owns this object; see `FuncState.own`. */
  readonly epoch: number;
}

/** @linux include/linux/bpf_verifier.h `struct bpf_reg_state` (6.18) */
export class RegState implements Reg {
  type = NOT_INIT;
  off = 0;
  range = 0;
  memSize = 0;
  dynptrId = 0;
  object: StackObject | null = null;
  subprogno = 0;
  map: VerifierMap | null = null;
  mapUid = 0;
  btfType = "";
  btf: Btf | null = null;
  btfId = 0;
  varOff: Tnum = TNUM_ZERO;
  smin: Int64 = ZERO;
  smax: Int64 = ZERO;
  umin: Int64 = ZERO;
  umax: Int64 = ZERO;
  s32Min = 0;
  s32Max = 0;
  u32Min = 0;
  u32Max = 0;
  id = 0;
  refObjId = 0;
  frameno = 0;
  precise = false;
  epoch = 0;

  /** Takes everything from `other` but whom it belongs to. */
  assign(other: Reg): void {
    this.type = other.type;
    this.off = other.off;
    this.assignUnion(other);
    this.varOff = other.varOff;
    this.smin = other.smin;
    this.smax = other.smax;
    this.umin = other.umin;
    this.umax = other.umax;
    this.s32Min = other.s32Min;
    this.s32Max = other.s32Max;
    this.u32Min = other.u32Min;
    this.u32Max = other.u32Max;
    this.id = other.id;
    this.refObjId = other.refObjId;
    this.frameno = other.frameno;
    this.precise = other.precise;
  }

  /** What a pointer of its type carries along: a union in Linux. */
  assignUnion(other: Reg): void {
    this.range = other.range;
    this.memSize = other.memSize;
    this.dynptrId = other.dynptrId;
    this.object = other.object;
    this.subprogno = other.subprogno;
    this.map = other.map;
    this.mapUid = other.mapUid;
    this.btfType = other.btfType;
    this.btf = other.btf;
    this.btfId = other.btfId;
  }

  clearUnion(): void {
    this.range = 0;
    this.memSize = 0;
    this.dynptrId = 0;
    this.object = null;
    this.subprogno = 0;
    this.map = null;
    this.mapUid = 0;
    this.btfType = "";
    this.btf = null;
    this.btfId = 0;
  }

  /** @linux kernel/bpf/verifier.c `___mark_reg_known` (6.18) */
  setValue(value: Int64): void {
    this.varOff = tnumConst(value);
    this.smin = value;
    this.smax = value;
    this.umin = value;
    this.umax = value;
    this.s32Min = value.lo;
    this.s32Max = value.lo;
    this.u32Min = value.lo >>> 0;
    this.u32Max = value.lo >>> 0;
  }

  /** @linux kernel/bpf/verifier.c `__mark_reg_known` (6.18) */
  markKnown(value: Int64): void {
    this.off = 0;
    this.clearUnion();
    this.id = 0;
    this.refObjId = 0;
    this.setValue(value);
  }

  /** Its value is its own from now on. @linux kernel/bpf/verifier.c `clear_scalar_id` (6.18) */
  clearScalarId(): void {
    this.id = 0;
    this.off = 0;
  }

  /** The lower half only. @linux kernel/bpf/verifier.c `__mark_reg32_known` (6.18) */
  mark32Known(value: number): void {
    this.varOff = tnumConstSubreg(this.varOff, value);
    this.s32Min = value;
    this.s32Max = value;
    this.u32Min = value >>> 0;
    this.u32Max = value >>> 0;
  }

  markKnownZero(): void {
    this.markKnown(ZERO);
  }

  /** A register that holds the number 0, not precise. */
  markConstZero(precise: boolean): void {
    this.markKnown(ZERO);
    this.type = SCALAR_VALUE;
    this.precise = precise;
  }

  markUnbounded(): void {
    this.mark64Unbounded();
    this.mark32Unbounded();
  }

  mark64Unbounded(): void {
    this.smin = S64_MIN;
    this.smax = S64_MAX;
    this.umin = ZERO;
    this.umax = U64_MAX;
  }

  mark32Unbounded(): void {
    this.s32Min = S32_MIN;
    this.s32Max = S32_MAX;
    this.u32Min = 0;
    this.u32Max = U32_MAX;
  }

  /** @linux kernel/bpf/verifier.c `__mark_reg_unknown` (6.18) */
  markUnknown(precise: boolean): void {
    this.type = SCALAR_VALUE;
    this.off = 0;
    this.clearUnion();
    this.id = 0;
    this.refObjId = 0;
    this.varOff = TNUM_UNKNOWN;
    this.frameno = 0;
    this.precise = precise;
    this.markUnbounded();
  }

  markNotInit(precise: boolean): void {
    this.markUnknown(precise);
    this.type = NOT_INIT;
  }

  /** A 32-bit signed range, for what is not known better. */
  intersectS32(min: number, max: number): void {
    this.s32Min = Math.max(this.s32Min, min);
    this.s32Max = Math.min(this.s32Max, max);
  }

  intersectU32(min: number, max: number): void {
    this.u32Min = Math.max(this.u32Min, min);
    this.u32Max = Math.min(this.u32Max, max);
  }
}

/** What a stack slot holds before anything was written to it. */
export const EMPTY_REG: Reg = Object.freeze(new RegState());

export const UNBOUND_REG: Reg = makeUnbound();

function makeUnbound(): Reg {
  const reg = new RegState();
  reg.markUnknown(false);
  return Object.freeze(reg);
}

export function isConstReg(reg: Reg, isSubreg: boolean): boolean {
  if (reg.type !== SCALAR_VALUE) return false;
  return isSubreg ? tnumSubregIsConst(reg.varOff) : tnumIsConst(reg.varOff);
}

/** The value of a register that is known to hold just one. */
export function constValue(reg: Reg, isSubreg: boolean): Int64 {
  return isSubreg ? fromU32(reg.varOff.value.lo) : reg.varOff.value;
}

export function isNullReg(reg: Reg): boolean {
  return reg.type === SCALAR_VALUE && tnumIsConst(reg.varOff) && isZero(reg.varOff.value);
}

/** Everything but identity: type, offsets, what it points to, and all that is known of the value. */
export function sameContents(a: Reg, b: Reg): boolean {
  return sameHead(a, b) && tnumEquals(a.varOff, b.varOff) && sameRanges(a, b);
}

/** Type, fixed offset, and what a pointer carries along. */
export function sameHead(a: Reg, b: Reg): boolean {
  return (
    a.type === b.type &&
    a.off === b.off &&
    a.range === b.range &&
    a.map === b.map &&
    a.mapUid === b.mapUid &&
    a.memSize === b.memSize &&
    a.dynptrId === b.dynptrId &&
    a.object === b.object &&
    a.subprogno === b.subprogno &&
    a.btfType === b.btfType &&
    a.btf === b.btf &&
    a.btfId === b.btfId
  );
}

function sameRanges(a: Reg, b: Reg): boolean {
  return (
    eq(a.smin, b.smin) &&
    eq(a.smax, b.smax) &&
    eq(a.umin, b.umin) &&
    eq(a.umax, b.umax) &&
    a.s32Min === b.s32Min &&
    a.s32Max === b.s32Max &&
    a.u32Min === b.u32Min &&
    a.u32Max === b.u32Max
  );
}

/** A register of its own, which no frame holds. */
export function copyOfReg(reg: Reg): RegState {
  const copy = new RegState();
  copy.assign(reg);
  return copy;
}

/** A number as a register, to compute or compare with. */
export function knownScalar(value: Int64): RegState {
  const reg = new RegState();
  reg.type = SCALAR_VALUE;
  reg.setValue(value);
  return reg;
}

export function knownImm(imm: number): RegState {
  return knownScalar(fromS32(imm));
}

export function framePointer(frameno: number): RegState {
  const reg = new RegState();
  reg.markUnknown(false);
  reg.type = PTR_TO_STACK;
  reg.markKnownZero();
  reg.frameno = frameno;
  return reg;
}
