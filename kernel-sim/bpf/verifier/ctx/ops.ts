/**
 * What programs of a type may do: which helpers they may call, and what of their context they may
 * read and write.
 *
 * @linux include/linux/bpf.h `struct bpf_verifier_ops`, include/linux/bpf_types.h (6.18)
 */
import { EACCES } from "../../../include/errno.ts";
import * as allowed from "../../helpers/allowed.ts";
import * as uapi from "../../uapi.ts";
import type { VerifierEnv } from "../env.ts";
import type { FuncProto } from "../func-proto.ts";
import type { CtxAccess, IsValidAccess } from "./access.ts";
import { btfCtxAccess, tracingIsValidAccess } from "./btf-ctx.ts";
import {
  cgroupDeviceIsValidAccess,
  cgroupSockoptIsValidAccess,
  cgroupSysctlIsValidAccess,
} from "./cgroup.ts";
import { netfilterIsValidAccess } from "./netfilter.ts";
import { writeNfConn } from "./nf-conn.ts";
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
  syscallIsValidAccess,
  tracepointIsValidAccess,
} from "./tracing.ts";
import { xdpIsValidAccess } from "./xdp-md.ts";

export interface CtxOps {
  /** The prototype of a helper that programs of this type may call. */
  helper(id: number, env: VerifierEnv): FuncProto | undefined;
  readonly isValidAccess: IsValidAccess;
  /** Whether an object of the kernel may be written to, 0 or a negative errno; absent: none may. */
  readonly writeObject?: (
    env: VerifierEnv,
    struct: string,
    off: number,
    size: number,
  ) => 0 | number;
}

function makeOps(helpers: allowed.AllowedHelpers, isValidAccess: IsValidAccess): CtxOps {
  return {
    helper: (id, env) => (allowed.isHelperOpenTo(id, env) ? helpers(env).get(id) : undefined),
    isValidAccess,
  };
}

const SCHED_CLS: CtxOps = {
  ...makeOps(allowed.schedClsHelpers, tcClsActIsValidAccess),
  writeObject: writeNfConn,
};

const OPS: Readonly<Record<number, CtxOps>> = {
  [uapi.BPF_PROG_TYPE_SOCKET_FILTER]: makeOps(allowed.socketFilterHelpers, skFilterIsValidAccess),
  [uapi.BPF_PROG_TYPE_KPROBE]: makeOps(allowed.kprobeHelpers, kprobeIsValidAccess),
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: SCHED_CLS,
  [uapi.BPF_PROG_TYPE_SCHED_ACT]: SCHED_CLS,
  [uapi.BPF_PROG_TYPE_TRACEPOINT]: makeOps(allowed.tracepointHelpers, tracepointIsValidAccess),
  [uapi.BPF_PROG_TYPE_XDP]: {
    ...makeOps(allowed.xdpHelpers, xdpIsValidAccess),
    writeObject: writeNfConn,
  },
  [uapi.BPF_PROG_TYPE_PERF_EVENT]: makeOps(allowed.perfEventHelpers, perfEventIsValidAccess),
  [uapi.BPF_PROG_TYPE_CGROUP_SKB]: makeOps(allowed.cgroupSkbHelpers, cgroupSkbIsValidAccess),
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK]: makeOps(allowed.cgroupSockHelpers, sockFilterIsValidAccess),
  [uapi.BPF_PROG_TYPE_SOCK_OPS]: makeOps(allowed.sockOpsHelpers, sockOpsIsValidAccess),
  [uapi.BPF_PROG_TYPE_CGROUP_DEVICE]: makeOps(
    allowed.cgroupDeviceHelpers,
    cgroupDeviceIsValidAccess,
  ),
  [uapi.BPF_PROG_TYPE_SK_MSG]: makeOps(allowed.skMsgHelpers, skMsgIsValidAccess),
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: makeOps(
    allowed.cgroupSockAddrHelpers,
    sockAddrIsValidAccess,
  ),
  [uapi.BPF_PROG_TYPE_SK_REUSEPORT]: makeOps(allowed.skReuseportHelpers, skReuseportIsValidAccess),
  [uapi.BPF_PROG_TYPE_CGROUP_SYSCTL]: makeOps(
    allowed.cgroupSysctlHelpers,
    cgroupSysctlIsValidAccess,
  ),
  [uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT]: makeOps(
    allowed.cgroupSockoptHelpers,
    cgroupSockoptIsValidAccess,
  ),
  [uapi.BPF_PROG_TYPE_SK_LOOKUP]: makeOps(allowed.skLookupHelpers, skLookupIsValidAccess),
  [uapi.BPF_PROG_TYPE_LWT_IN]: makeOps(allowed.lwtInHelpers, lwtIsValidAccess),
  [uapi.BPF_PROG_TYPE_LWT_OUT]: makeOps(allowed.lwtOutHelpers, lwtIsValidAccess),
  [uapi.BPF_PROG_TYPE_LWT_XMIT]: makeOps(allowed.lwtXmitHelpers, lwtIsValidAccess),
  [uapi.BPF_PROG_TYPE_SK_SKB]: makeOps(allowed.skSkbHelpers, skSkbIsValidAccess),
  [uapi.BPF_PROG_TYPE_RAW_TRACEPOINT]: makeOps(
    allowed.tracepointHelpers,
    rawTracepointIsValidAccess,
  ),
  [uapi.BPF_PROG_TYPE_LWT_SEG6LOCAL]: makeOps(allowed.lwtSeg6localHelpers, lwtIsValidAccess),
  [uapi.BPF_PROG_TYPE_FLOW_DISSECTOR]: makeOps(
    allowed.flowDissectorHelpers,
    flowDissectorIsValidAccess,
  ),
  [uapi.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE]: makeOps(
    allowed.tracepointHelpers,
    rawTracepointWritableIsValidAccess,
  ),
  [uapi.BPF_PROG_TYPE_TRACING]: makeOps(allowed.tracingHelpers, tracingIsValidAccess),
  [uapi.BPF_PROG_TYPE_LSM]: makeOps(allowed.lsmHelpers, btfCtxAccess),
  [uapi.BPF_PROG_TYPE_SYSCALL]: makeOps(allowed.syscallHelpers, syscallIsValidAccess),
  [uapi.BPF_PROG_TYPE_NETFILTER]: makeOps(allowed.baseHelpers, netfilterIsValidAccess),
};

export function ctxOpsOf(progType: number): CtxOps | undefined {
  return OPS[progType];
}

/** The program had a reference to what it would get, and has given it back. */
function isReleased({ curState }: VerifierEnv, { refObjId = 0 }: CtxAccess): boolean {
  return refObjId !== 0 && !curState.refs.some(({ id }) => id === refObjId);
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
  const { expectedAttachType, bpfCapable: isBpfCapable } = env;
  const request = { off, size, access, isLdsx, expectedAttachType, isBpfCapable };
  const allowed = env.ops?.isValidAccess(request, env);
  if (allowed !== undefined) {
    if (isReleased(env, allowed)) {
      env.verbose(`invalid bpf_context access off=${off}. Reference may already be released\n`);
      return -EACCES;
    }
    env.maxCtxOffset = Math.max(env.maxCtxOffset, off + size);
    return allowed;
  }
  env.verbose(`invalid bpf_context access off=${off} size=${size}\n`);
  return -EACCES;
}
