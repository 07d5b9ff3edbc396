import type { Insn } from "../../api.ts";
import { EINVAL } from "../../include/errno.ts";
import { BPF_ABS, BPF_DW, BPF_IND, bpfMode, bpfSize } from "../isa.ts";
import {
  BPF_PROG_TYPE_SCHED_ACT,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SOCKET_FILTER,
} from "../uapi.ts";
import { returnEarly } from "./early-return.ts";
import type { VerifierEnv } from "./env.ts";
import { checkResourceLeak } from "./references.ts";
import { checkRegArg, clearCallerSavedRegs, markRegUnknown, SRC_OP } from "./reg-arg.ts";
import { PTR_TO_CTX } from "./reg-type.ts";
import { checkPtrOffReg } from "./region-access.ts";

const SKB_PROG_TYPES: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SCHED_ACT,
]);

const CTX_REG = 6;

/** @linux kernel/bpf/verifier.c `may_access_skb` (6.18) */
export function mayAccessSkb(progType: number): boolean {
  return SKB_PROG_TYPES.has(progType);
}

/**
 * Packet loads of the classic BPF: the packet is found through r6, and the program ends where it
 * is too short.
 *
 * @linux kernel/bpf/verifier.c `check_ld_abs` (6.18)
 */
export function checkLdAbs(env: VerifierEnv, insn: Insn): 0 | number {
  if (!mayAccessSkb(env.progType)) {
    env.verbose("BPF_LD_[ABS|IND] instructions not allowed for this program type\n");
    return -EINVAL;
  }
  const { code, dstReg, srcReg, off } = insn;
  const isAbs = bpfMode(code) === BPF_ABS;
  if (dstReg !== 0 || off !== 0 || bpfSize(code) === BPF_DW || (isAbs && srcReg !== 0)) {
    env.verbose("BPF_LD_[ABS|IND] uses reserved fields\n");
    return -EINVAL;
  }
  const err =
    checkRegArg(env, CTX_REG, SRC_OP) || checkResourceLeak(env, false, true, "BPF_LD_[ABS|IND]");
  if (err !== 0) return err;
  if (env.frame.reg(CTX_REG).type !== PTR_TO_CTX) {
    env.verbose("at the time of BPF_LD_ABS|IND R6 != pointer to skb\n");
    return -EINVAL;
  }
  const argErr =
    (bpfMode(code) === BPF_IND ? checkRegArg(env, srcReg, SRC_OP) : 0) ||
    checkPtrOffReg(env, env.frame.reg(CTX_REG), CTX_REG);
  if (argErr !== 0) return argErr;
  clearCallerSavedRegs(env);
  markRegUnknown(env, 0);
  return returnEarly(env, () => env.frame.own(0).markConstZero(false));
}
