/**
 * Which helpers programs of a type may call, and with which prototypes.
 *
 * @linux kernel/bpf/helpers.c `bpf_base_func_proto`, net/core/filter.c, kernel/bpf/cgroup.c, kernel/trace/bpf_trace.c (6.18)
 * @simplified the machine is built without infrared receivers, and without what would let programs
 * overwrite the memory of tasks (`bpf_probe_write_user`) or the result of functions (`bpf_override_return`).
 */
import { ALWAYS_YES } from "../always-yes.ts";
import * as uapi from "../uapi.ts";
import { BPF_FUNC_NAMES } from "../uapi.ts";
import type { VerifierEnv } from "../verifier/env.ts";
import type { FuncProto } from "../verifier/func-proto.ts";
import { isSleepableHook, mayLsmSetSockopt } from "../verifier/lsm-hooks.ts";
import { ANYBODY, SOCKET_CASTS, WITH_BPF, WITH_PERFMON } from "./base-names.ts";
import * as net from "./net-names.ts";
import { baseProtos } from "./proto-base.ts";
import { netProtos, skbClassidProtos } from "./proto-net.ts";
import { skLookupProtos, skOptionProtos, sockProtos, tracingSockProtos } from "./proto-sock.ts";
import { ctxSkStorageProtos, storageProtos, tracingSkStorageProtos } from "./proto-storage.ts";
import { multiProtos, perfEventProtos, traceProtos } from "./proto-trace.ts";

type Protos = Readonly<Record<string, FuncProto>>;
/** Prototypes by number. */
type ProtoTable = ReadonlyMap<number, FuncProto>;
/** The table depends on what the program is loaded for. */
export type AllowedHelpers = (env: VerifierEnv) => ProtoTable;

const PROTOS: Protos = {
  ...baseProtos,
  ...storageProtos,
  ...traceProtos,
  ...netProtos,
  ...sockProtos,
};
const BASE = [...ANYBODY, ...WITH_BPF, ...WITH_PERFMON];

function tableOf(names: readonly string[], own: Protos = {}): ProtoTable {
  const protos = { ...PROTOS, ...own };
  return new Map(
    [...BASE, ...names].map((name) => [BPF_FUNC_NAMES.indexOf(name), protos[name]!] as const),
  );
}

function always(names: readonly string[], own: Protos = {}): AllowedHelpers {
  const table = tableOf(names, own);
  return () => table;
}

export const baseHelpers = always([]);
export const socketFilterHelpers = always(net.SOCKET_FILTER);
export const schedClsHelpers = always(net.SCHED_CLS, skbClassidProtos);
export const xdpHelpers = always(net.XDP);
export const cgroupSkbHelpers = always(net.CGROUP_SKB);
export const lwtInHelpers = always(net.LWT_IN, skbClassidProtos);
export const lwtOutHelpers = always(net.LWT_OUT, skbClassidProtos);
export const lwtXmitHelpers = always(net.LWT_XMIT, skbClassidProtos);
export const lwtSeg6localHelpers = always(net.LWT_SEG6LOCAL, skbClassidProtos);
export const skSkbHelpers = always(net.SK_SKB);
export const skMsgHelpers = always(net.SK_MSG);
export const flowDissectorHelpers = always(net.FLOW_DISSECTOR);
export const skLookupHelpers = always(net.SK_LOOKUP, skLookupProtos);
export const skReuseportHelpers = always(net.SK_REUSEPORT, tracingSockProtos);
export const cgroupSockHelpers = always(net.CGROUP_SOCK, ctxSkStorageProtos);

const RETVAL = ["get_retval", "set_retval"];

/** Where the call has no answer that programs could read or set. @linux kernel/bpf/cgroup.c `cgroup_common_func_proto` (6.18) */
function hasRetval({ expectedAttachType }: VerifierEnv): boolean {
  return !ALWAYS_YES.has(expectedAttachType) && !WITHOUT_ANSWER.includes(expectedAttachType);
}

const WITHOUT_ANSWER: readonly number[] = [
  uapi.BPF_CGROUP_INET_INGRESS,
  uapi.BPF_CGROUP_INET_EGRESS,
  uapi.BPF_CGROUP_SOCK_OPS,
];

function withRetval(names: readonly string[]): AllowedHelpers {
  const table = tableOf(names);
  const retvalTable = tableOf([...names, ...RETVAL]);
  return (env) => (hasRetval(env) ? retvalTable : table);
}

export const sockOpsHelpers = withRetval(net.SOCK_OPS);
export const cgroupDeviceHelpers = withRetval(["get_local_storage", "perf_event_output"]);
/** @linux kernel/bpf/cgroup.c `sysctl_func_proto` (6.18) */
export const cgroupSysctlHelpers = withRetval([
  "get_local_storage",
  "perf_event_output",
  "sysctl_get_name",
  "sysctl_get_current_value",
  "sysctl_get_new_value",
  "sysctl_set_new_value",
  "ktime_get_coarse_ns",
]);

const SOCKOPT = [
  "get_local_storage",
  ...RETVAL,
  "get_netns_cookie",
  "sk_storage_get",
  "sk_storage_delete",
  "tcp_sock",
  "perf_event_output",
];
const getsockoptTable = tableOf(SOCKOPT);
const setsockoptTable = tableOf([...SOCKOPT, "setsockopt", "getsockopt"], skOptionProtos);

/** @linux kernel/bpf/cgroup.c `cg_sockopt_func_proto` (6.18) */
export function cgroupSockoptHelpers({ expectedAttachType }: VerifierEnv): ProtoTable {
  return expectedAttachType === uapi.BPF_CGROUP_SETSOCKOPT ? setsockoptTable : getsockoptTable;
}

const sockAddrTable = tableOf(net.CGROUP_SOCK_ADDR);
const sockAddrRetvalTable = tableOf([...net.CGROUP_SOCK_ADDR, ...RETVAL]);
const connectTable = tableOf([...net.CGROUP_SOCK_ADDR, ...RETVAL, "bind"]);

/** @linux net/core/filter.c `sock_addr_func_proto` (6.18) */
export function cgroupSockAddrHelpers({ expectedAttachType }: VerifierEnv): ProtoTable {
  if (ALWAYS_YES.has(expectedAttachType)) return sockAddrTable;
  const isConnect =
    expectedAttachType === uapi.BPF_CGROUP_INET4_CONNECT ||
    expectedAttachType === uapi.BPF_CGROUP_INET6_CONNECT;
  return isConnect ? connectTable : sockAddrRetvalTable;
}

/** @linux kernel/trace/bpf_trace.c `bpf_tracing_func_proto` (6.18) */
const TRACING_BASE = [
  "probe_read",
  "probe_read_str",
  "perf_event_output",
  "get_stackid",
  "get_stack",
  "get_func_ip",
];
const probeTable = tableOf([...TRACING_BASE, "get_attach_cookie"]);
const multiTable = tableOf([...TRACING_BASE, "get_attach_cookie"], multiProtos);
const MULTI: ReadonlySet<number> = new Set([
  uapi.BPF_TRACE_KPROBE_MULTI,
  uapi.BPF_TRACE_UPROBE_MULTI,
  uapi.BPF_TRACE_KPROBE_SESSION,
  uapi.BPF_TRACE_UPROBE_SESSION,
]);

/** @linux kernel/trace/bpf_trace.c `kprobe_prog_func_proto` (6.18) */
export function kprobeHelpers({ expectedAttachType }: VerifierEnv): ProtoTable {
  return MULTI.has(expectedAttachType) ? multiTable : probeTable;
}

export const tracepointHelpers: AllowedHelpers = () => probeTable;
/** @linux kernel/trace/bpf_trace.c `pe_prog_func_proto` (6.18) */
export const perfEventHelpers = always(
  [...TRACING_BASE, "get_attach_cookie", "perf_prog_read_value", "read_branch_records"],
  perfEventProtos,
);

const TRACING_PROTOS: Protos = { ...tracingSkStorageProtos, ...tracingSockProtos };

function withRule(name: string, isAllowed: (env: VerifierEnv) => boolean): Protos {
  return { [name]: { ...(TRACING_PROTOS[name] ?? PROTOS[name]!), isAllowed } };
}

/** Only some functions of the kernel may be traced with these. */
const ON_FUNCTIONS: Protos = {
  ...withRule("sk_storage_get", mayKeepWithSocket),
  ...withRule("sk_storage_delete", mayKeepWithSocket),
  ...withRule("d_path", mayNamePath),
};

/** @linux net/core/bpf_sk_storage.c `bpf_sk_storage_tracing_allowed` (6.18) */
function mayKeepWithSocket({ attach, expectedAttachType, attachFuncName }: VerifierEnv): boolean {
  if (attach.prog !== undefined) return false;
  switch (expectedAttachType) {
    case uapi.BPF_TRACE_ITER:
    case uapi.BPF_TRACE_RAW_TP:
      return true;
    case uapi.BPF_TRACE_FENTRY:
    case uapi.BPF_TRACE_FEXIT:
      return !attachFuncName.startsWith("bpf_sk_storage");
    default:
      return false;
  }
}

/** @linux kernel/trace/bpf_trace.c `btf_allowlist_d_path` (6.18) */
const D_PATH_FUNCTIONS: ReadonlySet<string> = new Set([
  "security_file_permission",
  "security_inode_getattr",
  "security_file_open",
  "security_path_truncate",
  "vfs_truncate",
  "vfs_fallocate",
  "dentry_open",
  "vfs_getattr",
  "filp_close",
]);

/** @linux kernel/trace/bpf_trace.c `bpf_d_path_allowed` (6.18) */
function mayNamePath({ progType, expectedAttachType, attachFuncName }: VerifierEnv): boolean {
  const isTracing = progType === uapi.BPF_PROG_TYPE_TRACING;
  if (isTracing && expectedAttachType === uapi.BPF_TRACE_ITER) return true;
  if (progType === uapi.BPF_PROG_TYPE_LSM) return isSleepableHook(attachFuncName);
  return D_PATH_FUNCTIONS.has(attachFuncName);
}

/** @linux kernel/trace/bpf_trace.c `tracing_prog_func_proto` (6.18) */
const TRACING = [
  ...TRACING_BASE,
  ...SOCKET_CASTS,
  "skb_output",
  "xdp_output",
  "sk_storage_get",
  "sk_storage_delete",
  "sock_from_file",
  "get_socket_cookie",
  "xdp_get_buff_len",
  "d_path",
];
const ITER = [...TRACING, "seq_printf", "seq_write", "seq_printf_btf"];
/** Where programs stand in front of a function, or behind it. */
const TRAMPOLINE = [
  ...TRACING,
  "get_func_arg",
  "get_func_ret",
  "get_func_arg_cnt",
  "get_attach_cookie",
];
const tracingOwn: Protos = { ...TRACING_PROTOS, ...ON_FUNCTIONS };
const tracingTable = tableOf(TRACING, tracingOwn);
const tracepointTable = tableOf([...TRACING, "get_attach_cookie"], tracingOwn);
const trampolineTable = tableOf(TRAMPOLINE, tracingOwn);
const iterTable = tableOf(ITER, tracingOwn);
/** @linux net/ipv4/tcp_ipv4.c `bpf_iter_tcp_get_func_proto` (6.18) */
const tcpIterTable = tableOf([...ITER, "setsockopt", "getsockopt"], {
  ...tracingOwn,
  ...skOptionProtos,
});

export function tracingHelpers({ expectedAttachType, attachFuncName }: VerifierEnv): ProtoTable {
  switch (expectedAttachType) {
    case uapi.BPF_TRACE_ITER:
      return SOCKOPT_ITERS.includes(attachFuncName) ? tcpIterTable : iterTable;
    case uapi.BPF_TRACE_RAW_TP:
      return tracepointTable;
    case uapi.BPF_TRACE_FENTRY:
    case uapi.BPF_TRACE_FEXIT:
    case uapi.BPF_MODIFY_RETURN:
      return trampolineTable;
    default:
      return tracingTable;
  }
}

const SOCKOPT_ITERS: readonly string[] = ["bpf_iter_tcp", "bpf_iter_unix"];

const LSM = [
  "inode_storage_get",
  "inode_storage_delete",
  "bprm_opts_set",
  "ima_inode_hash",
  "ima_file_hash",
];
const lsmOwn: Protos = {
  ...tracingOwn,
  sk_storage_get: PROTOS["sk_storage_get"]!,
  sk_storage_delete: PROTOS["sk_storage_delete"]!,
};
const LSM_CGROUP = [...TRACING, ...LSM, "get_local_storage", ...RETVAL];
const lsmTable = tableOf([...TRAMPOLINE, ...LSM], lsmOwn);
const lsmCgroupTable = tableOf(LSM_CGROUP, lsmOwn);
const lsmSockoptTable = tableOf([...LSM_CGROUP, "setsockopt", "getsockopt"], {
  ...lsmOwn,
  ...skOptionProtos,
});

/** @linux kernel/bpf/bpf_lsm.c `bpf_lsm_func_proto` (6.18) */
export function lsmHelpers({ expectedAttachType, attachFuncName }: VerifierEnv): ProtoTable {
  if (expectedAttachType !== uapi.BPF_LSM_CGROUP) return lsmTable;
  return mayLsmSetSockopt(attachFuncName) ? lsmSockoptTable : lsmCgroupTable;
}

const TCP_CONGESTION = [
  "tcp_send_ack",
  "sk_storage_get",
  "sk_storage_delete",
  "ktime_get_coarse_ns",
];
const tcpReleaseTable = tableOf(TCP_CONGESTION);
const tcpCongestionTable = tableOf([...TCP_CONGESTION, "setsockopt", "getsockopt"], skOptionProtos);

/** @linux net/ipv4/bpf_tcp_ca.c `bpf_tcp_ca_get_func_proto` (6.18) */
export function tcpCongestionHelpers({ attachFuncName }: VerifierEnv): ProtoTable {
  return attachFuncName === "release" ? tcpReleaseTable : tcpCongestionTable;
}

/** @linux kernel/bpf/syscall.c `syscall_prog_func_proto` (6.18) */
export const syscallHelpers = always(
  [...TRACING, "sys_bpf", "btf_find_by_name_kind", "sys_close", "kallsyms_lookup_name"],
  tracingOwn,
);

const NEEDS_BPF = numbersOf(WITH_BPF);
const NEEDS_PERFMON = numbersOf([...WITH_PERFMON, ...SOCKET_CASTS, "sys_bpf"]);
const CASTS = numbersOf(SOCKET_CASTS);

function numbersOf(names: readonly string[]): ReadonlySet<number> {
  return new Set(names.map((name) => BPF_FUNC_NAMES.indexOf(name)));
}

/** Whether the loading task has what the helper asks for. */
export function isHelperOpenTo(id: number, env: VerifierEnv): boolean {
  // Who may see addresses has CAP_PERFMON.
  const { bpfCapable, allowPtrLeaks, progType } = env;
  if (!bpfCapable && NEEDS_BPF.has(id)) return false;
  if (allowPtrLeaks || !NEEDS_PERFMON.has(id)) return true;
  return progType === uapi.BPF_PROG_TYPE_SYSCALL && CASTS.has(id);
}
