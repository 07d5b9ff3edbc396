/** How the types of programs call their contexts in BTF. */
import { EINVAL } from "../../../include/errno.ts";
import type { Btf } from "../../btf/btf.ts";
import {
  BTF_KIND_INT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_VOID,
  type BtfRef,
  type BtfType,
  isModifier,
} from "../../btf/kinds.ts";
import * as uapi from "../../uapi.ts";
import type { VerifierEnv } from "../env.ts";

/**
 * By program type, the name of the structure. Types without one have a context that is no
 * structure with a name.
 *
 * @linux include/linux/bpf_types.h `BPF_PROG_TYPE` (6.18)
 */
const CTX_NAMES: Readonly<Record<number, string>> = {
  [uapi.BPF_PROG_TYPE_SOCKET_FILTER]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_SCHED_ACT]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_XDP]: "xdp_md",
  [uapi.BPF_PROG_TYPE_CGROUP_SKB]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK]: "bpf_sock",
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: "bpf_sock_addr",
  [uapi.BPF_PROG_TYPE_LWT_IN]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_LWT_OUT]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_LWT_XMIT]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_LWT_SEG6LOCAL]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_SOCK_OPS]: "bpf_sock_ops",
  [uapi.BPF_PROG_TYPE_SK_SKB]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_SK_MSG]: "sk_msg_md",
  [uapi.BPF_PROG_TYPE_FLOW_DISSECTOR]: "__sk_buff",
  [uapi.BPF_PROG_TYPE_KPROBE]: "pt_regs",
  [uapi.BPF_PROG_TYPE_PERF_EVENT]: "bpf_perf_event_data",
  [uapi.BPF_PROG_TYPE_RAW_TRACEPOINT]: "bpf_raw_tracepoint_args",
  [uapi.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE]: "bpf_raw_tracepoint_args",
  [uapi.BPF_PROG_TYPE_CGROUP_DEVICE]: "bpf_cgroup_dev_ctx",
  [uapi.BPF_PROG_TYPE_CGROUP_SYSCTL]: "bpf_sysctl",
  [uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT]: "bpf_sockopt",
  [uapi.BPF_PROG_TYPE_SK_REUSEPORT]: "sk_reuseport_md",
  [uapi.BPF_PROG_TYPE_SK_LOOKUP]: "bpf_sk_lookup",
  [uapi.BPF_PROG_TYPE_NETFILTER]: "bpf_nf_ctx",
};

/** The kernel's own structures behind two of them will do as well. @linux kernel/bpf/btf.c `btf_is_projection_of` (6.18) */
const PROJECTIONS: Readonly<Record<string, string>> = { __sk_buff: "sk_buff", xdp_md: "xdp_buff" };

const USER_REGS = "bpf_user_pt_regs_t";

/** Whether a pointer is one to the context, by the name of what it points to. @linux kernel/bpf/btf.c `btf_is_prog_ctx_type` (6.18) */
export function isProgCtxType(
  { progType }: Pick<VerifierEnv, "progType">,
  btf: Btf,
  ptr: BtfRef,
): boolean {
  if (progType === uapi.BPF_PROG_TYPE_KPROBE && isNamedUserRegs(btf, ptr)) return true;
  const target = btf.skipModifiers(ptr.type) ?? BTF_VOID;
  const expected = CTX_NAMES[progType];
  if (!isStruct(target) || expected === undefined) return false;
  const name = btf.nameOf(target);
  // The canonical type of kprobes is the typedef; a structure of its name will do as well.
  if (progType === uapi.BPF_PROG_TYPE_KPROBE && name === USER_REGS) return true;
  return name === expected || name === PROJECTIONS[expected];
}

function isStruct({ kind }: BtfType): boolean {
  return kind === BTF_KIND_STRUCT || kind === BTF_KIND_UNION;
}

function isNamedUserRegs(btf: Btf, ptr: BtfRef): boolean {
  let type: BtfType = btf.typeById(ptr.type) ?? BTF_VOID;
  while (isModifier(type) && type.kind !== BTF_KIND_TYPEDEF) {
    type = btf.typeById((type as BtfRef).type) ?? BTF_VOID;
  }
  return type.kind === BTF_KIND_TYPEDEF && btf.nameOf(type) === USER_REGS;
}

/**
 * Whether an argument that is tagged as the context may be one, by its type.
 *
 * @linux kernel/bpf/btf.c `btf_validate_prog_ctx_type` (6.18)
 */
export function validateProgCtxType(
  env: VerifierEnv,
  btf: Btf,
  ptr: BtfRef,
  arg: number,
): 0 | number {
  const { progType, expectedAttachType } = env;
  const isTraced =
    progType === uapi.BPF_PROG_TYPE_KPROBE || progType === uapi.BPF_PROG_TYPE_PERF_EVENT;
  if (isTraced && isNamedUserRegs(btf, ptr)) return 0;
  const target = btf.skipModifiers(ptr.type) ?? BTF_VOID;
  if (target.id === 0) return 0;
  const name = btf.nameOf(target);
  if (name === "") {
    env.verbose(`arg#${arg} type doesn't have a name\n`);
    return -EINVAL;
  }
  if (isOtherCtx(progType, expectedAttachType, target, name)) return 0;
  const expected = CTX_NAMES[progType];
  if (expected === undefined) {
    env.verbose(`arg#${arg} should be void pointer\n`);
    return -EINVAL;
  }
  if (target.kind === BTF_KIND_STRUCT && name === expected) return 0;
  env.verbose(`arg#${arg} should be \`struct ${expected} *\`\n`);
  return -EINVAL;
}

/** What besides the canonical structure a type of program takes. */
function isOtherCtx(progType: number, attachType: number, target: BtfType, name: string): boolean {
  const isNamed = target.kind === BTF_KIND_STRUCT;
  const isU64 = target.kind === BTF_KIND_INT && target.size === 8;
  switch (progType) {
    case uapi.BPF_PROG_TYPE_PERF_EVENT:
      return isNamed && name === "pt_regs";
    case uapi.BPF_PROG_TYPE_RAW_TRACEPOINT:
    case uapi.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case uapi.BPF_PROG_TYPE_LSM:
    case uapi.BPF_PROG_TYPE_STRUCT_OPS:
      return isU64;
    case uapi.BPF_PROG_TYPE_TRACING:
      return isTracingCtx(attachType, isNamed ? name : "", isU64);
    case uapi.BPF_PROG_TYPE_TRACEPOINT:
    case uapi.BPF_PROG_TYPE_SYSCALL:
    case uapi.BPF_PROG_TYPE_EXT:
      return true;
    default:
      return false;
  }
}

function isTracingCtx(attachType: number, structName: string, isU64: boolean): boolean {
  switch (attachType) {
    case uapi.BPF_TRACE_RAW_TP:
      return isU64 || structName === "bpf_raw_tracepoint_args";
    case uapi.BPF_TRACE_ITER:
      return structName.startsWith("bpf_iter__");
    case uapi.BPF_TRACE_FENTRY:
    case uapi.BPF_TRACE_FEXIT:
    case uapi.BPF_MODIFY_RETURN:
      return isU64;
    default:
      return false;
  }
}
