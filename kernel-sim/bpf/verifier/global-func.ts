/** The start of a global function, which is checked for all arguments that its BTF allows. */
import { EFAULT, EINVAL } from "../../include/errno.ts";
import { BPF_DYNPTR_TYPE_LOCAL } from "../dynptr.ts";
import { subprogName } from "./btf-info.ts";
import { markDynptrReg } from "./dynptr.ts";
import type { VerifierEnv } from "./env.ts";
import {
  ARG_ANYTHING,
  ARG_PTR_TO_ARENA,
  ARG_PTR_TO_BTF_ID,
  ARG_PTR_TO_CTX,
  ARG_PTR_TO_DYNPTR,
  ARG_PTR_TO_MEM,
} from "./func-proto.ts";
import {
  baseType,
  MEM_RDONLY,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_CTX,
  PTR_TO_MEM,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
} from "./reg-type.ts";
import type { FuncState } from "./states.ts";
import { prepareFuncArgs, type SubprogArg } from "./subprog-args.ts";

/** @linux kernel/bpf/verifier.c `do_check_common` (6.18) */
export function enterGlobal(env: VerifierEnv, subprog: number, frame: FuncState): 0 | number {
  env.verbose(`Validating ${subprogName(env, subprog)}() func#${subprog}...\n`);
  const err = prepareFuncArgs(env, subprog);
  if (err !== 0) return err;
  const { args = [], isExceptionCb } = env.subprogs[subprog]!;
  if (isExceptionCb) {
    frame.inExceptionCallbackFn = true;
    if (args.length !== 1 || args[0]!.argType !== ARG_ANYTHING) {
      env.verbose("exception cb only supports single integer argument\n");
      return -EINVAL;
    }
  }
  for (const [i, arg] of args.entries()) {
    const argErr = setArg(env, frame, i, arg);
    if (argErr !== 0) return argErr;
  }
  return 0;
}

const MEM_FLAGS = PTR_MAYBE_NULL | PTR_UNTRUSTED | MEM_RDONLY;

function setArg(env: VerifierEnv, frame: FuncState, i: number, arg: SubprogArg): 0 | number {
  const { argType, memSize } = arg;
  const reg = frame.own(i + 1);
  switch (baseType(argType)) {
    case ARG_PTR_TO_CTX:
      reg.markKnownZero();
      reg.type = PTR_TO_CTX;
      return 0;
    case ARG_ANYTHING:
    case ARG_PTR_TO_ARENA:
      reg.markUnknown(!env.bpfCapable);
      return 0;
    case ARG_PTR_TO_MEM:
      reg.markKnownZero();
      reg.type = PTR_TO_MEM | (argType & MEM_FLAGS);
      reg.memSize = memSize;
      if ((argType & PTR_MAYBE_NULL) !== 0) reg.id = env.newId();
      return 0;
    case ARG_PTR_TO_DYNPTR:
      markDynptrReg(env, reg, BPF_DYNPTR_TYPE_LOCAL);
      return 0;
    case ARG_PTR_TO_BTF_ID:
      reg.markKnownZero();
      reg.type = PTR_TO_BTF_ID | (argType & (PTR_MAYBE_NULL | PTR_UNTRUSTED | PTR_TRUSTED));
      reg.btfType = arg.btfType;
      reg.id = env.newId();
      return 0;
    default:
      env.verifierBug(`unhandled arg#${i} type ${argType}`);
      return -EFAULT;
  }
}
