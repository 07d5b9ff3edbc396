import { EACCES, EINVAL } from "../../include/errno.ts";
import { BPF_REG_FP, MAX_BPF_REG } from "../isa.ts";
import type { VerifierEnv } from "./env.ts";
import type { Reg } from "./reg-state.ts";
import { NOT_INIT, SCALAR_VALUE } from "./reg-type.ts";
import type { FuncState } from "./states.ts";

/** The register is read. */
export const SRC_OP = 0;
/** The register is written, with a value that nothing is known of. */
export const DST_OP = 1;
/** The register is written, and the caller says what with. */
export const DST_OP_NO_MARK = 2;

/**
 * Whether an instruction may read or write the register.
 *
 * @linux kernel/bpf/verifier.c `__check_reg_arg` (6.18)
 */
export function checkRegArg(env: VerifierEnv, regno: number, how: number): 0 | number {
  if (regno >= MAX_BPF_REG) {
    env.verbose(`R${regno} is invalid\n`);
    return -EINVAL;
  }
  env.markRegScratched(regno);
  if (how === SRC_OP) {
    if (env.frame.reg(regno).type !== NOT_INIT) return 0;
    env.verbose(`R${regno} !read_ok\n`);
    return -EACCES;
  }
  if (regno === BPF_REG_FP) {
    env.verbose("frame pointer is read only\n");
    return -EACCES;
  }
  if (how === DST_OP) markRegUnknown(env, regno);
  return 0;
}

/** A register of the current frame becomes a number that nothing is known of. */
export function markRegUnknown(env: VerifierEnv, regno: number): void {
  env.frame.own(regno).markUnknown(!env.bpfCapable);
}

/** The variable part of a register of the current frame is 0. */
export function markRegKnownZero(env: VerifierEnv, regno: number): void {
  env.frame.own(regno).markKnownZero();
}

/** Calls use up r0 to r5. @linux kernel/bpf/verifier.c `clear_caller_saved_regs` (6.18) */
export function clearCallerSavedRegs(env: VerifierEnv, frame: FuncState = env.frame): void {
  for (let regno = 0; regno <= 5; regno++) {
    frame.own(regno).markNotInit(!env.bpfCapable);
    env.markRegScratched(regno);
  }
}

export function isPointer(reg: Reg): boolean {
  return reg.type !== SCALAR_VALUE;
}

/** Whether the register holds an address that the task must not learn. */
export function isPointerValue(env: VerifierEnv, regno: number): boolean {
  return !env.allowPtrLeaks && isPointer(env.frame.reg(regno));
}
