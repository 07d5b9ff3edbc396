/** What a kernel function expects where it takes a pointer: told by the type, and by the end of the argument's name. */
import { EINVAL } from "../../include/errno.ts";
import {
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_PTR,
  type BtfParam,
  type BtfRef,
  type BtfType,
} from "../btf/kinds.ts";
import { btfTypeStr } from "../btf/type-text.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { VerifierEnv } from "./env.ts";
import type { KfuncMeta } from "./kfunc-call.ts";
import { canonicalCtxStruct } from "./kfunc-ctx.ts";
import {
  isProjectionOf,
  isScalarStruct,
  isScalarType,
  isStruct,
  reg2BtfStruct,
} from "./kfunc-struct.ts";
import { isNullReg, type Reg } from "./reg-state.ts";
import { baseType, PTR_TO_BTF_ID, SCALAR_VALUE } from "./reg-type.ts";

/** @linux kernel/bpf/verifier.c `enum kfunc_ptr_arg_type` (6.18) */
export type KfuncArgKind =
  | "ctx"
  | "alloc-obj"
  | "refcounted-kptr"
  | "dynptr"
  | "iter"
  | "list-head"
  | "list-node"
  | "rb-root"
  | "rb-node"
  | "btf-id"
  | "mem"
  | "mem-size"
  | "callback"
  | "null"
  | "const-str"
  | "map"
  | "workqueue"
  | "task-work"
  | "irq-flag"
  | "res-spin-lock";

export function hasSuffix(param: BtfParam, suffix: string): boolean {
  return btfVmlinux().nameOf(param).endsWith(suffix);
}

/** By the structure that is pointed to. */
const STRUCT_KINDS: readonly (readonly [string, KfuncArgKind])[] = [
  ["bpf_dynptr", "dynptr"],
  ["bpf_list_head", "list-head"],
  ["bpf_list_node", "list-node"],
  ["bpf_rb_root", "rb-root"],
  ["bpf_rb_node", "rb-node"],
];
const LATER_STRUCT_KINDS: readonly (readonly [string, KfuncArgKind])[] = [
  ["bpf_wq", "workqueue"],
  ["bpf_task_work", "task-work"],
];

/**
 * A negative errno when the function can't be called with what the register holds.
 *
 * @linux kernel/bpf/verifier.c `get_kfunc_ptr_arg_type` (6.18)
 */
export function kfuncArgKind(
  env: VerifierEnv,
  meta: KfuncMeta,
  ref: BtfType,
  index: number,
): KfuncArgKind | number {
  const { params } = meta.kfunc.proto;
  const param = params[index]!;
  const reg = env.frame.reg(index + 1);
  if (meta.name === "bpf_cast_to_kern_ctx" || isCtxStruct(env, ref)) return "ctx";
  if (hasSuffix(param, "__nullable") && isNullReg(reg)) return "null";
  if (hasSuffix(param, "__alloc")) return "alloc-obj";
  if (hasSuffix(param, "__refcounted_kptr")) return "refcounted-kptr";
  const struct = isStruct(ref) ? btfVmlinux().nameOf(ref) : "";
  const kind = STRUCT_KINDS.find(([name]) => name === struct)?.[1];
  if (kind === "dynptr") return kind;
  if (meta.isIter ? index === 0 : hasSuffix(param, "__iter")) return "iter";
  if (kind !== undefined) return kind;
  if (hasSuffix(param, "__str")) return "const-str";
  if (hasSuffix(param, "__map")) return "map";
  const later = LATER_STRUCT_KINDS.find(([name]) => name === struct)?.[1];
  if (later !== undefined) return later;
  if (hasSuffix(param, "__irq_flag")) return "irq-flag";
  if (struct === "bpf_res_spin_lock") return "res-spin-lock";
  if (baseType(reg.type) === PTR_TO_BTF_ID || reg2BtfStruct(reg) !== undefined) {
    if (isStruct(ref)) return "btf-id";
    env.verbose(
      `kernel function ${meta.name} args#${index} pointer type ${typeText(ref)} is not supported\n`,
    );
    return -EINVAL;
  }
  if (isCallback(param)) return "callback";
  return memKind(env, meta, ref, index);
}

/** Memory that the function reads or writes: numbers, or structures of numbers. */
function memKind(
  env: VerifierEnv,
  { kfunc }: KfuncMeta,
  ref: BtfType,
  index: number,
): KfuncArgKind | number {
  const next = kfunc.proto.params[index + 1];
  const isSized =
    next !== undefined && (isMemSize(env, next, index + 2) || isConstMemSize(env, next, index + 2));
  const isOk =
    isScalarType(ref) || isScalarStruct(env, btfVmlinux(), ref) || (isSized && ref.id === 0);
  if (isOk) return isSized ? "mem-size" : "mem";
  const orVoid = isSized ? "void, " : "";
  env.verbose(
    `arg#${index} pointer type ${typeText(ref)} must point to ${orVoid}scalar, or struct with scalar\n`,
  );
  return -EINVAL;
}

/** Kind and name of a type, as messages give them. */
export function typeText(type: BtfType): string {
  return `${btfTypeStr(type)} ${btfVmlinux().nameOf(type)}`;
}

function isSizeOf(param: BtfParam, reg: Reg, suffix: string): boolean {
  const isScalar = isScalarType(btfVmlinux().skipModifiers(param.type));
  return isScalar && reg.type === SCALAR_VALUE && hasSuffix(param, suffix);
}

function isMemSize(env: VerifierEnv, param: BtfParam, regno: number): boolean {
  return isSizeOf(param, env.frame.reg(regno), "__sz");
}

export function isConstMemSize(env: VerifierEnv, param: BtfParam, regno: number): boolean {
  return isSizeOf(param, env.frame.reg(regno), "__szk");
}

/** @linux kernel/bpf/btf.c `btf_is_prog_ctx_type` (6.18) */
function isCtxStruct({ progType }: VerifierEnv, ref: BtfType): boolean {
  const ctx = canonicalCtxStruct(progType);
  if (ctx === undefined || !isStruct(ref)) return false;
  const name = btfVmlinux().nameOf(ref);
  return name === ctx || isProjectionOf(ctx, name);
}

/** @linux kernel/bpf/verifier.c `is_kfunc_arg_callback` (6.18) */
function isCallback({ type }: BtfParam): boolean {
  const ptr = btfVmlinux().skipModifiers(type);
  if (ptr?.kind !== BTF_KIND_PTR) return false;
  return btfVmlinux().skipModifiers((ptr as BtfRef).type)?.kind === BTF_KIND_FUNC_PROTO;
}
