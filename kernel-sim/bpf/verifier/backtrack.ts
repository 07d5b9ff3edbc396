/**
 * When the exact value of a scalar decides something, all values that it was made from count: the
 * verifier walks back through the instructions and marks them `precise`. Others may differ when
 * states are compared.
 *
 * @linux kernel/bpf/verifier.c `__mark_chain_precision` (6.18)
 */
import { EFAULT, ENOTSUPP } from "../../include/errno.ts";
import {
  BPF_ABS,
  BPF_ALU,
  BPF_ALU64,
  BPF_CALL,
  BPF_END,
  BPF_EXIT,
  BPF_IND,
  BPF_JA,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_MOV,
  BPF_NEG,
  BPF_REG_FP,
  BPF_REG_SIZE,
  BPF_ST,
  BPF_STX,
  BPF_X,
  bpfClass,
  bpfMode,
  bpfOp,
  bpfSrc,
  isAtomicLoad,
  isHelperCall,
  isKfuncCall,
  isPseudoCall,
} from "../isa.ts";
import { isSubprogGlobal } from "./btf-info.ts";
import type { VerifierEnv } from "./env.ts";
import { isSyncCallbackCallingHelper } from "./helper-traits.ts";
import { isSyncCallbackCallingKfunc } from "./kfunc-call.ts";
import { BPF_LOG_LEVEL2 } from "./log.ts";
import { printVerifierState } from "./print-state.ts";
import { SCALAR_VALUE } from "./reg-type.ts";
import { BPF_MAIN_FUNC, isSpilledReg, isSpilledScalar, MAX_CALL_FRAMES } from "./states.ts";
import {
  type HistoryEntry,
  INSN_F_DST_REG_STACK,
  INSN_F_SRC_REG_STACK,
  INSN_F_STACK_ACCESS,
  insnStackAccessFrameno,
  insnStackAccessSpi,
  type VerifierState,
} from "./verifier-state.ts";

const ARGS_MASK = 0x3e;

/** Marks all that the register's value was made from. */
export function markChainPrecision(env: VerifierEnv, regno: number): 0 | number {
  if (env.bpfCapable && regno >= 0) {
    if (env.frame.reg(regno).type !== SCALAR_VALUE) {
      env.verifierBug("backtracking misuse");
      return -EFAULT;
    }
    env.bt.setReg(regno, env.curState.curframe);
  }
  return markWantedPrecise(env, env.curState);
}

/** Told whether a mark was set that was not set before. */
export interface PrecisionChange {
  isChanged: boolean;
}

/** Marks what `env.bt` asks for. */
export function markWantedPrecise(
  env: VerifierEnv,
  startingState: VerifierState,
  change: PrecisionChange = { isChanged: false },
): 0 | number {
  const { bt } = env;
  if (!env.bpfCapable) return 0;
  bt.frame = startingState.curframe;
  if (bt.isEmpty) return 0;
  const err = new Walk(env, startingState, change).run();
  if (err !== -ENOTSUPP) return err;
  markAllScalarsPrecise(env, startingState);
  bt.reset();
  return 0;
}

class Walk {
  readonly #env: VerifierEnv;
  readonly #start: VerifierState;
  readonly #change: PrecisionChange;
  readonly #isLogged: boolean;
  #subseqIdx = -1;
  /** The instruction that asks is not walked back over itself. */
  #skipsFirst = true;

  constructor(env: VerifierEnv, start: VerifierState, change: PrecisionChange) {
    this.#env = env;
    this.#start = start;
    this.#change = change;
    this.#isLogged = (env.log.level & BPF_LOG_LEVEL2) !== 0 && env.log.hasRoom;
  }

  /** @returns -ENOTSUPP when the way back is not understood */
  run(): 0 | number {
    const { bt } = this.#env;
    let state = this.#start;
    let lastIdx = state.insnIdx;
    let firstIdx = state.firstInsnIdx;
    for (;;) {
      if (this.#isLogged) {
        this.#env.verbose(
          `mark_precise: frame${bt.frame}: last_idx ${lastIdx} first_idx ${firstIdx} subseq_idx ${this.#subseqIdx} \n`,
        );
      }
      if (lastIdx < 0) return this.#reachEntry(state);
      const err = this.#walkState(state, lastIdx);
      if (err !== 0 || bt.isEmpty) return err;
      if (state.parent === null) return -ENOTSUPP;
      state = state.parent;
      this.#markCheckpoint(state);
      if (bt.isEmpty) return 0;
      this.#subseqIdx = firstIdx;
      lastIdx = state.lastInsnIdx;
      firstIdx = state.firstInsnIdx;
    }
  }

  /** At the start of a global function, only its arguments can be left. */
  #reachEntry(state: VerifierState): 0 | number {
    const { bt } = this.#env;
    const frame = state.frames[0]!;
    const isGlobalEntry =
      state.curframe === 0 && frame.subprogno > 0 && frame.callsite === BPF_MAIN_FUNC;
    if (!isGlobalEntry || bt.hasSlots() || (bt.regMask() & ~ARGS_MASK) !== 0) {
      this.#env.verifierBug(`backtracking func entry subprog ${frame.subprogno}`);
      return -EFAULT;
    }
    for (let i = 1; i <= 5; i++) {
      if (!bt.isRegSet(i)) continue;
      bt.clearReg(i);
      if (frame.reg(i).type !== SCALAR_VALUE) continue;
      frame.own(i).precise = true;
      this.#change.isChanged = true;
    }
    return 0;
  }

  #walkState(state: VerifierState, lastIdx: number): 0 | number {
    const { history } = state;
    let left = history.length;
    let i = lastIdx;
    for (;;) {
      if (this.#skipsFirst) {
        this.#skipsFirst = false;
      } else {
        const entry = left > 0 && history[left - 1]!.idx === i ? history[left - 1]! : null;
        const err = backtrackInsn(this.#env, i, this.#subseqIdx, entry);
        if (err !== 0) return err;
      }
      if (this.#env.bt.isEmpty) return 0;
      this.#subseqIdx = i;
      if (i === state.firstInsnIdx) {
        if (left === 0 || (left === 1 && history[0]!.idx === i)) return 0;
      }
      if (left > 0 && history[left - 1]!.idx === i) {
        i = history[left - 1]!.prevIdx;
        left--;
      } else {
        i--;
      }
      if (i < 0 || i >= this.#env.insns.length) {
        this.#env.verifierBug(`backtracking idx ${i}`);
        return -EFAULT;
      }
    }
  }

  #markCheckpoint(state: VerifierState): void {
    const { bt } = this.#env;
    for (let fr = bt.frame; fr >= 0; fr--) {
      this.#markRegs(state, fr);
      this.#markSlots(state, fr);
      if (!this.#isLogged) continue;
      this.#env.verbose(
        `mark_precise: frame${fr}: parent state regs=${bt.regsText(fr)} stack=${bt.slotsText(fr)}: `,
      );
      printVerifierState(this.#env, state, fr, true);
    }
  }

  #markRegs(state: VerifierState, fr: number): void {
    const { bt } = this.#env;
    const frame = state.frames[fr]!;
    for (let i = 0; i < BPF_REG_FP; i++) {
      if (!bt.isRegSet(i, fr)) continue;
      const reg = frame.reg(i);
      if (reg.type !== SCALAR_VALUE || reg.precise) {
        bt.clearReg(i, fr);
      } else {
        frame.own(i).precise = true;
        this.#change.isChanged = true;
      }
    }
  }

  #markSlots(state: VerifierState, fr: number): void {
    const { bt } = this.#env;
    if (!bt.hasSlots(fr)) return;
    const frame = state.frames[fr]!;
    for (let spi = 0; spi < frame.slots; spi++) {
      if (!bt.isSlotSet(spi, fr)) continue;
      const slot = frame.slot(spi);
      if (!isSpilledScalar(slot) || slot.spilled.precise) {
        bt.clearSlot(spi, fr);
      } else {
        frame.ownSpilled(spi).precise = true;
        this.#change.isChanged = true;
      }
    }
  }
}

/**
 * What must be known before the instruction, given what must be known after it.
 *
 * @linux kernel/bpf/verifier.c `backtrack_insn` (6.18)
 */
function backtrackInsn(
  env: VerifierEnv,
  idx: number,
  subseqIdx: number,
  entry: HistoryEntry | null,
): 0 | number {
  const { bt } = env;
  const insn = env.insns[idx]!;
  if (insn.code === 0) return 0;
  env.observer?.walkBack(env, idx);
  if ((env.log.level & BPF_LOG_LEVEL2) !== 0 && env.log.hasRoom) {
    const wanted = `regs=${bt.regsText()} stack=${bt.slotsText()}`;
    env.verbose(`mark_precise: frame${bt.frame}: ${wanted} before ${idx}: ${env.insnText(idx)}\n`);
  }
  syncLinkedRegs(env, entry);
  const { code, dstReg, srcReg } = insn;
  const bpf = bpfClass(code);
  if (bpf === BPF_ALU || bpf === BPF_ALU64) {
    if (!bt.isRegSet(dstReg)) return 0;
    const op = bpfOp(code);
    if (op === BPF_END || op === BPF_NEG) return 0;
    if (op === BPF_MOV) bt.clearReg(dstReg);
    if (bpfSrc(code) === BPF_X && srcReg !== BPF_REG_FP) bt.setReg(srcReg);
  } else if (bpf === BPF_LDX || isAtomicLoad(insn)) {
    if (!bt.isRegSet(dstReg)) return 0;
    bt.clearReg(dstReg);
    if (!isStackAccess(entry)) return 0;
    bt.setSlot(insnStackAccessSpi(entry.flags), insnStackAccessFrameno(entry.flags));
  } else if (bpf === BPF_STX || bpf === BPF_ST) {
    // A scalar is no address: the way back has met a difference of pointers.
    if (bt.isRegSet(dstReg)) return -ENOTSUPP;
    if (!isStackAccess(entry)) return 0;
    const spi = insnStackAccessSpi(entry.flags);
    const fr = insnStackAccessFrameno(entry.flags);
    if (!bt.isSlotSet(spi, fr)) return 0;
    bt.clearSlot(spi, fr);
    if (bpf === BPF_STX) bt.setReg(srcReg);
  } else if (bpf === BPF_JMP || bpf === BPF_JMP32) {
    if (isPseudoCall(insn)) {
      if (isSubprogGlobal(env, env.findSubprog(idx + insn.imm + 1))) {
        return backtrackGlobalCall(env, idx, subseqIdx);
      }
      return backtrackSubprogCall(env);
    }
    if (isSyncCallbackCall(env, idx) && idx !== subseqIdx - 1) return backtrackCallbackCall(env);
    const op = bpfOp(code);
    if (op === BPF_CALL) {
      const err = backtrackCall(env, idx);
      if (err !== 0) return err;
    } else if (op === BPF_EXIT) {
      return backtrackExit(env, subseqIdx);
    } else if (op !== BPF_JA && bpfSrc(code) === BPF_X) {
      if (!bt.isRegSet(dstReg) && !bt.isRegSet(srcReg)) return 0;
      const flags = entry?.flags ?? 0;
      if ((flags & INSN_F_SRC_REG_STACK) === 0) bt.setReg(srcReg);
      if ((flags & INSN_F_DST_REG_STACK) === 0) bt.setReg(dstReg);
    }
  } else if (bpf === BPF_LD) {
    if (!bt.isRegSet(dstReg)) return 0;
    bt.clearReg(dstReg);
    if (bpfMode(code) === BPF_IND || bpfMode(code) === BPF_ABS) return -ENOTSUPP;
  }
  syncLinkedRegs(env, entry);
  return 0;
}

function isStackAccess(entry: HistoryEntry | null): entry is HistoryEntry {
  return entry !== null && (entry.flags & INSN_F_STACK_ACCESS) !== 0;
}

/** When one of several registers with one value is wanted, all of them are. */
function syncLinkedRegs({ bt }: VerifierEnv, entry: HistoryEntry | null): void {
  if (entry === null || entry.linkedRegs.length === 0) return;
  const isWanted = entry.linkedRegs.some(({ isReg, index, frameno }) =>
    isReg ? bt.isRegSet(index, frameno) : bt.isSlotSet(index, frameno),
  );
  if (!isWanted) return;
  for (const { isReg, index, frameno } of entry.linkedRegs) {
    if (isReg) bt.setReg(index, frameno);
    else bt.setSlot(index, frameno);
  }
}

function isSyncCallbackCall(env: VerifierEnv, idx: number): boolean {
  const insn = env.insns[idx]!;
  return isHelperCall(insn)
    ? isSyncCallbackCallingHelper(insn.imm)
    : isSyncCallbackCallingKfunc(insn);
}

/** A global function answers something, whatever its arguments are. */
function backtrackGlobalCall(env: VerifierEnv, idx: number, subseqIdx: number): 0 | number {
  const { bt } = env;
  if (idx + 1 !== subseqIdx) env.verifierBug("extra insn from subprog");
  if ((bt.regMask() & ARGS_MASK) !== 0) {
    env.verifierBug(`global subprog unexpected regs ${bt.regMask().toString(16)}`);
    return -EFAULT;
  }
  bt.clearReg(0);
  return 0;
}

/** The start of a function is reached: arguments come from the caller. */
function backtrackSubprogCall(env: VerifierEnv): 0 | number {
  const { bt } = env;
  if ((bt.regMask() & ~ARGS_MASK) !== 0) {
    env.verifierBug(`static subprog unexpected regs ${bt.regMask().toString(16)}`);
    return -EFAULT;
  }
  if (bt.hasSlots()) {
    env.verifierBug("static subprog leftover stack slots");
    return -EFAULT;
  }
  for (let i = 1; i <= 5; i++) {
    if (!bt.isRegSet(i)) continue;
    bt.clearReg(i);
    if (bt.frame > 0) bt.setReg(i, bt.frame - 1);
  }
  return leaveFrame(env);
}

/** What led back into the frame may be no exit: a tail call, or a packet load that ended a function. */
function leaveFrame(env: VerifierEnv): 0 | number {
  if (env.bt.frame === 0) {
    env.verifierBug("subprog exit from frame 0");
    return -EFAULT;
  }
  env.bt.frame--;
  return 0;
}

/** The start of a callback is reached: its arguments come from the helper. */
function backtrackCallbackCall(env: VerifierEnv): 0 | number {
  const { bt } = env;
  if ((bt.regMask() & ~ARGS_MASK) !== 0) {
    env.verifierBug(`callback unexpected regs ${bt.regMask().toString(16)}`);
    return -EFAULT;
  }
  if (bt.hasSlots()) {
    env.verifierBug("callback leftover stack slots");
    return -EFAULT;
  }
  for (let i = 1; i <= 5; i++) bt.clearReg(i);
  return leaveFrame(env);
}

function backtrackCall(env: VerifierEnv, idx: number): 0 | number {
  const { bt } = env;
  const insn = env.insns[idx]!;
  if (isKfuncCall(insn) && insn.imm === 0) return -ENOTSUPP;
  bt.clearReg(0);
  if ((bt.regMask() & ARGS_MASK) === 0) return 0;
  env.verifierBug(`backtracking call unexpected regs ${bt.regMask().toString(16)}`);
  return -EFAULT;
}

/** The end of a called function is reached: what is wanted of r0 is wanted there. */
function backtrackExit(env: VerifierEnv, subseqIdx: number): 0 | number {
  const { bt } = env;
  if (subseqIdx >= 0 && env.aux[subseqIdx]!.callsCallback) {
    for (let i = 1; i <= 5; i++) bt.clearReg(i);
  }
  if ((bt.regMask() & ARGS_MASK) !== 0) {
    env.verifierBug(`backtracking exit unexpected regs ${bt.regMask().toString(16)}`);
    return -EFAULT;
  }
  const isR0Wanted = subseqIdx >= 1 && isPseudoCall(env.insns[subseqIdx - 1]!) && bt.isRegSet(0);
  bt.clearReg(0);
  if (bt.frame === MAX_CALL_FRAMES - 1) {
    env.verifierBug(`subprog enter from frame ${bt.frame}`);
    return -EFAULT;
  }
  bt.frame++;
  if (isR0Wanted) bt.setReg(0);
  return 0;
}

/** When the way back is lost, everything counts. @linux kernel/bpf/verifier.c `mark_all_scalars_precise` (6.18) */
export function markAllScalarsPrecise(env: VerifierEnv, startingState: VerifierState): void {
  const isLogged = (env.log.level & BPF_LOG_LEVEL2) !== 0;
  if (isLogged) {
    env.verbose(
      `mark_precise: frame${startingState.curframe}: falling back to forcing all scalars precise\n`,
    );
  }
  for (let state = startingState.parent; state !== null; state = state.parent) {
    for (const [fr, frame] of state.frames.entries()) {
      for (let i = 0; i < BPF_REG_FP; i++) {
        const reg = frame.reg(i);
        if (reg.type !== SCALAR_VALUE || reg.precise) continue;
        frame.own(i).precise = true;
        if (isLogged) env.verbose(`force_precise: frame${fr}: forcing r${i} to be precise\n`);
      }
      for (let spi = 0; spi < frame.slots; spi++) {
        const slot = frame.slot(spi);
        if (!isSpilledScalar(slot) || slot.spilled.precise) continue;
        frame.ownSpilled(spi).precise = true;
        if (isLogged) {
          const off = -(spi + 1) * BPF_REG_SIZE;
          env.verbose(`force_precise: frame${fr}: forcing fp${off} to be precise\n`);
        }
      }
    }
  }
}

/** A new checkpoint wants nothing precisely yet. */
export function markAllScalarsImprecise(state: VerifierState): void {
  for (const frame of state.frames) {
    for (let i = 0; i < BPF_REG_FP; i++) {
      const reg = frame.reg(i);
      if (reg.type === SCALAR_VALUE && reg.precise) frame.own(i).precise = false;
    }
    for (let spi = 0; spi < frame.slots; spi++) {
      const slot = frame.slot(spi);
      if (isSpilledReg(slot) && slot.spilled.type === SCALAR_VALUE && slot.spilled.precise) {
        frame.ownSpilled(spi).precise = false;
      }
    }
  }
}
