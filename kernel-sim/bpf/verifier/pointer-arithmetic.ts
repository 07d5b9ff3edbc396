/** Pointers that move: a known distance goes into their fixed offset, another into their range. */
import type { Insn } from "../../api.ts";
import { EACCES, EINVAL } from "../../include/errno.ts";
import {
  aluString,
  BPF_ADD,
  BPF_ALU64,
  BPF_AND,
  BPF_OR,
  BPF_SUB,
  BPF_XOR,
  bpfClass,
  bpfOp,
  MAX_BPF_STACK,
} from "../isa.ts";
import { regBoundsSync } from "./bounds.ts";
import type { VerifierEnv } from "./env.ts";
import {
  add,
  addOverflowsS,
  addOverflowsU,
  eq,
  fromS32,
  type Int64,
  isNegative,
  isZero,
  leS,
  ltS,
  ltU,
  S64_MAX,
  S64_MIN,
  sub,
  subOverflowsS,
  toBigS,
  U64_MAX,
  ZERO,
} from "./int64.ts";
import type { Reg, RegState } from "./reg-state.ts";
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_FUNC,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  PTR_UNTRUSTED,
  regTypeStr,
  typeIsPktPointer,
  typeMayBeNull,
} from "./reg-type.ts";
import { BPF_MAX_VAR_OFF, checkMapAccess } from "./region-access.ts";
import { commitPtrAlu, isSanitizeNeeded, type SanitizeInfo, sanitizePtrAlu } from "./sanitize.ts";
import { tnumAdd, tnumIsConst, tnumSub, tnumText } from "./tnum.ts";

const MOVABLE: ReadonlySet<number> = new Set([
  PTR_TO_CTX,
  PTR_TO_MAP_VALUE,
  PTR_TO_MAP_KEY,
  PTR_TO_STACK,
  PTR_TO_PACKET_META,
  PTR_TO_PACKET,
  PTR_TO_TP_BUFFER,
  PTR_TO_BTF_ID,
  PTR_TO_MEM,
  PTR_TO_BUF,
  PTR_TO_FUNC,
  CONST_PTR_TO_DYNPTR,
]);

/**
 * The destination becomes `ptr op off`. Either of them may be what it holds so far.
 *
 * @linux kernel/bpf/verifier.c `adjust_ptr_min_max_vals` (6.18)
 */
export function adjustPtrMinMaxVals(env: VerifierEnv, insn: Insn, ptr: Reg, off: Reg): 0 | number {
  const { code, dstReg } = insn;
  const op = bpfOp(code);
  const isKnown = tnumIsConst(off.varOff);
  if (isContradictory(off, isKnown)) {
    env.frame.own(dstReg).markUnknown(!env.bpfCapable);
    return 0;
  }
  if (bpfClass(code) !== BPF_ALU64) {
    if (op === BPF_SUB && env.allowPtrLeaks) {
      env.frame.own(dstReg).markUnknown(!env.bpfCapable);
      return 0;
    }
    env.verbose(`R${dstReg} 32-bit pointer arithmetic prohibited\n`);
    return -EACCES;
  }
  if (typeMayBeNull(ptr.type)) {
    env.verbose(
      `R${dstReg} pointer arithmetic on ${regTypeStr(ptr.type)} prohibited, null-check it first\n`,
    );
    return -EACCES;
  }
  if (baseType(ptr.type) === PTR_TO_MEM && (ptr.type & PTR_UNTRUSTED) !== 0) return 0;
  if (!isMovable(ptr, off, isKnown, op)) {
    env.verbose(`R${dstReg} pointer arithmetic on ${regTypeStr(ptr.type)} prohibited\n`);
    return -EACCES;
  }
  if (!isOffsetSane(env, off, ptr.type) || !isOffsetSane(env, ptr, ptr.type)) return -EINVAL;
  const isScalarFirst = env.frame.reg(dstReg) === off;
  const info: SanitizeInfo = { aluState: 0, aluLimit: 0, isMaskToLeft: false };
  const isSanitized = isSanitizeNeeded(op);
  // Pointers carry no 32-bit bounds, on a guessed path neither.
  env.frame.own(dstReg).mark32Unbounded();
  const sanitizeErr = isSanitized ? sanitizePtrAlu(env, insn, ptr, off, isScalarFirst, info) : 0;
  if (sanitizeErr !== 0) return sanitizeErr;
  const dst = env.frame.own(dstReg);
  const err = move(env, op, dstReg, dst, ptr, off, isKnown, isScalarFirst);
  if (err !== 0) return err;
  if (!isOffsetSane(env, dst, ptr.type)) return -EINVAL;
  regBoundsSync(dst);
  const boundsErr = sanitizeCheckBounds(env, dstReg);
  if (boundsErr !== 0 || !isSanitized) return boundsErr;
  return commitPtrAlu(env, insn, env.frame.reg(dstReg), info);
}

/** Ranges that exclude each other: no run comes here. */
function isContradictory(off: Reg, isKnown: boolean): boolean {
  if (isKnown && (!eq(off.smin, off.smax) || !eq(off.umin, off.umax))) return true;
  return ltS(off.smax, off.smin) || ltU(off.umax, off.umin);
}

function isMovable(ptr: Reg, off: Reg, isKnown: boolean, op: number): boolean {
  const base = baseType(ptr.type);
  if (MOVABLE.has(base)) return true;
  if (base === PTR_TO_FLOW_KEYS && isKnown) return true;
  const isMapOrKeys = base === PTR_TO_FLOW_KEYS || base === CONST_PTR_TO_MAP;
  return isMapOrKeys && isKnown && isZero(off.smin) && op === BPF_ADD;
}

/** @linux kernel/bpf/verifier.c `check_reg_sane_offset` (6.18) */
function isOffsetSane(env: VerifierEnv, reg: Reg, type: number): boolean {
  const { varOff, off, smin } = reg;
  if (tnumIsConst(varOff) && isTooFar(varOff.value)) {
    const distance = toBigS(varOff.value);
    env.verbose(`math between ${regTypeStr(type)} pointer and ${distance} is not allowed\n`);
    return false;
  }
  if (off >= BPF_MAX_VAR_OFF || off <= -BPF_MAX_VAR_OFF) {
    env.verbose(`${regTypeStr(type)} pointer offset ${off} is not allowed\n`);
    return false;
  }
  if (eq(smin, S64_MIN)) {
    env.verbose(
      `math between ${regTypeStr(type)} pointer and register with unbounded min value is not allowed\n`,
    );
    return false;
  }
  if (isTooFar(smin)) {
    env.verbose(`value ${toBigS(smin)} makes ${regTypeStr(type)} pointer be out of bounds\n`);
    return false;
  }
  return true;
}

const LIMIT = fromS32(BPF_MAX_VAR_OFF);
const NEGATIVE_LIMIT = fromS32(-BPF_MAX_VAR_OFF);

function isTooFar(distance: Int64): boolean {
  return leS(LIMIT, distance) || leS(distance, NEGATIVE_LIMIT);
}

function move(
  env: VerifierEnv,
  op: number,
  regno: number,
  dst: RegState,
  ptr: Reg,
  off: Reg,
  isKnown: boolean,
  isScalarFirst: boolean,
): 0 | number {
  const { smin, smax, umin, umax } = off;
  const offVarOff = off.varOff;
  dst.type = ptr.type;
  dst.id = ptr.id;
  switch (op) {
    case BPF_ADD: {
      if (isKnown && setFixedOffset(dst, ptr, add(fromS32(ptr.off), smin))) return 0;
      const sum = [add(ptr.smin, smin), add(ptr.smax, smax)] as const;
      const isSOverflow =
        addOverflowsS(ptr.smin, smin, sum[0]) || addOverflowsS(ptr.smax, smax, sum[1]);
      const usum = [add(ptr.umin, umin), add(ptr.umax, umax)] as const;
      const isUOverflow = addOverflowsU(ptr.umin, usum[0]) || addOverflowsU(ptr.umax, usum[1]);
      dst.varOff = tnumAdd(ptr.varOff, offVarOff);
      setRanges(dst, isSOverflow ? ALL_S : sum, isUOverflow ? ALL_U : usum);
      setVariableOffset(env, dst, ptr, true);
      return 0;
    }
    case BPF_SUB: {
      if (isScalarFirst) {
        env.verbose(`R${regno} tried to subtract pointer from scalar\n`);
        return -EACCES;
      }
      if (ptr.type === PTR_TO_STACK) {
        env.verbose(`R${regno} subtraction from stack pointer prohibited\n`);
        return -EACCES;
      }
      if (isKnown && setFixedOffset(dst, ptr, sub(fromS32(ptr.off), smin))) return 0;
      const rest = [sub(ptr.smin, smax), sub(ptr.smax, smin)] as const;
      const isSOverflow =
        subOverflowsS(ptr.smin, smax, rest[0]) || subOverflowsS(ptr.smax, smin, rest[1]);
      const isUOverflow = ltU(ptr.umin, umax);
      const urest = [sub(ptr.umin, umax), sub(ptr.umax, umin)] as const;
      dst.varOff = tnumSub(ptr.varOff, offVarOff);
      setRanges(dst, isSOverflow ? ALL_S : rest, isUOverflow ? ALL_U : urest);
      // Behind a pointer that moved back, what was checked is still there.
      setVariableOffset(env, dst, ptr, isNegative(smin));
      return 0;
    }
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
      env.verbose(`R${regno} bitwise operator ${aluString(op)} on pointer prohibited\n`);
      return -EACCES;
    default:
      env.verbose(`R${regno} pointer arithmetic with ${aluString(op)} operator prohibited\n`);
      return -EACCES;
  }
}

type Range = readonly [Int64, Int64];

const ALL_S: Range = [S64_MIN, S64_MAX];
const ALL_U: Range = [ZERO, U64_MAX];

function setRanges(dst: RegState, signed: Range, unsigned: Range): void {
  dst.smin = signed[0];
  dst.smax = signed[1];
  dst.umin = unsigned[0];
  dst.umax = unsigned[1];
}

/** @returns false when the offset has more than 32 bits */
function setFixedOffset(dst: RegState, ptr: Reg, off: Int64): boolean {
  if (off.hi !== off.lo >> 31) return false;
  setRanges(dst, [ptr.smin, ptr.smax], [ptr.umin, ptr.umax]);
  dst.varOff = ptr.varOff;
  dst.assignUnion(ptr);
  dst.off = off.lo;
  return true;
}

/** A packet pointer that moved by an unknown distance is one of its own. */
function setVariableOffset(env: VerifierEnv, dst: RegState, ptr: Reg, isRangeLost: boolean): void {
  dst.off = ptr.off;
  dst.assignUnion(ptr);
  if (!typeIsPktPointer(dst.type)) return;
  dst.id = env.newId();
  if (isRangeLost) dst.clearUnion();
}

/**
 * Without CAP_PERFMON, a pointer must not even be computed that leaves its object.
 *
 * @linux kernel/bpf/verifier.c `sanitize_check_bounds` (6.18)
 */
function sanitizeCheckBounds(env: VerifierEnv, regno: number): 0 | number {
  if (env.bypassSpecV1) return 0;
  const reg = env.frame.reg(regno);
  if (reg.type === PTR_TO_STACK) return checkStackPointer(env, regno, reg);
  if (reg.type !== PTR_TO_MAP_VALUE) return 0;
  if (checkMapAccess(env, regno, reg.off, 1, false) === 0) return 0;
  env.verbose(
    `R${regno} pointer arithmetic of map value goes out of range, prohibited for !root\n`,
  );
  return -EACCES;
}

/** @linux kernel/bpf/verifier.c `check_stack_access_for_ptr_arithmetic` (6.18) */
function checkStackPointer(env: VerifierEnv, regno: number, reg: Reg): 0 | number {
  const off = reg.off + reg.varOff.value.lo;
  if (!tnumIsConst(reg.varOff)) {
    env.verbose(
      `R${regno} variable stack access prohibited for !root, var_off=${tnumText(reg.varOff)} off=${off}\n`,
    );
    return -EACCES;
  }
  if (off < 0 && off >= -MAX_BPF_STACK) return 0;
  env.verbose(
    `R${regno} stack pointer arithmetic goes out of range, prohibited for !root; off=${off}\n`,
  );
  return -EACCES;
}
