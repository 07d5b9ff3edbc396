import { EINVAL } from "../../include/errno.ts";
import type { BtfFuncProto } from "./kinds.ts";
import { isIdentifier } from "./names.ts";
import { isSourceOnly, needsResolve, type Resolver } from "./resolve.ts";
import type { BtfVerifierEnv } from "./verifier-env.ts";

/** Whether result and arguments have a size. @linux kernel/bpf/btf.c `btf_func_proto_check` (6.18) */
export function checkFuncProto(
  env: BtfVerifierEnv,
  resolver: Resolver,
  proto: BtfFuncProto,
): 0 | number {
  if (proto.type !== 0) {
    const err = checkValue(env, resolver, proto, proto.type, "Invalid return type");
    if (err !== 0) return err;
  }
  const { params } = proto;
  const last = params.at(-1);
  const isVararg = last?.type === 0;
  if (isVararg && last.nameOff !== 0) return refuse(env, proto, `Invalid arg#${params.length}`);
  const named = isVararg ? params.slice(0, -1) : params;
  for (const [i, { type, nameOff }] of named.entries()) {
    const isNameOk =
      nameOff === 0 || (env.btf.isNameOffset(nameOff) && isIdentifier(env.strings, nameOff));
    const err = checkValue(env, resolver, proto, type, `Invalid arg#${i + 1}`, isNameOk);
    if (err !== 0) return err;
  }
  return 0;
}

function checkValue(
  env: BtfVerifierEnv,
  resolver: Resolver,
  proto: BtfFuncProto,
  id: number,
  message: string,
  isNameOk: boolean = true,
): 0 | number {
  const type = env.btf.typeById(id);
  if (type === undefined || isSourceOnly(type) || !isNameOk) return refuse(env, proto, message);
  if (needsResolve(type) && !resolver.isResolved(id)) {
    const err = resolver.resolve(type);
    if (err !== 0) return err;
  }
  return env.btf.typeIdSize(id) === undefined ? refuse(env, proto, message) : 0;
}

function refuse(env: BtfVerifierEnv, proto: BtfFuncProto, message: string): number {
  env.logType(proto, message);
  return -EINVAL;
}
