import type { Insn } from "../../api.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { isHelperCall, isKfuncCall } from "../isa.ts";
import { KF_FASTCALL } from "../kfuncs/kfunc-flags.ts";
import {
  BPF_PROG_TYPE_CGROUP_DEVICE,
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_CGROUP_SOCK,
  BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  BPF_PROG_TYPE_CGROUP_SOCKOPT,
  BPF_PROG_TYPE_CGROUP_SYSCTL,
  BPF_PROG_TYPE_FLOW_DISSECTOR,
  BPF_PROG_TYPE_NETFILTER,
  BPF_PROG_TYPE_SK_LOOKUP,
  BPF_PROG_TYPE_SK_MSG,
  BPF_PROG_TYPE_SK_REUSEPORT,
  BPF_PROG_TYPE_SK_SKB,
  BPF_PROG_TYPE_SOCK_OPS,
  BPF_PROG_TYPE_SOCKET_FILTER,
} from "../uapi.ts";
import type { VerifierEnv } from "./env.ts";
import { paramCount, RET_VOID } from "./func-proto.ts";
import { kfuncMetaOf } from "./kfunc-call.ts";

/** What a call does to registers. @linux kernel/bpf/verifier.c `struct call_summary` (6.18) */
export interface CallSummary {
  readonly params: number;
  readonly isVoid: boolean;
  /** The compiler puts its body in place of the call, which then leaves r1 to r5 alone. */
  readonly isInlined: boolean;
}

/** undefined: it is no call of a helper or a kernel function that the program may make. */
export function callSummary(env: VerifierEnv, insn: Insn): CallSummary | undefined {
  if (isHelperCall(insn)) {
    const proto = env.ops?.helper(insn.imm, env);
    if (proto === undefined) return undefined;
    const isInlined = proto.isInlined === true && !OUTLINED_TYPES.has(env.progType);
    return { params: paramCount(proto), isVoid: proto.ret === RET_VOID, isInlined };
  }
  const meta = isKfuncCall(insn) ? kfuncMetaOf(env, insn) : undefined;
  if (meta === undefined) return undefined;
  const { params, type } = meta.kfunc.proto;
  return {
    params: params.length,
    isVoid: btfVmlinux().typeById(type)?.id === 0,
    isInlined: meta.has(KF_FASTCALL),
  };
}

/**
 * The types that get the plain call that asks for the CPU.
 *
 * @linux net/core/filter.c, kernel/bpf/helpers.c `bpf_get_raw_smp_processor_id_proto` (6.18)
 */
const OUTLINED_TYPES: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_CGROUP_SOCK,
  BPF_PROG_TYPE_SOCK_OPS,
  BPF_PROG_TYPE_SK_SKB,
  BPF_PROG_TYPE_CGROUP_DEVICE,
  BPF_PROG_TYPE_SK_MSG,
  BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  BPF_PROG_TYPE_SK_REUSEPORT,
  BPF_PROG_TYPE_FLOW_DISSECTOR,
  BPF_PROG_TYPE_CGROUP_SYSCTL,
  BPF_PROG_TYPE_CGROUP_SOCKOPT,
  BPF_PROG_TYPE_SK_LOOKUP,
  BPF_PROG_TYPE_NETFILTER,
]);
