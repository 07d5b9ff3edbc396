/**
 * What a CPU does on a wrong guess leaves traces that a program can measure. Programs of tasks
 * without CAP_PERFMON are held within bounds there as well: distances are masked, and what a guess
 * might do is followed like any other path.
 */
import type { Insn } from "../../api.ts";
import { EACCES, EFAULT, ENOMEM } from "../../include/errno.ts";
import { BPF_ADD, BPF_K, BPF_SUB, BPF_X, bpfOp, bpfSrc, MAX_BPF_STACK } from "../isa.ts";
import type { InsnAux, VerifierEnv } from "./env.ts";
import { isNegative } from "./int64.ts";
import { pushStack } from "./paths.ts";
import type { Reg } from "./reg-state.ts";
import { PTR_TO_MAP_VALUE, PTR_TO_STACK } from "./reg-type.ts";
import { tnumIsConst } from "./tnum.ts";

/** @linux include/linux/bpf_verifier.h (6.18) */
export const BPF_ALU_SANITIZE_SRC = 1 << 0;
export const BPF_ALU_SANITIZE_DST = 1 << 1;
export const BPF_ALU_NEG_VALUE = 1 << 2;
export const BPF_ALU_NON_POINTER = 1 << 3;
export const BPF_ALU_IMMEDIATE = 1 << 4;

const REASON_BOUNDS = -1;
const REASON_TYPE = -2;
const REASON_PATHS = -3;
const REASON_LIMIT = -4;
const REASON_STACK = -5;

/** What the look before a pointer moves tells the one after it. @linux kernel/bpf/verifier.c `struct bpf_sanitize_info` (6.18) */
export interface SanitizeInfo {
  aluState: number;
  aluLimit: number;
  isMaskToLeft: boolean;
}

export function isSanitizeNeeded(op: number): boolean {
  return op === BPF_ADD || op === BPF_SUB;
}

/** @linux kernel/bpf/verifier.c `can_skip_alu_sanitation` (6.18) */
export function canSkipAluSanitation(env: VerifierEnv, { code }: Insn): boolean {
  return env.bypassSpecV1 || bpfSrc(code) === BPF_K || env.aux[env.insnIdx]!.nospec;
}

/** A sum of numbers must not be one of a pointer on another path. @linux kernel/bpf/verifier.c `sanitize_val_alu` (6.18) */
export function sanitizeValAlu(env: VerifierEnv, insn: Insn): 0 | number {
  if (canSkipAluSanitation(env, insn)) return 0;
  const reason = updateAluState(env.aux[env.insnIdx]!, BPF_ALU_NON_POINTER, 0);
  return reason === 0 ? 0 : sanitizeErr(env, insn, reason, false);
}

/**
 * Before the pointer has moved: how far the distance may take it, and what else a guess may do.
 *
 * @param isScalarFirst the destination holds the distance, not the pointer
 * @linux kernel/bpf/verifier.c `sanitize_ptr_alu` (6.18)
 */
export function sanitizePtrAlu(
  env: VerifierEnv,
  insn: Insn,
  ptr: Reg,
  off: Reg,
  isScalarFirst: boolean,
  info: SanitizeInfo,
): 0 | number {
  if (canSkipAluSanitation(env, insn)) return 0;
  const isOffImm = tnumIsConst(off.varOff);
  const isOffNegative = isNegative(off.smin);
  if (!env.curState.isSpeculative) {
    if (!isOffImm && isOffNegative !== isNegative(off.smax)) {
      return sanitizeErr(env, insn, REASON_BOUNDS, isScalarFirst);
    }
    info.isMaskToLeft = (bpfOp(insn.code) === BPF_ADD) === isOffNegative;
    const limit = ptrLimit(ptr, info.isMaskToLeft);
    if (limit < 0) return sanitizeErr(env, insn, limit, isScalarFirst);
    const state =
      (isOffNegative ? BPF_ALU_NEG_VALUE : 0) |
      (isOffImm ? BPF_ALU_IMMEDIATE : 0) |
      (isScalarFirst ? BPF_ALU_SANITIZE_DST : BPF_ALU_SANITIZE_SRC);
    // With other numbers, other paths might need other masks.
    if (!isOffImm) env.exploreAluLimits = true;
    info.aluState = state;
    info.aluLimit = limit;
  }
  // A known distance is put into the instruction and needs no mask.
  if (isOffImm) return 0;
  return simulateMaskedMove(env, insn, ptr, isScalarFirst);
}

/**
 * After the pointer has moved: by how much it did is what the distance is masked with.
 *
 * @linux kernel/bpf/verifier.c `sanitize_ptr_alu` (6.18)
 */
export function commitPtrAlu(
  env: VerifierEnv,
  insn: Insn,
  moved: Reg,
  info: SanitizeInfo,
): 0 | number {
  if (canSkipAluSanitation(env, insn) || env.curState.isSpeculative) return 0;
  const limit = ptrLimit(moved, info.isMaskToLeft);
  if (limit < 0) return sanitizeErr(env, insn, limit, false);
  const window = Math.abs((info.aluLimit - limit) | 0);
  const reason = updateAluState(env.aux[env.insnIdx]!, info.aluState, window);
  return reason === 0 ? 0 : sanitizeErr(env, insn, reason, false);
}

/** The mask may have made the distance 0: the pointer is where it was. */
function simulateMaskedMove(
  env: VerifierEnv,
  insn: Insn,
  ptr: Reg,
  isScalarFirst: boolean,
): 0 | number {
  const branch = pushStack(env, env.insnIdx + 1, env.insnIdx, true);
  if (branch === null) return sanitizeErr(env, insn, REASON_STACK, isScalarFirst);
  if (isScalarFirst) branch.frame.own(insn.dstReg).assign(ptr);
  return 0;
}

/** How far the pointer may move in a direction, or a reason. @linux kernel/bpf/verifier.c `retrieve_ptr_limit` (6.18) */
function ptrLimit(ptr: Reg, isMaskToLeft: boolean): number {
  let max: number;
  let limit: number;
  switch (ptr.type) {
    case PTR_TO_STACK:
      // Its end is no place to read, but one to start from to the left.
      max = MAX_BPF_STACK + (isMaskToLeft ? 1 : 0);
      limit = -((ptr.varOff.value.lo + ptr.off) | 0) >>> 0;
      break;
    case PTR_TO_MAP_VALUE:
      max = ptr.map!.valueSize;
      limit = ((isMaskToLeft ? ptr.smin.lo : ptr.umax.lo) + ptr.off) >>> 0;
      break;
    default:
      return REASON_TYPE;
  }
  return limit >= max ? REASON_LIMIT : limit;
}

/** Other paths must not need another mask. @linux kernel/bpf/verifier.c `update_alu_sanitation_state` (6.18) */
function updateAluState(aux: InsnAux, state: number, limit: number): number {
  if (aux.aluState !== 0 && (aux.aluState !== state || aux.aluLimit !== limit)) {
    return REASON_PATHS;
  }
  aux.aluState = state;
  aux.aluLimit = limit;
  return 0;
}

/**
 * Puts aside the path to `next`, where a comparison would only lead on a guess: its operands may be
 * anything there.
 *
 * @linux kernel/bpf/verifier.c `sanitize_speculative_path` (6.18)
 */
export function sanitizeSpeculativePath(env: VerifierEnv, insn: Insn, next: number): 0 | number {
  const branch = pushStack(env, next, env.insnIdx, true);
  if (branch === null) return -EFAULT;
  branch.frame.own(insn.dstReg).markUnknown(!env.bpfCapable);
  if (bpfSrc(insn.code) === BPF_X) {
    branch.frame.own(insn.srcReg).markUnknown(!env.bpfCapable);
  }
  return 0;
}

const PROHIBITED = "pointer arithmetic with it prohibited for !root";

/** @linux kernel/bpf/verifier.c `sanitize_err` (6.18) */
function sanitizeErr(
  env: VerifierEnv,
  { code, dstReg, srcReg }: Insn,
  reason: number,
  isOffFirst: boolean,
): number {
  const op = bpfOp(code) === BPF_ADD ? "add" : "sub";
  const complaints: Readonly<Record<number, string>> = {
    [REASON_BOUNDS]: `R${isOffFirst ? dstReg : srcReg} has unknown scalar with mixed signed bounds, `,
    [REASON_TYPE]: `R${isOffFirst ? srcReg : dstReg} has pointer with unsupported alu operation, `,
    [REASON_PATHS]: `R${dstReg} tried to ${op} from different maps, paths or scalars, `,
    [REASON_LIMIT]: `R${dstReg} tried to ${op} beyond pointer bounds, `,
    [REASON_STACK]: `R${dstReg} could not be pushed for speculative verification, `,
  };
  env.verbose(`${complaints[reason]!}${PROHIBITED}\n`);
  return reason === REASON_STACK ? -ENOMEM : -EACCES;
}
