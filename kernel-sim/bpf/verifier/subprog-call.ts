/** Whether what a call passes is what the BTF of the called function says. */
import { EFAULT, EINVAL } from "../../include/errno.ts";
import { checkRegType } from "./arg-types.ts";
import { processDynptrFunc } from "./dynptr.ts";
import type { VerifierEnv } from "./env.ts";
import { checkArgOffset } from "./func-arg.ts";
import {
  ARG_ANYTHING,
  ARG_PTR_TO_ARENA,
  ARG_PTR_TO_BTF_ID,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_DYNPTR,
  ARG_PTR_TO_MEM,
} from "./func-proto.ts";
import { checkHelperMemAccess } from "./helper-memory.ts";
import { markPtrNotNull } from "./null-check.ts";
import { copyOfReg, isNullReg } from "./reg-state.ts";
import {
  baseType,
  PTR_TO_ARENA,
  PTR_TO_CTX,
  PTR_UNTRUSTED,
  SCALAR_VALUE,
  typeMayBeNull,
} from "./reg-type.ts";
import { BPF_READ, BPF_WRITE } from "./region-access.ts";
import { prepareFuncArgs, type SubprogArg } from "./subprog-args.ts";

/**
 * Whether the registers of the current frame fit the function.
 *
 * @returns 0, -EFAULT for what ends the check, something else for a call that does not fit: of a
 * static function it only says that its BTF is of no use
 * @linux kernel/bpf/verifier.c `btf_check_subprog_call` (6.18)
 */
export function checkSubprogCall(env: VerifierEnv, subprog: number): 0 | number {
  if (env.funcInfo.length === 0) return -EINVAL;
  const info = env.subprogs[subprog]!;
  if (info.isUnreliable) return -EINVAL;
  const err = prepareFuncArgs(env, subprog) || matchArgs(env, info.args ?? []);
  if (err !== 0) info.isUnreliable = true;
  return err;
}

/** @linux kernel/bpf/verifier.c `btf_check_func_arg_match` (6.18) */
function matchArgs(env: VerifierEnv, args: readonly SubprogArg[]): 0 | number {
  for (const [i, arg] of args.entries()) {
    const err = matchArg(env, i, arg);
    if (err !== 0) return err;
  }
  return 0;
}

function matchArg(env: VerifierEnv, i: number, arg: SubprogArg): 0 | number {
  const { argType, memSize } = arg;
  // Whatever it is, it is read with care.
  if ((argType & PTR_UNTRUSTED) !== 0) return 0;
  const regno = i + 1;
  const { type } = env.frame.reg(regno);
  switch (baseType(argType)) {
    case ARG_ANYTHING:
      return type === SCALAR_VALUE ? 0 : refuse(env, `R${regno} is not a scalar\n`);
    case ARG_PTR_TO_CTX: {
      const err = checkArgOffset(env, regno, 0);
      if (err !== 0 || type === PTR_TO_CTX) return err;
      return refuse(env, `arg#${i} expects pointer to ctx\n`);
    }
    case ARG_PTR_TO_MEM: {
      const err = checkArgOffset(env, regno, 0);
      if (err !== 0) return err;
      if (checkMemReg(env, regno, memSize) !== 0) return -EINVAL;
      if (typeMayBeNull(argType) || !typeMayBeNull(type)) return 0;
      return refuse(env, `arg#${i} is expected to be non-NULL\n`);
    }
    case ARG_PTR_TO_ARENA:
      if (type === PTR_TO_ARENA || type === SCALAR_VALUE) return 0;
      return refuse(env, `R${regno} is not a pointer to arena or scalar.\n`);
    case ARG_PTR_TO_DYNPTR:
      return (
        checkArgOffset(env, regno, ARG_PTR_TO_DYNPTR) ||
        processDynptrFunc(env, regno, -1, argType, 0)
      );
    case ARG_PTR_TO_BTF_ID:
      if (isNullReg(env.frame.reg(regno)) && typeMayBeNull(argType)) return 0;
      return (
        checkRegType(env, regno, argType, 0, arg.btfType) || checkArgOffset(env, regno, argType)
      );
    default:
      env.verifierBug(`unrecognized arg#${i} type ${argType}`);
      return -EFAULT;
  }
}

function refuse(env: VerifierEnv, text: string): number {
  env.verbose(text);
  return -EINVAL;
}

/**
 * Whether the function may read and write as much behind the pointer, if it is one.
 *
 * @linux kernel/bpf/verifier.c `check_mem_reg` (6.18)
 */
export function checkMemReg(env: VerifierEnv, regno: number, size: number): 0 | number {
  const given = env.frame.reg(regno);
  if (isNullReg(given)) return 0;
  const before = typeMayBeNull(given.type) ? copyOfReg(given) : undefined;
  if (before !== undefined) markPtrNotNull(env.frame.own(regno));
  const err =
    checkHelperMemAccess(env, regno, size, BPF_READ, true, null) ||
    checkHelperMemAccess(env, regno, size, BPF_WRITE, true, null);
  if (before !== undefined) env.frame.own(regno).assign(before);
  return err;
}
