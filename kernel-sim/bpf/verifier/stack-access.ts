/**
 * Reads and writes of the stack. Registers that are spilled to an aligned slot come back as they
 * were; other bytes are only known to be written, or to be zero.
 */
import { EACCES, EFAULT, EINVAL } from "../../include/errno.ts";
import { BPF_MEM, BPF_REG_SIZE, BPF_ST, bpfClass, bpfMode, MAX_BPF_STACK } from "../isa.ts";
import { markChainPrecision } from "./backtrack.ts";
import type { VerifierEnv } from "./env.ts";
import { checkFastcallStackContract } from "./fastcall.ts";
import { pushHistory } from "./history.ts";
import { bitLength, fromS32, leS, toNumberS } from "./int64.ts";
import { BPF_ADD_CONST, isNullReg, knownImm, type Reg, type RegState } from "./reg-state.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  NOT_INIT,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_FUNC,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_STACK,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
  SCALAR_VALUE,
} from "./reg-type.ts";
import { BPF_MAX_VAR_OFF, BPF_READ, BPF_WRITE } from "./region-access.ts";
import { destroyIfDynptrStackSlot } from "./stack-dynptr.ts";
import {
  type FuncState,
  isSlotSpecial,
  isSpilledReg,
  isSpilledScalar,
  STACK_DYNPTR,
  STACK_INVALID,
  STACK_MISC,
  STACK_SPILL,
  STACK_ZERO,
  slotType,
  withSlotType,
} from "./states.ts";
import { tnumIsConst, tnumText } from "./tnum.ts";
import { insnStackAccessFlags } from "./verifier-state.ts";

const SPILLABLE: ReadonlySet<number> = new Set([
  PTR_TO_MAP_VALUE,
  PTR_TO_STACK,
  PTR_TO_CTX,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_PACKET_END,
  PTR_TO_FLOW_KEYS,
  CONST_PTR_TO_MAP,
  PTR_TO_SOCKET,
  PTR_TO_SOCK_COMMON,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_MEM,
  PTR_TO_FUNC,
  PTR_TO_MAP_KEY,
  PTR_TO_ARENA,
]);

/** The slot of a byte, by its offset from the frame pointer. */
function spiOf(off: number): number {
  return (-off - 1) >> 3;
}

function byteOf(off: number): number {
  return (-off - 1) & 7;
}

/** How many bits the value needs. */
export function regWidth(reg: Reg): number {
  return bitLength(reg.umax);
}

/** The frame that a stack pointer points into. */
export function frameOf(env: VerifierEnv, reg: Reg): FuncState {
  return env.curState.frames[reg.frameno]!;
}

/**
 * A scalar that is about to have a copy gets an id, so that what is learnt of one holds for both.
 *
 * @linux kernel/bpf/verifier.c `assign_scalar_id_before_mov` (6.18)
 */
export function assignScalarId(env: VerifierEnv, regno: number): void {
  const reg = env.frame.reg(regno);
  if (reg.type !== SCALAR_VALUE) return;
  if ((reg.id & BPF_ADD_CONST) !== 0) {
    const own = env.frame.own(regno);
    own.clearScalarId();
  }
  const { id, varOff } = env.frame.reg(regno);
  if (id === 0 && !tnumIsConst(varOff)) env.frame.own(regno).id = env.newId();
}

/** @linux kernel/bpf/verifier.c `check_stack_access_within_bounds` (6.18) */
function checkWithinBounds(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  access: number,
): 0 | number {
  const reg = env.frame.reg(regno);
  const frame = frameOf(env, reg);
  const how = access === BPF_READ ? " read from" : " write to";
  const isConst = tnumIsConst(reg.varOff);
  let minOff: number;
  let maxOff: number;
  if (isConst) {
    minOff = toNumberS(reg.varOff.value) + off;
    maxOff = minOff + size;
  } else {
    if (leS(MAX_OFF, reg.smax) || leS(reg.smin, MIN_OFF)) {
      env.verbose(`invalid unbounded variable-offset${how} stack R${regno}\n`);
      return -EACCES;
    }
    minOff = toNumberS(reg.smin) + off;
    maxOff = toNumberS(reg.smax) + off + size;
  }
  let err = isSlotWithinBounds(env, minOff, frame, access) ? 0 : -EACCES;
  if (err === 0 && maxOff > 0) err = -EINVAL;
  if (err === 0 && size < 0) err = -EFAULT;
  if (err !== 0) {
    env.verbose(
      isConst
        ? `invalid${how} stack R${regno} off=${off} size=${size}\n`
        : `invalid variable-offset${how} stack R${regno} var_off=${tnumText(reg.varOff)} off=${off} size=${size}\n`,
    );
    return err;
  }
  growStack(env, frame, -minOff);
  return 0;
}

const MAX_OFF = fromS32(BPF_MAX_VAR_OFF);
const MIN_OFF = fromS32(-BPF_MAX_VAR_OFF);

function isSlotWithinBounds(
  env: VerifierEnv,
  off: number,
  frame: FuncState,
  access: number,
): boolean {
  const isAnyAllowed = access === BPF_WRITE || env.allowUninitStack;
  const lowest = isAnyAllowed ? -MAX_BPF_STACK : -frame.allocatedStack;
  return off >= lowest && off <= -1;
}

function growStack(env: VerifierEnv, frame: FuncState, bytes: number): void {
  if (!frame.growStack(bytes)) return;
  const subprog = env.subprogs[frame.subprogno]!;
  subprog.stackDepth = Math.max(subprog.stackDepth, frame.allocatedStack);
}

/** @param valueRegno -1 when what is read goes to no register */
export function checkStackRead(
  env: VerifierEnv,
  ptrRegno: number,
  off: number,
  size: number,
  valueRegno: number,
): 0 | number {
  const err = checkWithinBounds(env, ptrRegno, off, size, BPF_READ);
  if (err !== 0) return err;
  const reg = env.frame.reg(ptrRegno);
  const isVariable = !tnumIsConst(reg.varOff);
  if (valueRegno < 0 && isVariable) {
    env.verbose(
      `variable offset stack pointer cannot be passed into helper function; var_off=${tnumText(reg.varOff)} off=${off} size=${size}\n`,
    );
    return -EACCES;
  }
  if (isVariable) return readVariable(env, ptrRegno, off, size, valueRegno);
  return readFixed(env, frameOf(env, reg), off + reg.varOff.value.lo, size, valueRegno);
}

/** @param valueRegno -1 when something unknown or a constant is written */
export function checkStackWrite(
  env: VerifierEnv,
  ptrRegno: number,
  off: number,
  size: number,
  valueRegno: number,
  insnIdx: number,
): 0 | number {
  const err = checkWithinBounds(env, ptrRegno, off, size, BPF_WRITE);
  if (err !== 0) return err;
  const reg = env.frame.reg(ptrRegno);
  const frame = frameOf(env, reg);
  if (!tnumIsConst(reg.varOff)) {
    return writeVariable(env, frame, ptrRegno, off, size, valueRegno, insnIdx);
  }
  return writeFixed(env, frame, off + reg.varOff.value.lo, size, valueRegno, insnIdx);
}

/** @linux kernel/bpf/verifier.c `check_stack_write_fixed_off` (6.18) */
function writeFixed(
  env: VerifierEnv,
  frame: FuncState,
  off: number,
  size: number,
  valueRegno: number,
  insnIdx: number,
): 0 | number {
  const spi = spiOf(off);
  const slot = frame.slot(spi);
  const isSpecial = isSlotSpecial(slot) && !isSpilledScalar(slot);
  if (!env.allowPtrLeaks && isSpecial && size !== BPF_REG_SIZE) {
    env.verbose("attempt to corrupt spilled pointer on stack\n");
    return -EACCES;
  }
  const err = destroyIfDynptrStackSlot(env, frame, spi);
  if (err !== 0) return err;
  const isAligned = off % BPF_REG_SIZE === 0;
  if (isAligned && size === BPF_REG_SIZE) env.liveness.markStackWrite(frame.frameno, spi);
  checkFastcallStackContract(env, frame.subprogno, insnIdx, off);
  env.markSlotScratched(spi);
  const reg = valueRegno >= 0 ? env.frame.reg(valueRegno) : undefined;
  if (!env.bypassSpecV4) sanitizeStackWrite(env, frame, off, size, reg, insnIdx);
  const insn = env.insns[insnIdx]!;
  const isConstant = bpfClass(insn.code) === BPF_ST && bpfMode(insn.code) === BPF_MEM;
  if (reg !== undefined && isAligned && reg.type === SCALAR_VALUE && env.bpfCapable) {
    const isFitting = regWidth(reg) <= size * 8;
    if (isFitting) assignScalarId(env, valueRegno);
    saveRegister(frame, spi, env.frame.reg(valueRegno), size);
    if (!isFitting) frame.ownSpilled(spi).clearScalarId();
  } else if (reg === undefined && isAligned && isConstant && env.bpfCapable) {
    saveRegister(frame, spi, knownImm(insn.imm), size);
  } else if (reg !== undefined && SPILLABLE.has(baseType(reg.type))) {
    if (size !== BPF_REG_SIZE) {
      env.verbose("invalid size of register spill\n");
      return -EACCES;
    }
    if (frame !== env.frame && reg.type === PTR_TO_STACK) {
      env.verbose("cannot spill pointers to stack into stack frame of the caller\n");
      return -EINVAL;
    }
    saveRegister(frame, spi, reg, size);
  } else {
    const isZeroWritten = reg === undefined ? isConstant && insn.imm === 0 : isNullReg(reg);
    return writeData(env, frame, off, size, valueRegno, isZeroWritten);
  }
  return pushHistory(env, env.curState, insnStackAccessFlags(frame.frameno, spi));
}

/** A later load might be guessed not to see this: it must not find a number where an address is expected, nor the other way. */
function sanitizeStackWrite(
  env: VerifierEnv,
  frame: FuncState,
  off: number,
  size: number,
  reg: Reg | undefined,
  insnIdx: number,
): void {
  const slot = frame.slot(spiOf(off));
  let isNeeded = reg !== undefined && SPILLABLE.has(baseType(reg.type));
  for (let i = 0; i < size && !isNeeded; i++) {
    const type = slotType(slot, byteOf(off + i));
    isNeeded = type !== STACK_MISC && type !== STACK_ZERO;
  }
  if (isNeeded) env.aux[insnIdx]!.nospecResult = true;
}

/** Bytes that are no register. */
function writeData(
  env: VerifierEnv,
  frame: FuncState,
  off: number,
  size: number,
  valueRegno: number,
  isZeroWritten: boolean,
): 0 | number {
  const spi = spiOf(off);
  forgetSpilled(frame, spi);
  if (isSlotSpecial(frame.slot(spi))) scrubSlot(frame, spi);
  if (isZeroWritten) {
    // The slot is not a register any more: that it is zero rests on the register it came from.
    const err = markChainPrecision(env, valueRegno);
    if (err !== 0) return err;
  }
  let { types } = frame.slot(spi);
  const type = isZeroWritten ? STACK_ZERO : STACK_MISC;
  for (let i = 0; i < size; i++) types = withSlotType(types, byteOf(off + i), type);
  frame.setSlotTypes(spi, types);
  return 0;
}

function forgetSpilled(frame: FuncState, spi: number): void {
  if (frame.slot(spi).spilled.type !== NOT_INIT) frame.ownSpilled(spi).type = NOT_INIT;
}

/** A spilled register loses its meaning, its bytes remain. */
function scrubSlot(frame: FuncState, spi: number): void {
  let { types } = frame.slot(spi);
  for (let byte = 0; byte < BPF_REG_SIZE; byte++) {
    if (((types >>> (byte * 4)) & 0xf) !== STACK_INVALID) {
      types = withSlotType(types, byte, STACK_MISC);
    }
  }
  frame.setSlotTypes(spi, types);
}

/** @linux kernel/bpf/verifier.c `save_register_state` (6.18) */
function saveRegister(frame: FuncState, spi: number, reg: Reg, size: number): void {
  frame.ownSpilled(spi).assign(reg);
  let { types } = frame.slot(spi);
  for (let byte = 0; byte < BPF_REG_SIZE; byte++) {
    if (byte >= BPF_REG_SIZE - size) {
      types = withSlotType(types, byte, STACK_SPILL);
      continue;
    }
    const old = (types >>> (byte * 4)) & 0xf;
    if (old !== STACK_ZERO && old !== STACK_INVALID) types = withSlotType(types, byte, STACK_MISC);
  }
  frame.setSlotTypes(spi, types);
}

/**
 * A write to a place that is not known exactly may have changed any byte it can reach.
 *
 * @linux kernel/bpf/verifier.c `check_stack_write_var_off` (6.18)
 */
function writeVariable(
  env: VerifierEnv,
  frame: FuncState,
  ptrRegno: number,
  off: number,
  size: number,
  valueRegno: number,
  insnIdx: number,
): 0 | number {
  const ptr = env.frame.reg(ptrRegno);
  const minOff = toNumberS(ptr.smin) + off;
  const maxOff = toNumberS(ptr.smax) + off + size;
  const value = valueRegno >= 0 ? env.frame.reg(valueRegno) : undefined;
  const insn = env.insns[insnIdx]!;
  const isConstant = bpfClass(insn.code) === BPF_ST && bpfMode(insn.code) === BPF_MEM;
  const isZeroWritten = value === undefined ? isConstant && insn.imm === 0 : isNullReg(value);
  let isZeroUsed = false;
  for (let at = minOff; at < maxOff; at++) {
    const err = destroyIfDynptrStackSlot(env, frame, spiOf(at));
    if (err !== 0) return err;
  }
  checkFastcallStackContract(env, frame.subprogno, insnIdx, minOff);
  for (let at = minOff; at < maxOff; at++) {
    const spi = spiOf(at);
    const slot = frame.slot(spi);
    const type = slotType(slot, byteOf(at));
    env.markSlotScratched(spi);
    if (!env.allowPtrLeaks && type !== STACK_MISC && type !== STACK_ZERO) {
      env.verbose(
        `spilled ptr in range of var-offset stack write; insn ${insnIdx}, ptr off: ${at}`,
      );
      return -EINVAL;
    }
    if (isZeroWritten && type === STACK_SPILL && isSpilledScalar(slot) && isNullReg(slot.spilled)) {
      isZeroUsed = true;
      continue;
    }
    forgetSpilled(frame, spi);
    // What is left of a register would look like one that was never set.
    if (isSlotSpecial(slot)) scrubSlot(frame, spi);
    const isStillZero = isZeroWritten && slotType(frame.slot(spi), byteOf(at)) === STACK_ZERO;
    if (isStillZero) isZeroUsed = true;
    if (type === STACK_INVALID && !env.allowUninitStack) {
      env.verbose(
        `uninit stack in range of var-offset write prohibited for !root; insn ${insnIdx}, off: ${at}`,
      );
      return -EINVAL;
    }
    frame.setSlotType(spi, byteOf(at), isStillZero ? STACK_ZERO : STACK_MISC);
  }
  return isZeroUsed ? markChainPrecision(env, valueRegno) : 0;
}

/** @linux kernel/bpf/verifier.c `check_stack_read_fixed_off` (6.18) */
function readFixed(
  env: VerifierEnv,
  frame: FuncState,
  off: number,
  size: number,
  valueRegno: number,
): 0 | number {
  const spi = spiOf(off);
  env.markSlotScratched(spi);
  checkFastcallStackContract(env, env.frame.subprogno, env.insnIdx, off);
  env.liveness.markStackRead(frame.frameno, env.insnIdx, spi);
  const slot = frame.slot(spi);
  if (!isSpilledReg(slot)) {
    const err = checkInitialized(env, frame, off, size);
    if (err !== 0) return err;
    if (valueRegno >= 0) markStackRead(env, frame, off, off + size, valueRegno);
    return 0;
  }
  const { spilled } = slot;
  const spillSize = spilledBytes(slot.types);
  if (size === BPF_REG_SIZE && spillSize === BPF_REG_SIZE) {
    if (valueRegno >= 0) {
      env.frame.own(valueRegno).assign(spilled);
    } else if (!env.allowPtrLeaks && spilled.type !== SCALAR_VALUE) {
      env.verbose(`leaking pointer from stack off ${off}\n`);
      return -EACCES;
    }
  } else {
    if (spilled.type !== SCALAR_VALUE) {
      env.verbose("invalid size of register fill\n");
      return -EACCES;
    }
    if (valueRegno < 0) return 0;
    if (size <= spillSize && isNarrowAccessOk(off)) {
      fillNarrow(env.frame.own(valueRegno), spilled, size);
    } else {
      const answer = fillParts(env, frame, off, size, valueRegno);
      if (answer !== FILLED) return answer;
    }
  }
  return pushHistory(env, env.curState, insnStackAccessFlags(frame.frameno, spi));
}

/** How many bytes of the slot are a spilled register. */
function spilledBytes(types: number): number {
  let bytes = 1;
  while (bytes < BPF_REG_SIZE && ((types >>> ((7 - bytes) * 4)) & 0xf) === STACK_SPILL) bytes++;
  return bytes;
}

/** On a little-endian machine, a narrow read of a spill gets its lower bytes only from its start. */
function isNarrowAccessOk(off: number): boolean {
  return off % BPF_REG_SIZE === 0;
}

function fillNarrow(reg: RegState, spilled: Reg, size: number): void {
  reg.assign(spilled);
  if (regWidth(spilled) > size * 8) reg.clearScalarId();
}

const FILLED = 1;

/** A read of parts of a slot, which may be a register in parts. */
function fillParts(
  env: VerifierEnv,
  frame: FuncState,
  off: number,
  size: number,
  valueRegno: number,
): 0 | number {
  const slot = frame.slot(spiOf(off));
  let spills = 0;
  let zeros = 0;
  for (let i = 0; i < size; i++) {
    const type = slotType(slot, byteOf(off + i));
    if (type === STACK_SPILL) spills++;
    else if (type === STACK_ZERO) zeros++;
    else if (type !== STACK_MISC && !(type === STACK_INVALID && env.allowUninitStack)) {
      env.verbose(`invalid read from stack off ${off}+${i} size ${size}\n`);
      return -EACCES;
    }
  }
  const reg = env.frame.own(valueRegno);
  if (spills === size && isNullReg(slot.spilled)) {
    reg.markConstZero(!env.bpfCapable);
    return FILLED;
  }
  if (zeros === size) reg.markConstZero(!env.bpfCapable);
  else reg.markUnknown(!env.bpfCapable);
  return 0;
}

function checkInitialized(
  env: VerifierEnv,
  frame: FuncState,
  off: number,
  size: number,
): 0 | number {
  const slot = frame.slot(spiOf(off));
  for (let i = 0; i < size; i++) {
    const type = slotType(slot, byteOf(off + i));
    if (type === STACK_MISC || type === STACK_ZERO) continue;
    if (type === STACK_INVALID && env.allowUninitStack) continue;
    env.verbose(`invalid read from stack off ${off}+${i} size ${size}\n`);
    return -EACCES;
  }
  return 0;
}

/** Bytes that are all zero make a zero, others an unknown number. @linux kernel/bpf/verifier.c `mark_reg_stack_read` (6.18) */
function markStackRead(
  env: VerifierEnv,
  frame: FuncState,
  minOff: number,
  maxOff: number,
  valueRegno: number,
): void {
  let isAllZero = true;
  for (let at = minOff; at < maxOff && isAllZero; at++) {
    env.markSlotScratched(spiOf(at));
    isAllZero = slotType(frame.slot(spiOf(at)), byteOf(at)) === STACK_ZERO;
  }
  const reg = env.frame.own(valueRegno);
  if (isAllZero) reg.markConstZero(!env.bpfCapable);
  else reg.markUnknown(!env.bpfCapable);
}

/** @linux kernel/bpf/verifier.c `check_stack_read_var_off` (6.18) */
function readVariable(
  env: VerifierEnv,
  ptrRegno: number,
  off: number,
  size: number,
  valueRegno: number,
): 0 | number {
  const err = checkStackRangeInitialized(env, ptrRegno, off, size, false, BPF_READ, null);
  if (err !== 0) return err;
  const reg = env.frame.reg(ptrRegno);
  const frame = frameOf(env, reg);
  const minOff = toNumberS(reg.smin) + off;
  const maxOff = toNumberS(reg.smax) + off;
  markStackRead(env, frame, minOff, maxOff + size, valueRegno);
  checkFastcallStackContract(env, frame.subprogno, env.insnIdx, minOff);
  return 0;
}

/** A helper that fills memory which nobody must have written before. */
export interface RawMode {
  isRaw: boolean;
  accessSize: number;
  regno: number;
}

/**
 * Whether the part of the stack that a helper reads was written before.
 *
 * @linux kernel/bpf/verifier.c `check_stack_range_initialized` (6.18)
 */
export function checkStackRangeInitialized(
  env: VerifierEnv,
  regno: number,
  off: number,
  accessSize: number,
  isZeroSizeAllowed: boolean,
  access: number,
  raw: RawMode | null,
): 0 | number {
  if (accessSize === 0 && !isZeroSizeAllowed) {
    env.verbose("invalid zero-sized read\n");
    return -EACCES;
  }
  const err = checkWithinBounds(env, regno, off, accessSize, access);
  if (err !== 0) return err;
  const reg = env.frame.reg(regno);
  const frame = frameOf(env, reg);
  const isConst = tnumIsConst(reg.varOff);
  if (!isConst && !env.bypassSpecV1) {
    env.verbose(
      `R${regno} variable offset stack access prohibited for !root, var_off=${tnumText(reg.varOff)}\n`,
    );
    return -EACCES;
  }
  const minOff = toNumberS(isConst ? reg.varOff.value : reg.smin) + off;
  const maxOff = toNumberS(isConst ? reg.varOff.value : reg.smax) + off;
  // Only at a known place is it sure what the helper fills.
  if (raw?.isRaw === true && isConst) {
    for (let at = minOff; at < maxOff + accessSize; at++) {
      // Elsewhere the helper may be given the dynptr itself.
      if (slotType(frame.slot(spiOf(at)), byteOf(at)) !== STACK_DYNPTR) continue;
      env.verbose(`potential write to dynptr at off=${at} disallowed\n`);
      return -EACCES;
    }
    raw.accessSize = accessSize;
    raw.regno = regno;
    return 0;
  }
  for (let at = minOff; at < maxOff + accessSize; at++) {
    const spi = spiOf(at);
    if (!isReadable(env, frame, spi, byteOf(at), access === BPF_WRITE)) {
      const where = isConst
        ? `off ${minOff}+${at - minOff}`
        : `var_off ${tnumText(reg.varOff)}+${at - minOff}`;
      env.verbose(`invalid read from stack R${regno} ${where} size ${accessSize}\n`);
      return -EACCES;
    }
    env.liveness.markStackRead(reg.frameno, env.insnIdx, spi);
  }
  return 0;
}

/** @param isClobbered the helper may write there as well */
function isReadable(
  env: VerifierEnv,
  frame: FuncState,
  spi: number,
  byte: number,
  isClobbered: boolean,
): boolean {
  const slot = frame.slot(spi);
  const type = slotType(slot, byte);
  if (type === STACK_MISC) return true;
  if (type === STACK_ZERO || (type === STACK_INVALID && env.allowUninitStack)) {
    if (isClobbered) frame.setSlotType(spi, byte, STACK_MISC);
    return true;
  }
  if (!isSpilledReg(slot)) return false;
  if (slot.spilled.type !== SCALAR_VALUE && !env.allowPtrLeaks) return false;
  if (isClobbered) {
    frame.ownSpilled(spi).markUnknown(!env.bpfCapable);
    scrubSlot(frame, spi);
  }
  return true;
}
