/** Whether a program may sleep, and what it is attached to, where that is said when it is loaded. */
import { EINVAL, ENOTSUPP } from "../../include/errno.ts";
import {
  BPF_MODIFY_RETURN,
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_STRUCT_OPS,
  BPF_PROG_TYPE_SYSCALL,
  BPF_PROG_TYPE_TRACING,
  BPF_TRACE_FENTRY,
  BPF_TRACE_FEXIT,
  BPF_TRACE_ITER,
} from "../uapi.ts";
import type { VerifierEnv } from "./env.ts";

/**
 * @linux kernel/bpf/verifier.c `check_attach_btf_id` (6.18)
 * @simplified a load cannot say what it is attached to (`attach_btf_id`), so programs that must are refused.
 */
export function checkAttachTarget(env: VerifierEnv): 0 | number {
  const { progType, isSleepable } = env;
  if (progType === BPF_PROG_TYPE_SYSCALL) {
    if (isSleepable) return 0;
    env.verbose("Syscall programs can only be sleepable\n");
    return -EINVAL;
  }
  if (isSleepable && !canBeSleepable(env)) {
    env.verbose(
      "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable\n",
    );
    return -EINVAL;
  }
  switch (progType) {
    case BPF_PROG_TYPE_STRUCT_OPS:
      return checkStructOps(env);
    case BPF_PROG_TYPE_TRACING:
    case BPF_PROG_TYPE_LSM:
    case BPF_PROG_TYPE_EXT:
      env.verbose("Tracing programs must provide btf_id\n");
      return -EINVAL;
    default:
      return 0;
  }
}

/** @linux kernel/bpf/verifier.c `can_be_sleepable` (6.18) */
function canBeSleepable({ progType, expectedAttachType }: VerifierEnv): boolean {
  switch (progType) {
    case BPF_PROG_TYPE_TRACING:
      return (
        expectedAttachType === BPF_TRACE_FENTRY ||
        expectedAttachType === BPF_TRACE_FEXIT ||
        expectedAttachType === BPF_MODIFY_RETURN ||
        expectedAttachType === BPF_TRACE_ITER
      );
    case BPF_PROG_TYPE_LSM:
    case BPF_PROG_TYPE_STRUCT_OPS:
    // For probes of user programs.
    case BPF_PROG_TYPE_KPROBE:
      return true;
    default:
      return false;
  }
}

/** @linux kernel/bpf/verifier.c `check_struct_ops_btf_id` (6.18) */
function checkStructOps(env: VerifierEnv): number {
  if (env.isGplCompatible) return -ENOTSUPP;
  env.verbose("struct ops programs must have a GPL compatible license\n");
  return -EINVAL;
}
