import { BPF_REG_FP, BPF_REG_SIZE, MAX_BPF_REG } from "../isa.ts";
import { EMPTY_REG, framePointer, type Reg, RegState } from "./reg-state.ts";
import { SCALAR_VALUE } from "./reg-type.ts";

/** What one byte of the stack holds. @linux include/linux/bpf_verifier.h `enum bpf_stack_slot_type` (6.18) */
export const STACK_INVALID = 0;
export const STACK_SPILL = 1;
export const STACK_MISC = 2;
export const STACK_ZERO = 3;
export const STACK_DYNPTR = 4;
export const STACK_ITER = 5;
export const STACK_IRQ_FLAG = 6;

/** Eight bytes of the stack: four bits say what each byte holds. */
export interface Slot {
  readonly types: number;
  /** The register that was spilled here. */
  readonly spilled: Reg;
  readonly epoch: number;
}

class StackSlot implements Slot {
  types: number;
  spilled: Reg;
  epoch: number;

  constructor(types: number, spilled: Reg, epoch: number) {
    this.types = types;
    this.spilled = spilled;
    this.epoch = epoch;
  }
}

const EMPTY_SLOT: Slot = Object.freeze(new StackSlot(0, EMPTY_REG, 0));

export function slotType(slot: Slot, byte: number): number {
  return (slot.types >>> (byte * 4)) & 0xf;
}

export function withSlotType(types: number, byte: number, type: number): number {
  return (types & ~(0xf << (byte * 4))) | (type << (byte * 4));
}

/** All eight bytes of one kind. */
export function slotOf(type: number): number {
  return Math.imul(type, 0x1111_1111);
}

/** What the byte with the lowest address holds. */
export function lowestByteType(slot: Slot): number {
  return slot.types >>> 28;
}

/** A register, or an object of the kernel, rather than bytes. @linux kernel/bpf/verifier.c `is_stack_slot_special` (6.18) */
export function isSlotSpecial(slot: Slot): boolean {
  const type = lowestByteType(slot);
  return type !== STACK_INVALID && type !== STACK_MISC && type !== STACK_ZERO;
}

/** Byte 7 is the one with the lowest address, which every spill covers. */
export function isSpilledReg(slot: Slot): boolean {
  return slot.types >>> 28 === STACK_SPILL;
}

export function isSpilledScalar(slot: Slot): boolean {
  return slot.types >>> 28 === STACK_SPILL && slot.spilled.type === SCALAR_VALUE;
}

/** A spill of all eight bytes. */
export function isSpilledScalar64(slot: Slot): boolean {
  return (slot.types & 0xf) === STACK_SPILL && slot.spilled.type === SCALAR_VALUE;
}

export interface RetvalRange {
  readonly min: number;
  readonly max: number;
}

/** The call site of a function that nobody called. */
export const BPF_MAIN_FUNC = -1;
export const MAX_CALL_FRAMES = 8;

let lastEpoch = 0;

/**
 * Registers and stack of one called function. Copies share registers and slots with their
 * original until one of them asks for its own.
 *
 * @linux include/linux/bpf_verifier.h `struct bpf_func_state` (6.18)
 */
export class FuncState {
  readonly callsite: number;
  readonly frameno: number;
  readonly subprogno: number;
  asyncEntryCnt = 0;
  callbackRetRange: RetvalRange = NO_RANGE;
  inCallbackFn = false;
  inAsyncCallbackFn = false;
  inExceptionCallbackFn = false;
  callbackDepth = 0;
  #regs: Reg[];
  #stack: Slot[];
  #epoch = ++lastEpoch;

  constructor(callsite: number, frameno: number, subprogno: number, from?: FuncState) {
    this.callsite = callsite;
    this.frameno = frameno;
    this.subprogno = subprogno;
    if (from !== undefined) {
      this.asyncEntryCnt = from.asyncEntryCnt;
      this.callbackRetRange = from.callbackRetRange;
      this.inCallbackFn = from.inCallbackFn;
      this.inAsyncCallbackFn = from.inAsyncCallbackFn;
      this.inExceptionCallbackFn = from.inExceptionCallbackFn;
      this.callbackDepth = from.callbackDepth;
      this.#regs = from.#regs.slice();
      this.#stack = from.#stack.slice();
      // From now on, what both refer to belongs to neither.
      from.#epoch = ++lastEpoch;
      return;
    }
    this.#regs = [];
    this.#stack = [];
    for (let i = 0; i < MAX_BPF_REG; i++) {
      const reg = i === BPF_REG_FP ? framePointer(frameno) : new RegState();
      if (i !== BPF_REG_FP) reg.markNotInit(false);
      reg.epoch = this.#epoch;
      this.#regs.push(reg);
    }
  }

  copy(): FuncState {
    return new FuncState(this.callsite, this.frameno, this.subprogno, this);
  }

  reg(regno: number): Reg {
    return this.#regs[regno]!;
  }

  /** The register to write to. */
  own(regno: number): RegState {
    const reg = this.#regs[regno]!;
    if (reg.epoch === this.#epoch) return reg as RegState;
    const copy = this.#copyOf(reg);
    this.#regs[regno] = copy;
    return copy;
  }

  /** In bytes; the stack grows as far as it is looked at. */
  get allocatedStack(): number {
    return this.#stack.length * BPF_REG_SIZE;
  }

  get slots(): number {
    return this.#stack.length;
  }

  slot(spi: number): Slot {
    return this.#stack[spi]!;
  }

  setSlotTypes(spi: number, types: number): void {
    const slot = this.#stack[spi]!;
    if (slot.types !== types) this.#ownSlot(spi).types = types;
  }

  setSlotType(spi: number, byte: number, type: number): void {
    this.setSlotTypes(spi, withSlotType(this.#stack[spi]!.types, byte, type));
  }

  /** The spilled register to write to. */
  ownSpilled(spi: number): RegState {
    const slot = this.#ownSlot(spi);
    if (slot.spilled.epoch === this.#epoch) return slot.spilled as RegState;
    const copy = this.#copyOf(slot.spilled);
    slot.spilled = copy;
    return copy;
  }

  /** @returns whether the stack became larger */
  growStack(bytes: number): boolean {
    const slots = Math.ceil(bytes / BPF_REG_SIZE);
    if (this.#stack.length >= slots) return false;
    while (this.#stack.length < slots) this.#stack.push(EMPTY_SLOT);
    return true;
  }

  #ownSlot(spi: number): StackSlot {
    const slot = this.#stack[spi]!;
    if (slot.epoch === this.#epoch) return slot as StackSlot;
    const copy = new StackSlot(slot.types, slot.spilled, this.#epoch);
    this.#stack[spi] = copy;
    return copy;
  }

  #copyOf(reg: Reg): RegState {
    const copy = new RegState();
    copy.assign(reg);
    copy.epoch = this.#epoch;
    return copy;
  }
}

const NO_RANGE: RetvalRange = Object.freeze({ min: 0, max: 0 });
