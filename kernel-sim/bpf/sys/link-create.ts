/** BPF_LINK_CREATE and BPF_RAW_TRACEPOINT_OPEN: programs begin to hang somewhere. */
import {
  EAFNOSUPPORT,
  EBADF,
  EFAULT,
  EINVAL,
  ENODEV,
  EOPNOTSUPP,
  EPROTO,
  ERANGE,
} from "../../include/errno.ts";
import { checkProgAttachType } from "../check-attach.ts";
import type { BpfKernel } from "../kernel.ts";
import { iterLinkAttach } from "../link/iter.ts";
import { kprobeMultiLinkAttach, uprobeMultiLinkAttach } from "../link/multi-probe.ts";
import { perfLinkAttach } from "../link/perf-event.ts";
import { rawTpLinkAttach } from "../link/raw-tracepoint.ts";
import { sockMapLinkCreate } from "../link/sock-map.ts";
import { structOpsLinkCreate } from "../link/struct-ops.ts";
import { NO_OTHER_TARGET, tracingProgAttach } from "../link/tracing-link.ts";
import type { LoadedProgram } from "../program.ts";
import { LOOPBACK_IFINDEX } from "../test-run-request.ts";
import * as uapi from "../uapi.ts";
import type { BpfAttr } from "./attr.ts";
import type { BpfCaller } from "./caller.ts";
import { mapOfFd, progOfFd } from "./prog-of-fd.ts";
import { readText } from "./user-text.ts";

const PROG_FD = 0;
const TARGET_FD = 4;
const ATTACH_TYPE = 8;
const FLAGS = 12;

/** A kind of link: what its attributes have to be, and how it comes about. */
type LinkAttach = (
  kernel: BpfKernel,
  caller: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram,
) => number;

/** By type of program. @linux kernel/bpf/syscall.c `link_create` (6.18) */
const BY_PROG_TYPE: Readonly<Record<number, LinkAttach>> = {
  [uapi.BPF_PROG_TYPE_CGROUP_SKB]: cgroupLinkAttach,
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK]: cgroupLinkAttach,
  [uapi.BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: cgroupLinkAttach,
  [uapi.BPF_PROG_TYPE_SOCK_OPS]: cgroupLinkAttach,
  [uapi.BPF_PROG_TYPE_CGROUP_DEVICE]: cgroupLinkAttach,
  [uapi.BPF_PROG_TYPE_CGROUP_SYSCTL]: cgroupLinkAttach,
  [uapi.BPF_PROG_TYPE_CGROUP_SOCKOPT]: cgroupLinkAttach,
  [uapi.BPF_PROG_TYPE_FLOW_DISSECTOR]: netnsLinkCreate,
  [uapi.BPF_PROG_TYPE_SK_LOOKUP]: netnsLinkCreate,
  [uapi.BPF_PROG_TYPE_SK_MSG]: socketMapLink,
  [uapi.BPF_PROG_TYPE_SK_SKB]: socketMapLink,
  [uapi.BPF_PROG_TYPE_XDP]: xdpLinkAttach,
  [uapi.BPF_PROG_TYPE_SCHED_CLS]: tcxLinkAttach,
  [uapi.BPF_PROG_TYPE_NETFILTER]: netfilterLinkAttach,
  [uapi.BPF_PROG_TYPE_PERF_EVENT]: perfLink,
  [uapi.BPF_PROG_TYPE_TRACEPOINT]: perfLink,
  [uapi.BPF_PROG_TYPE_KPROBE]: probeLink,
  [uapi.BPF_PROG_TYPE_EXT]: tracingLink,
  [uapi.BPF_PROG_TYPE_LSM]: ownTypeLink,
  [uapi.BPF_PROG_TYPE_TRACING]: ownTypeLink,
};

/**
 * @linux kernel/bpf/syscall.c `link_create` (6.18)
 * @simplified what a link would hang on is looked for as in Linux, so that cgroups, which there are not, are EBADF,
 * and unknown devices are ENODEV. With namespaces, lo and netfilter, where programs would have to run on packets,
 * all is checked, and answered by EOPNOTSUPP.
 */
export function linkCreate(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const attachType = attr.u32(ATTACH_TYPE);
  if (attachType === uapi.BPF_STRUCT_OPS) {
    const map = mapOfFd(caller.files, attr.s32(PROG_FD));
    return typeof map === "number" ? map : structOpsLinkCreate(kernel, map, attachType);
  }
  const prog = progOfFd(caller.files, attr.s32(PROG_FD));
  if (typeof prog === "number") return prog;
  const err = checkProgAttachType(kernel, prog, attachType);
  return err !== 0 ? err : (BY_PROG_TYPE[prog.type]?.(kernel, caller, attr, prog) ?? -EINVAL);
}

/** BPF_F_BEFORE, BPF_F_AFTER, BPF_F_ID, BPF_F_PREORDER, BPF_F_LINK */
const CGROUP_FLAGS = 8 | 16 | 32 | 64 | (1 << 13);

/** @linux kernel/bpf/cgroup.c `cgroup_bpf_link_attach` (6.18) */
function cgroupLinkAttach(_kernel: BpfKernel, _caller: BpfCaller, attr: BpfAttr): number {
  return (attr.u32(FLAGS) & ~CGROUP_FLAGS) !== 0 ? -EINVAL : -EBADF;
}

/** @linux kernel/bpf/net_namespace.c `netns_bpf_link_create` (6.18) */
function netnsLinkCreate(
  _kernel: BpfKernel,
  { files, surroundings }: BpfCaller,
  attr: BpfAttr,
): number {
  if (attr.u32(FLAGS) !== 0) return -EINVAL;
  const fd = attr.s32(TARGET_FD);
  if (!files.has(fd)) return -EBADF;
  return surroundings.isNetNs(fd) ? -EOPNOTSUPP : -EINVAL;
}

function socketMapLink(
  kernel: BpfKernel,
  { files }: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram,
): number {
  if (attr.u32(FLAGS) !== 0) return -EINVAL;
  const map = mapOfFd(files, attr.s32(TARGET_FD));
  return typeof map === "number"
    ? map
    : sockMapLinkCreate(kernel, map, prog, attr.u32(ATTACH_TYPE));
}

/** XDP_FLAGS_SKB_MODE, XDP_FLAGS_DRV_MODE, XDP_FLAGS_HW_MODE @linux include/uapi/linux/if_link.h (6.18) */
const XDP_MODES: readonly number[] = [2, 4, 8];

/** @linux net/core/dev.c `bpf_xdp_link_attach`, `dev_xdp_attach` (6.18) */
function xdpLinkAttach(
  _kernel: BpfKernel,
  _caller: BpfCaller,
  attr: BpfAttr,
  { expectedAttachType }: LoadedProgram,
): number {
  if (attr.u32(TARGET_FD) !== LOOPBACK_IFINDEX) return -EINVAL;
  const flags = attr.u32(FLAGS);
  const isFlagsOk = flags === 0 || XDP_MODES.includes(flags);
  const isForMap =
    expectedAttachType === uapi.BPF_XDP_DEVMAP || expectedAttachType === uapi.BPF_XDP_CPUMAP;
  return isFlagsOk && !isForMap ? -EOPNOTSUPP : -EINVAL;
}

/** @linux kernel/bpf/tcx.c `tcx_link_attach` (6.18) */
function tcxLinkAttach(_kernel: BpfKernel, _caller: BpfCaller, attr: BpfAttr): number {
  const attachType = attr.u32(ATTACH_TYPE);
  const isTcx = attachType === uapi.BPF_TCX_INGRESS || attachType === uapi.BPF_TCX_EGRESS;
  // The machine is built without netkit.
  if (!isTcx) return -EINVAL;
  return attr.u32(TARGET_FD) === LOOPBACK_IFINDEX ? -EOPNOTSUPP : -ENODEV;
}

const NFPROTO_IPV4 = 2;
const NFPROTO_IPV6 = 10;
const NF_INET_NUMHOOKS = 5;
const BPF_F_NETFILTER_IP_DEFRAG = 1;
const NF_IP_PRI_CONNTRACK_DEFRAG = -400;
const S32_MAX = 0x7fff_ffff;

/** @linux net/netfilter/nf_bpf_link.c `bpf_nf_link_attach`, `bpf_nf_check_pf_and_hooks` (6.18) */
function netfilterLinkAttach(_kernel: BpfKernel, _caller: BpfCaller, attr: BpfAttr): number {
  if (attr.u32(FLAGS) !== 0) return -EINVAL;
  const family = attr.u32(16);
  if (family !== NFPROTO_IPV4 && family !== NFPROTO_IPV6) return -EAFNOSUPPORT;
  if (attr.u32(20) >= NF_INET_NUMHOOKS) return -EPROTO;
  const flags = attr.u32(28);
  if ((flags & ~BPF_F_NETFILTER_IP_DEFRAG) !== 0) return -EOPNOTSUPP;
  const priority = attr.s32(24);
  // First and last are taken.
  if (priority === -S32_MAX - 1 || priority === S32_MAX) return -ERANGE;
  const isDefrag = flags === BPF_F_NETFILTER_IP_DEFRAG;
  return isDefrag && priority <= NF_IP_PRI_CONNTRACK_DEFRAG ? -ERANGE : -EOPNOTSUPP;
}

/** @linux kernel/bpf/syscall.c `bpf_perf_link_attach` (6.18) */
function perfLink(
  kernel: BpfKernel,
  { files }: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram,
): number {
  if (attr.u32(FLAGS) !== 0) return -EINVAL;
  const event = files.perfEvent?.(attr.s32(TARGET_FD));
  return event === undefined ? -EBADF : perfLinkAttach(kernel, prog, event, attr.wide(16));
}

function probeLink(
  kernel: BpfKernel,
  caller: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram,
): number {
  switch (attr.u32(ATTACH_TYPE)) {
    case uapi.BPF_PERF_EVENT:
      return perfLink(kernel, caller, attr, prog);
    case uapi.BPF_TRACE_KPROBE_MULTI:
    case uapi.BPF_TRACE_KPROBE_SESSION:
      return kprobeMultiLinkAttach(kernel, caller, attr, prog);
    default:
      return uprobeMultiLinkAttach(caller, attr, prog);
  }
}

function tracingLink(
  kernel: BpfKernel,
  { files }: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram,
): number {
  const progFd = attr.s32(TARGET_FD);
  const target = { progFd, btfId: attr.u32(16), prog: () => progOfFd(files, progFd) };
  return tracingProgAttach(kernel, prog, target, attr.wide(24));
}

/** Programs that are attached to what they were loaded for. */
function ownTypeLink(
  kernel: BpfKernel,
  caller: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram,
): number {
  if (attr.u32(ATTACH_TYPE) !== prog.expectedAttachType) return -EINVAL;
  switch (prog.expectedAttachType) {
    case uapi.BPF_TRACE_RAW_TP:
      return rawTpLinkAttach(kernel, prog, prog.target.funcName, attr.wide(24));
    case uapi.BPF_TRACE_ITER:
      return iterLinkAttach(kernel, caller, attr, prog);
    case uapi.BPF_LSM_CGROUP:
      return cgroupLinkAttach(kernel, caller, attr);
    default:
      return tracingLink(kernel, caller, attr, prog);
  }
}

const NAME_BYTES = 128;

/** @linux kernel/bpf/syscall.c `bpf_raw_tracepoint_open`, `bpf_raw_tp_link_attach` (6.18) */
export function rawTracepointOpen(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const prog = progOfFd(caller.files, attr.s32(8));
  if (typeof prog === "number") return prog;
  const cookie = attr.wide(16);
  switch (prog.type) {
    case uapi.BPF_PROG_TYPE_TRACING:
    case uapi.BPF_PROG_TYPE_EXT:
    case uapi.BPF_PROG_TYPE_LSM:
      // They were loaded for what they hang on.
      if (attr.u64(0) !== 0) return -EINVAL;
      return prog.expectedAttachType === uapi.BPF_TRACE_RAW_TP &&
        prog.type === uapi.BPF_PROG_TYPE_TRACING
        ? rawTpLinkAttach(kernel, prog, prog.target.funcName, cookie)
        : tracingProgAttach(kernel, prog, NO_OTHER_TARGET, 0n);
    case uapi.BPF_PROG_TYPE_RAW_TRACEPOINT:
    case uapi.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: {
      const name = readText(caller.memory, attr.u64(0), NAME_BYTES - 1);
      return name === undefined ? -EFAULT : rawTpLinkAttach(kernel, prog, name, cookie);
    }
    default:
      return -EINVAL;
  }
}
