/** Programs that stand behind a table of functions of the kernel: one for each of its members. */
import { EINVAL, ENOTSUPP } from "../../include/errno.ts";
import { funcPtrProto } from "../btf/func-ptr.ts";
import { BTF_KIND_PTR, BTF_KIND_STRUCT, BTF_VOID, type BtfFuncProto } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { CtxArgInfo } from "./attach-target.ts";
import { structOpsOf } from "./ctx/struct-ops.ts";
import type { VerifierEnv } from "./env.ts";
import { PTR_MAYBE_NULL, PTR_TO_BTF_ID, PTR_TRUSTED } from "./reg-type.ts";

/** @linux kernel/bpf/verifier.c `check_struct_ops_btf_id` (6.18) */
export function checkStructOps(env: VerifierEnv): 0 | number {
  const { attach, isGplCompatible, input } = env;
  const refuse = (text: string, errno = EINVAL): number => {
    env.verbose(`${text}\n`);
    return -errno;
  };
  if (!isGplCompatible) return refuse("struct ops programs must have a GPL compatible license");
  if (attach.btfId === 0) return -ENOTSUPP;
  const btf = btfVmlinux();
  const table = btf.typeById(attach.btfId);
  const name = table?.kind === BTF_KIND_STRUCT ? btf.nameOf(table) : "";
  const ops = structOpsOf(name);
  if (table?.kind !== BTF_KIND_STRUCT || ops === undefined) {
    return refuse(`attach_btf_id ${attach.btfId} is not a supported struct`, ENOTSUPP);
  }
  const index = input.expectedAttachType;
  const member = table.members[index];
  if (member === undefined)
    return refuse(`attach to invalid member idx ${index} of struct ${name}`);
  const memberName = btf.nameOf(member);
  const proto = funcPtrProto(member.type);
  if (proto === undefined) {
    return refuse(`attach to invalid member ${memberName}(@idx ${index}) of struct ${name}`);
  }
  const unsupported = ops.checkMember(memberName, env);
  if (unsupported !== 0) {
    refuse(`attach to unsupported member ${memberName} of struct ${name}`);
    return unsupported;
  }
  const args = argInfosOf(proto);
  const isRefcounted = args.some((arg) => arg.isRefcounted === true);
  if (isRefcounted && env.subprogs.some(({ hasTailCall }) => hasTailCall)) {
    return refuse("program with __ref argument cannot tail call");
  }
  env.attachFuncProto = proto;
  env.attachFuncName = memberName;
  env.ops = ops;
  env.ctxArgInfo = args;
  return 0;
}

const ARG_BYTES = 8;

/**
 * What the names of arguments say of them.
 *
 * @linux kernel/bpf/bpf_struct_ops.c `prepare_arg_info` (6.18)
 * @simplified the names stand in the table itself, not in functions that nobody calls
 */
function argInfosOf({ params }: BtfFuncProto): CtxArgInfo[] {
  const btf = btfVmlinux();
  return params.flatMap((param, i) => {
    const name = btf.nameOf(param);
    const isNullable = name.endsWith("__nullable");
    const isRefcounted = name.endsWith("__ref");
    if (!isNullable && !isRefcounted) return [];
    const pointer = btf.skipModifiers(param.type);
    const target = pointer?.kind === BTF_KIND_PTR ? btf.skipModifiers(pointer.type) : undefined;
    const regType = PTR_TO_BTF_ID | PTR_TRUSTED | (isNullable ? PTR_MAYBE_NULL : 0);
    const btfType = btf.nameOf(target ?? BTF_VOID);
    return [{ offset: i * ARG_BYTES, regType, btfType, isRefcounted }];
  });
}
