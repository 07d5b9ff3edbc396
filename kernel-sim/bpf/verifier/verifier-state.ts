import type { FuncState } from "./states.ts";

/** What must be given back before the program ends. */
export const REF_TYPE_PTR = 1 << 1;
export const REF_TYPE_IRQ = 1 << 2;
export const REF_TYPE_LOCK = 1 << 3;
export const REF_TYPE_RES_LOCK = 1 << 4;
export const REF_TYPE_RES_LOCK_IRQ = 1 << 5;

/** @linux include/linux/bpf_verifier.h `struct bpf_reference_state` (6.18) */
export interface Reference {
  readonly type: number;
  readonly id: number;
  readonly insnIdx: number;
  /** For a lock: what it lies in. */
  readonly ptr: object | null;
}

/** The instruction reached or left the stack through one slot of one frame. */
export const INSN_F_STACK_ACCESS = 1 << 9;
/** A comparison in which a side was a stack pointer, whose precision nobody asks for. */
export const INSN_F_DST_REG_STACK = 1 << 10;
export const INSN_F_SRC_REG_STACK = 1 << 11;

const FRAMENO_MASK = 0x7;
const SPI_SHIFT = 3;
const SPI_MASK = 0x3f;

export function insnStackAccessFlags(frameno: number, spi: number): number {
  return INSN_F_STACK_ACCESS | (spi << SPI_SHIFT) | frameno;
}

export function insnStackAccessSpi(flags: number): number {
  return (flags >> SPI_SHIFT) & SPI_MASK;
}

export function insnStackAccessFrameno(flags: number): number {
  return flags & FRAMENO_MASK;
}

/** A register or spilled register that shares its value with others. */
export interface LinkedReg {
  readonly frameno: number;
  /** Register number, or slot of the stack. */
  readonly index: number;
  readonly isReg: boolean;
}

/** How an instruction was reached, and what it did, as far as backtracking needs to know. */
export interface HistoryEntry {
  readonly idx: number;
  readonly prevIdx: number;
  readonly flags: number;
  readonly linkedRegs: readonly LinkedReg[];
}

/**
 * All that is known at one instruction of one path.
 *
 * @linux include/linux/bpf_verifier.h `struct bpf_verifier_state` (6.18)
 */
export class VerifierState {
  frames: FuncState[] = [];
  /** The checkpoint that this path came through last. */
  parent: VerifierState | null = null;
  refs: readonly Reference[] = [];
  /** How many paths from here are not yet explored to their end. */
  branches = 1;
  insnIdx = 0;
  firstInsnIdx = 0;
  lastInsnIdx = -1;
  dfsDepth = 0;
  callbackUnrollDepth = 0;
  mayGotoDepth = 0;
  activeLocks = 0;
  activeLockId = 0;
  activeLockPtr: object | null = null;
  activePreemptLocks = 0;
  activeRcuLock = 0;
  activeIrqId = 0;
  isSpeculative = false;
  inSleepable = false;
  /** Whether what nobody reads any more was already forgotten. */
  isCleaned = false;
  /** How it got here from the checkpoint. */
  history: HistoryEntry[] = [];
  /** The list entry of a checkpoint. */
  entry: StateListEntry | null = null;
  /** Of the end of a loop: the checkpoint it is like. */
  equalState: VerifierState | null = null;

  get curframe(): number {
    return this.frames.length - 1;
  }

  get frame(): FuncState {
    return this.frames[this.frames.length - 1]!;
  }

  copy(): VerifierState {
    const copy = new VerifierState();
    copy.frames = this.frames.map((frame) => frame.copy());
    copy.parent = this.parent;
    copy.refs = this.refs;
    copy.branches = this.branches;
    copy.insnIdx = this.insnIdx;
    copy.firstInsnIdx = this.firstInsnIdx;
    copy.lastInsnIdx = this.lastInsnIdx;
    copy.dfsDepth = this.dfsDepth;
    copy.callbackUnrollDepth = this.callbackUnrollDepth;
    copy.mayGotoDepth = this.mayGotoDepth;
    copy.activeLocks = this.activeLocks;
    copy.activeLockId = this.activeLockId;
    copy.activeLockPtr = this.activeLockPtr;
    copy.activePreemptLocks = this.activePreemptLocks;
    copy.activeRcuLock = this.activeRcuLock;
    copy.activeIrqId = this.activeIrqId;
    copy.isSpeculative = this.isSpeculative;
    copy.inSleepable = this.inSleepable;
    copy.isCleaned = this.isCleaned;
    copy.history = this.history.slice();
    copy.equalState = this.equalState;
    return copy;
  }

  /** The instruction at which `frameno` stands. */
  frameInsnIdx(frameno: number): number {
    return frameno === this.curframe ? this.insnIdx : this.frames[frameno + 1]!.callsite;
  }

  hasSameCallsites(other: VerifierState): boolean {
    if (this.curframe !== other.curframe) return false;
    for (let i = this.curframe; i >= 0; i--) {
      if (this.frames[i]!.callsite !== other.frames[i]!.callsite) return false;
    }
    return true;
  }
}

/** A checkpoint in the list of those with the same hash. */
export class StateListEntry {
  readonly state: VerifierState;
  next: StateListEntry | null = null;
  missCnt = 0;
  hitCnt = 0;
  inFreeList = false;

  constructor(state: VerifierState) {
    this.state = state;
    state.entry = this;
  }
}
