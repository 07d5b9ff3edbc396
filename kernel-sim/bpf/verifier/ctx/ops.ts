/**
 * What programs of a type may do: which helpers they may call, and what of their context they may
 * read and write.
 *
 * @linux include/linux/bpf.h `struct bpf_verifier_ops`, include/linux/bpf_types.h (6.18)
 */
import { EACCES } from "../../../include/errno.ts";
import {
  cgroupDeviceHelpers,
  cgroupSkbHelpers,
  cgroupSockAddrHelpers,
  cgroupSockHelpers,
  cgroupSockoptHelpers,
  cgroupSysctlHelpers,
  flowDissectorHelpers,
  lwtHelpers,
  lwtXmitHelpers,
  type ProtoTable,
  schedClsHelpers,
  skLookupHelpers,
  skMsgHelpers,
  skReuseportHelpers,
  skSkbHelpers,
  socketFilterHelpers,
  sockOpsHelpers,
  tracingHelpers,
  xdpHelpers,
} from "../../helpers/allowed.ts";
import { mayCallHelper } from "../../helpers/capabilities.ts";
import {
  BPF_PROG_TYPE_CGROUP_DEVICE,
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_CGROUP_SOCK,
  BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
  BPF_PROG_TYPE_CGROUP_SOCKOPT,
  BPF_PROG_TYPE_CGROUP_SYSCTL,
  BPF_PROG_TYPE_FLOW_DISSECTOR,
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_LWT_IN,
  BPF_PROG_TYPE_LWT_OUT,
  BPF_PROG_TYPE_LWT_SEG6LOCAL,
  BPF_PROG_TYPE_LWT_XMIT,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE_SCHED_ACT,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SK_LOOKUP,
  BPF_PROG_TYPE_SK_MSG,
  BPF_PROG_TYPE_SK_REUSEPORT,
  BPF_PROG_TYPE_SK_SKB,
  BPF_PROG_TYPE_SOCK_OPS,
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_XDP,
} from "../../uapi.ts";
import type { VerifierEnv } from "../env.ts";
import type { FuncProto } from "../func-proto.ts";
import type { CtxAccess, IsValidAccess } from "./access.ts";
import {
  cgroupDeviceIsValidAccess,
  cgroupSockoptIsValidAccess,
  cgroupSysctlIsValidAccess,
} from "./cgroup.ts";
import {
  cgroupSkbIsValidAccess,
  flowDissectorIsValidAccess,
  lwtIsValidAccess,
  skFilterIsValidAccess,
  skSkbIsValidAccess,
  tcClsActIsValidAccess,
} from "./sk-buff.ts";
import { sockFilterIsValidAccess } from "./sock.ts";
import { sockAddrIsValidAccess } from "./sock-addr.ts";
import {
  skLookupIsValidAccess,
  skMsgIsValidAccess,
  skReuseportIsValidAccess,
  sockOpsIsValidAccess,
} from "./sock-programs.ts";
import {
  kprobeIsValidAccess,
  perfEventIsValidAccess,
  rawTracepointIsValidAccess,
  rawTracepointWritableIsValidAccess,
  tracepointIsValidAccess,
} from "./tracing.ts";
import { xdpIsValidAccess } from "./xdp-md.ts";

export interface CtxOps {
  /** The prototype of a helper that programs of this type may call. */
  helper(id: number, env: VerifierEnv): FuncProto | undefined;
  readonly isValidAccess: IsValidAccess;
}

function makeOps(helpers: ProtoTable, isValidAccess: IsValidAccess): CtxOps {
  return {
    helper: (id, env) => (mayCallHelper(env, id) ? helpers.get(id) : undefined),
    isValidAccess,
  };
}

const SCHED_CLS = makeOps(schedClsHelpers, tcClsActIsValidAccess);
const LWT = makeOps(lwtHelpers, lwtIsValidAccess);

const OPS: Readonly<Record<number, CtxOps>> = {
  [BPF_PROG_TYPE_SOCKET_FILTER]: makeOps(socketFilterHelpers, skFilterIsValidAccess),
  [BPF_PROG_TYPE_KPROBE]: makeOps(tracingHelpers, kprobeIsValidAccess),
  [BPF_PROG_TYPE_SCHED_CLS]: SCHED_CLS,
  [BPF_PROG_TYPE_SCHED_ACT]: SCHED_CLS,
  [BPF_PROG_TYPE_TRACEPOINT]: makeOps(tracingHelpers, tracepointIsValidAccess),
  [BPF_PROG_TYPE_XDP]: makeOps(xdpHelpers, xdpIsValidAccess),
  [BPF_PROG_TYPE_PERF_EVENT]: makeOps(tracingHelpers, perfEventIsValidAccess),
  [BPF_PROG_TYPE_CGROUP_SKB]: makeOps(cgroupSkbHelpers, cgroupSkbIsValidAccess),
  [BPF_PROG_TYPE_CGROUP_SOCK]: makeOps(cgroupSockHelpers, sockFilterIsValidAccess),
  [BPF_PROG_TYPE_SOCK_OPS]: makeOps(sockOpsHelpers, sockOpsIsValidAccess),
  [BPF_PROG_TYPE_CGROUP_DEVICE]: makeOps(cgroupDeviceHelpers, cgroupDeviceIsValidAccess),
  [BPF_PROG_TYPE_SK_MSG]: makeOps(skMsgHelpers, skMsgIsValidAccess),
  [BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: makeOps(cgroupSockAddrHelpers, sockAddrIsValidAccess),
  [BPF_PROG_TYPE_SK_REUSEPORT]: makeOps(skReuseportHelpers, skReuseportIsValidAccess),
  [BPF_PROG_TYPE_CGROUP_SYSCTL]: makeOps(cgroupSysctlHelpers, cgroupSysctlIsValidAccess),
  [BPF_PROG_TYPE_CGROUP_SOCKOPT]: makeOps(cgroupSockoptHelpers, cgroupSockoptIsValidAccess),
  [BPF_PROG_TYPE_SK_LOOKUP]: makeOps(skLookupHelpers, skLookupIsValidAccess),
  [BPF_PROG_TYPE_LWT_IN]: LWT,
  [BPF_PROG_TYPE_LWT_OUT]: LWT,
  [BPF_PROG_TYPE_LWT_XMIT]: makeOps(lwtXmitHelpers, lwtIsValidAccess),
  [BPF_PROG_TYPE_SK_SKB]: makeOps(skSkbHelpers, skSkbIsValidAccess),
  [BPF_PROG_TYPE_RAW_TRACEPOINT]: makeOps(tracingHelpers, rawTracepointIsValidAccess),
  [BPF_PROG_TYPE_LWT_SEG6LOCAL]: LWT,
  [BPF_PROG_TYPE_FLOW_DISSECTOR]: makeOps(flowDissectorHelpers, flowDissectorIsValidAccess),
  [BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE]: makeOps(
    tracingHelpers,
    rawTracepointWritableIsValidAccess,
  ),
};

export function ctxOpsOf(progType: number): CtxOps | undefined {
  return OPS[progType];
}

/** @linux kernel/bpf/verifier.c `check_ctx_access` (6.18) */
export function checkCtxAccess(
  env: VerifierEnv,
  _insnIdx: number,
  off: number,
  size: number,
  access: number,
  isLdsx: boolean,
): CtxAccess | number {
  const allowed = env.ops?.isValidAccess({
    off,
    size,
    access,
    isLdsx,
    expectedAttachType: env.expectedAttachType,
    isBpfCapable: env.bpfCapable,
  });
  if (allowed !== undefined) {
    env.maxCtxOffset = Math.max(env.maxCtxOffset, off + size);
    return allowed;
  }
  env.verbose(`invalid bpf_context access off=${off} size=${size}\n`);
  return -EACCES;
}
