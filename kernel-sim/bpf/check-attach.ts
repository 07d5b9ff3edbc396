import { EINVAL, EPERM } from "../include/errno.ts";
import type { BpfKernel } from "./kernel.ts";
import type { LoadedProgram } from "./program.ts";
import * as uapi from "./uapi.ts";
import type { AttachTarget } from "./verifier/verifier-input.ts";

/** The attach types that a program of a type may be loaded for, where it must name one of them. */
const ATTACH_TYPES: Readonly<Record<number, readonly number[]>> = {
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK]: [
    uapi.BPF_CGROUP_INET_SOCK_CREATE,
    uapi.BPF_CGROUP_INET_SOCK_RELEASE,
    uapi.BPF_CGROUP_INET4_POST_BIND,
    uapi.BPF_CGROUP_INET6_POST_BIND,
  ],
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: [
    uapi.BPF_CGROUP_INET4_BIND,
    uapi.BPF_CGROUP_INET6_BIND,
    uapi.BPF_CGROUP_INET4_CONNECT,
    uapi.BPF_CGROUP_INET6_CONNECT,
    uapi.BPF_CGROUP_UNIX_CONNECT,
    uapi.BPF_CGROUP_INET4_GETPEERNAME,
    uapi.BPF_CGROUP_INET6_GETPEERNAME,
    uapi.BPF_CGROUP_UNIX_GETPEERNAME,
    uapi.BPF_CGROUP_INET4_GETSOCKNAME,
    uapi.BPF_CGROUP_INET6_GETSOCKNAME,
    uapi.BPF_CGROUP_UNIX_GETSOCKNAME,
    uapi.BPF_CGROUP_UDP4_SENDMSG,
    uapi.BPF_CGROUP_UDP6_SENDMSG,
    uapi.BPF_CGROUP_UNIX_SENDMSG,
    uapi.BPF_CGROUP_UDP4_RECVMSG,
    uapi.BPF_CGROUP_UDP6_RECVMSG,
    uapi.BPF_CGROUP_UNIX_RECVMSG,
  ],
  [uapi.BPF_PROG_TYPE_CGROUP_SKB]: [uapi.BPF_CGROUP_INET_INGRESS, uapi.BPF_CGROUP_INET_EGRESS],
  [uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT]: [uapi.BPF_CGROUP_SETSOCKOPT, uapi.BPF_CGROUP_GETSOCKOPT],
  [uapi.BPF_PROG_TYPE_SK_LOOKUP]: [uapi.BPF_SK_LOOKUP],
  [uapi.BPF_PROG_TYPE_SK_REUSEPORT]: [
    uapi.BPF_SK_REUSEPORT_SELECT,
    uapi.BPF_SK_REUSEPORT_SELECT_OR_MIGRATE,
  ],
  [uapi.BPF_PROG_TYPE_NETFILTER]: [uapi.BPF_NETFILTER],
  [uapi.BPF_PROG_TYPE_SYSCALL]: [0],
  [uapi.BPF_PROG_TYPE_EXT]: [0],
};

/** What 0 stands for where it is no attach type. @linux kernel/bpf/syscall.c `bpf_prog_load_fixup_attach_type` (6.18) */
export function fixupAttachType(progType: number, attachType: number): number {
  if (attachType !== 0) return attachType;
  switch (progType) {
    case uapi.BPF_PROG_TYPE_CGROUP_SOCK:
      return uapi.BPF_CGROUP_INET_SOCK_CREATE;
    case uapi.BPF_PROG_TYPE_SK_REUSEPORT:
      return uapi.BPF_SK_REUSEPORT_SELECT;
    default:
      return attachType;
  }
}

/** @linux kernel/bpf/syscall.c `bpf_prog_load_check_attach` (6.18) */
export function checkAttachType(progType: number, attachType: number): 0 | number {
  return ATTACH_TYPES[progType]?.includes(attachType) === false ? -EINVAL : 0;
}

/** Types of programs of which each attach type belongs to one. */
const OWN_ATTACH_TYPES: Readonly<Record<number, readonly number[]>> = {
  ...Object.fromEntries(
    [
      uapi.BPF_PROG_TYPE_CGROUP_SOCK,
      uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
      uapi.BPF_PROG_TYPE_CGROUP_SKB,
      uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT,
      uapi.BPF_PROG_TYPE_SK_LOOKUP,
    ].map((type) => [type, ATTACH_TYPES[type]!]),
  ),
  [uapi.BPF_PROG_TYPE_SOCK_OPS]: [uapi.BPF_CGROUP_SOCK_OPS],
  [uapi.BPF_PROG_TYPE_CGROUP_DEVICE]: [uapi.BPF_CGROUP_DEVICE],
  [uapi.BPF_PROG_TYPE_SK_MSG]: [uapi.BPF_SK_MSG_VERDICT],
  [uapi.BPF_PROG_TYPE_SK_SKB]: [
    uapi.BPF_SK_SKB_STREAM_PARSER,
    uapi.BPF_SK_SKB_STREAM_VERDICT,
    uapi.BPF_SK_SKB_VERDICT,
  ],
  [uapi.BPF_PROG_TYPE_LIRC_MODE2]: [uapi.BPF_LIRC_MODE2],
  [uapi.BPF_PROG_TYPE_FLOW_DISSECTOR]: [uapi.BPF_FLOW_DISSECTOR],
  [uapi.BPF_PROG_TYPE_CGROUP_SYSCTL]: [uapi.BPF_CGROUP_SYSCTL],
  [uapi.BPF_PROG_TYPE_TRACING]: [
    uapi.BPF_TRACE_ITER,
    uapi.BPF_TRACE_RAW_TP,
    uapi.BPF_TRACE_FENTRY,
    uapi.BPF_TRACE_FEXIT,
    uapi.BPF_MODIFY_RETURN,
  ],
  [uapi.BPF_PROG_TYPE_LSM]: [uapi.BPF_LSM_MAC, uapi.BPF_LSM_CGROUP],
  [uapi.BPF_PROG_TYPE_XDP]: [uapi.BPF_XDP],
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: [
    uapi.BPF_TCX_INGRESS,
    uapi.BPF_TCX_EGRESS,
    uapi.BPF_NETKIT_PRIMARY,
    uapi.BPF_NETKIT_PEER,
  ],
};

/** What a program is that is attached so; 0: nothing. @linux kernel/bpf/syscall.c `attach_type_to_prog_type` (6.18) */
export function attachTypeToProgType(attachType: number): number {
  for (const [progType, attachTypes] of Object.entries(OWN_ATTACH_TYPES)) {
    if (attachTypes.includes(attachType)) return Number(progType);
  }
  return uapi.BPF_PROG_TYPE_UNSPEC;
}

/** Attach types of probes that are loaded for nothing else. */
const MULTI_PROBES: readonly number[] = [
  uapi.BPF_TRACE_KPROBE_MULTI,
  uapi.BPF_TRACE_KPROBE_SESSION,
  uapi.BPF_TRACE_UPROBE_MULTI,
  uapi.BPF_TRACE_UPROBE_SESSION,
];

/** Whether a program may be attached so. @linux kernel/bpf/syscall.c `bpf_prog_attach_check_attach_type` (6.18) */
export function checkProgAttachType(
  kernel: BpfKernel,
  prog: LoadedProgram,
  attachType: number,
): 0 | number {
  const { type, expectedAttachType } = prog;
  const loadedFor = MULTI_PROBES.includes(expectedAttachType) ? expectedAttachType : attachType;
  switch (type) {
    case uapi.BPF_PROG_TYPE_CGROUP_SOCK:
    case uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case uapi.BPF_PROG_TYPE_SK_LOOKUP:
      return attachType === expectedAttachType ? 0 : -EINVAL;
    case uapi.BPF_PROG_TYPE_CGROUP_SKB:
      // Anybody may load them.
      if (!kernel.capable("netAdmin")) return -EPERM;
      if (prog.enforcesAttachType && attachType !== expectedAttachType) return -EINVAL;
      return attachTypeToProgType(attachType) === type ? 0 : -EINVAL;
    case uapi.BPF_PROG_TYPE_EXT:
      return 0;
    case uapi.BPF_PROG_TYPE_NETFILTER:
      return attachType === uapi.BPF_NETFILTER ? 0 : -EINVAL;
    case uapi.BPF_PROG_TYPE_PERF_EVENT:
    case uapi.BPF_PROG_TYPE_TRACEPOINT:
      return attachType === uapi.BPF_PERF_EVENT ? 0 : -EINVAL;
    case uapi.BPF_PROG_TYPE_KPROBE: {
      const isProbe = attachType === uapi.BPF_PERF_EVENT || MULTI_PROBES.includes(attachType);
      return isProbe && attachType === loadedFor ? 0 : -EINVAL;
    }
    default:
      return attachTypeToProgType(attachType) === type ? 0 : -EINVAL;
  }
}

/** @linux kernel/bpf/syscall.c `is_cgroup_prog_type` (6.18) */
export function isCgroupProgType(type: number): boolean {
  return CGROUP_PROG_TYPES.has(type);
}

const CGROUP_PROG_TYPES: ReadonlySet<number> = new Set([
  uapi.BPF_PROG_TYPE_CGROUP_DEVICE,
  uapi.BPF_PROG_TYPE_CGROUP_SKB,
  uapi.BPF_PROG_TYPE_CGROUP_SOCK,
  uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT,
  uapi.BPF_PROG_TYPE_CGROUP_SYSCTL,
  uapi.BPF_PROG_TYPE_SOCK_OPS,
]);

/** The largest number that a type may have. @linux include/uapi/linux/btf.h (6.18) */
const BTF_MAX_TYPE = 0xf_ffff;

const NAMES_TARGET: readonly number[] = [
  uapi.BPF_PROG_TYPE_TRACING,
  uapi.BPF_PROG_TYPE_LSM,
  uapi.BPF_PROG_TYPE_STRUCT_OPS,
  uapi.BPF_PROG_TYPE_EXT,
];

/** Whether programs of the type name such a target. @linux kernel/bpf/syscall.c `bpf_prog_load_check_attach` (6.18) */
export function checkAttachBtf(progType: number, { btfId, btf, prog }: AttachTarget): 0 | number {
  if (btfId !== 0) {
    if (btfId > BTF_MAX_TYPE || (btf === undefined && prog === undefined)) return -EINVAL;
    if (!NAMES_TARGET.includes(progType)) return -EINVAL;
  }
  if (btf !== undefined && (btfId === 0 || prog !== undefined)) return -EINVAL;
  const mayNameProgram =
    progType === uapi.BPF_PROG_TYPE_TRACING || progType === uapi.BPF_PROG_TYPE_EXT;
  return prog !== undefined && !mayNameProgram ? -EINVAL : 0;
}
