/** Programs that are attached without a link. */
import { EBADF, EFAULT, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import { attachTypeToProgType, checkProgAttachType, isCgroupProgType } from "../check-attach.ts";
import type { BpfKernel } from "../kernel.ts";
import { sockMapProgOf, sockMapProgUpdate } from "../link/sock-map.ts";
import { SockMap } from "../maps/sock-map.ts";
import type { LoadedProgram } from "../program.ts";
import { LOOPBACK_IFINDEX } from "../test-run-request.ts";
import * as uapi from "../uapi.ts";
import type { BpfAttr } from "./attr.ts";
import type { BpfCaller } from "./caller.ts";
import { mapOfFd, progOfFd } from "./prog-of-fd.ts";

const TARGET_FD = 0;
const ATTACH_BPF_FD = 4;
const ATTACH_TYPE = 8;
const ATTACH_FLAGS = 12;
const REPLACE_BPF_FD = 16;
const RELATIVE_FD = 20;
const EXPECTED_REVISION = 24;

const BPF_F_REPLACE = 1 << 2;
/** BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI, BPF_F_REPLACE, BPF_F_PREORDER */
const ATTACH_MASK_BASE = 1 | 2 | BPF_F_REPLACE | 64;
/** BPF_F_REPLACE, BPF_F_BEFORE, BPF_F_AFTER, BPF_F_ID, BPF_F_LINK */
const ATTACH_MASK_MPROG = BPF_F_REPLACE | 8 | 16 | 32 | (1 << 13);
const BPF_F_QUERY_EFFECTIVE = 1;

/**
 * @linux kernel/bpf/syscall.c `bpf_prog_attach` (6.18)
 * @simplified there are no cgroups, so no descriptor is one. Programs for tcx and flow dissectors pass all checks and
 * get EOPNOTSUPP then. The machine is built without netkit and infrared receivers.
 */
export function progAttach(kernel: BpfKernel, { files }: BpfCaller, attr: BpfAttr): number {
  const attachType = attr.u32(ATTACH_TYPE);
  const type = attachTypeToProgType(attachType);
  if (type === uapi.BPF_PROG_TYPE_UNSPEC) return -EINVAL;
  const isForCgroup = isCgroupProgType(type) || type === uapi.BPF_PROG_TYPE_LSM;
  const flags = attr.u32(ATTACH_FLAGS);
  if ((flags & ~attachMask(type, isForCgroup)) !== 0) return -EINVAL;
  if (!isForCgroup && !hasSeveral(type) && isRelative(attr)) return -EINVAL;
  const prog = progOfFd(files, attr.s32(ATTACH_BPF_FD), type);
  if (typeof prog === "number") return prog;
  if (checkProgAttachType(kernel, prog, attachType) !== 0) return -EINVAL;
  if (isForCgroup) {
    const isLsmOfCgroup = prog.expectedAttachType === uapi.BPF_LSM_CGROUP;
    return isCgroupProgType(type) || isLsmOfCgroup ? -EBADF : -EINVAL;
  }
  switch (type) {
    case uapi.BPF_PROG_TYPE_SK_SKB:
    case uapi.BPF_PROG_TYPE_SK_MSG:
      return sockMapAttach(kernel, files, attr, prog);
    case uapi.BPF_PROG_TYPE_FLOW_DISSECTOR:
      return attr.u32(TARGET_FD) !== 0 || flags !== 0 || attr.u32(REPLACE_BPF_FD) !== 0
        ? -EINVAL
        : -EOPNOTSUPP;
    case uapi.BPF_PROG_TYPE_SCHED_CLS: {
      if (!isTcx(attachType)) return -EINVAL;
      if (attr.u32(TARGET_FD) !== LOOPBACK_IFINDEX) return -ENODEV;
      const replaced =
        (flags & BPF_F_REPLACE) === 0 ? prog : progOfFd(files, attr.s32(REPLACE_BPF_FD), type);
      return typeof replaced === "number" ? replaced : -EOPNOTSUPP;
    }
    default:
      return -EINVAL;
  }
}

/** Whether programs of a type have an order where they hang. @linux include/linux/bpf_mprog.h `bpf_mprog_supported` (6.18) */
function hasSeveral(type: number): boolean {
  return type === uapi.BPF_PROG_TYPE_SCHED_CLS;
}

function attachMask(type: number, isForCgroup: boolean): number {
  if (hasSeveral(type)) return ATTACH_MASK_MPROG;
  return isForCgroup ? ATTACH_MASK_BASE | ATTACH_MASK_MPROG : ATTACH_MASK_BASE;
}

function isRelative(attr: BpfAttr): boolean {
  return attr.u32(RELATIVE_FD) !== 0 || attr.u64(EXPECTED_REVISION) !== 0;
}

function isTcx(attachType: number): boolean {
  return attachType === uapi.BPF_TCX_INGRESS || attachType === uapi.BPF_TCX_EGRESS;
}

/** @linux net/core/sock_map.c `sock_map_get_from_fd` (6.18) */
function sockMapAttach(
  kernel: BpfKernel,
  files: BpfCaller["files"],
  attr: BpfAttr,
  prog: LoadedProgram,
): number {
  if (attr.u32(ATTACH_FLAGS) !== 0 || attr.u32(REPLACE_BPF_FD) !== 0) return -EINVAL;
  const map = mapOfFd(files, attr.s32(TARGET_FD));
  if (typeof map === "number") return map;
  return sockMapProgUpdate(kernel, map, attr.u32(ATTACH_TYPE), { prog });
}

/** @linux kernel/bpf/syscall.c `bpf_prog_detach` (6.18) */
export function progDetach(kernel: BpfKernel, { files }: BpfCaller, attr: BpfAttr): number {
  const attachType = attr.u32(ATTACH_TYPE);
  const type = attachTypeToProgType(attachType);
  const isForCgroup = isCgroupProgType(type) || type === uapi.BPF_PROG_TYPE_LSM;
  const flags = attr.u32(ATTACH_FLAGS);
  const progFd = attr.s32(ATTACH_BPF_FD);
  if (hasSeveral(type)) {
    if ((flags & ~ATTACH_MASK_MPROG) !== 0) return -EINVAL;
    const prog = progFd === 0 ? 0 : progOfFd(files, progFd, type);
    if (typeof prog === "number" && prog !== 0) return prog;
    if (!isTcx(attachType)) return -EINVAL;
    return attr.u32(TARGET_FD) === LOOPBACK_IFINDEX ? -ENOENT : -ENODEV;
  }
  if (flags !== 0 || attr.u32(RELATIVE_FD) !== 0) return -EINVAL;
  if (isForCgroup) return -EBADF;
  if (attr.u64(EXPECTED_REVISION) !== 0) return -EINVAL;
  switch (type) {
    case uapi.BPF_PROG_TYPE_SK_MSG:
    case uapi.BPF_PROG_TYPE_SK_SKB: {
      if (attr.u32(REPLACE_BPF_FD) !== 0) return -EINVAL;
      const map = mapOfFd(files, attr.s32(TARGET_FD));
      if (typeof map === "number") return map;
      const prog = progOfFd(files, progFd, type);
      if (typeof prog === "number") return prog;
      return sockMapProgUpdate(kernel, map, attachType, { old: prog });
    }
    case uapi.BPF_PROG_TYPE_FLOW_DISSECTOR: {
      if (attr.u32(TARGET_FD) !== 0) return -EINVAL;
      const prog = progOfFd(files, progFd, type);
      return typeof prog === "number" ? prog : -ENOENT;
    }
    default:
      return -EINVAL;
  }
}

const QUERY_TYPE = 4;
const QUERY_FLAGS = 8;
const QUERY_ATTACH_FLAGS = 12;
const QUERY_PROG_IDS = 16;
const QUERY_PROG_CNT = 24;
const QUERY_REVISION = 56;
const QUERY_END = 64;

/** @linux kernel/bpf/syscall.c `bpf_prog_query` (6.18) */
export function progQuery(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  if (!kernel.capable("netAdmin")) return -EPERM;
  if (!attr.isZeroFrom(QUERY_END)) return -EINVAL;
  const flags = attr.u32(QUERY_FLAGS);
  if ((flags & ~BPF_F_QUERY_EFFECTIVE) !== 0) return -EINVAL;
  const attachType = attr.u32(QUERY_TYPE);
  const type = attachTypeToProgType(attachType);
  if (isCgroupProgType(type) || attachType === uapi.BPF_LSM_CGROUP) return -EBADF;
  const { files } = caller;
  const target = attr.s32(TARGET_FD);
  switch (type) {
    case uapi.BPF_PROG_TYPE_FLOW_DISSECTOR:
    case uapi.BPF_PROG_TYPE_SK_LOOKUP:
      if (flags !== 0) return -EINVAL;
      if (!files.has(target)) return -EBADF;
      return caller.surroundings.isNetNs(target) ? putFound(caller, attr, undefined) : -EINVAL;
    case uapi.BPF_PROG_TYPE_SK_SKB:
    case uapi.BPF_PROG_TYPE_SK_MSG: {
      if (flags !== 0) return -EINVAL;
      const map = mapOfFd(files, target);
      if (typeof map === "number") return map;
      const found = map instanceof SockMap ? sockMapProgOf(map, attachType) : -EOPNOTSUPP;
      const isRefused = typeof found === "number";
      const written = putFound(caller, attr, isRefused ? undefined : found);
      return written !== 0 || !isRefused ? written : found;
    }
    case uapi.BPF_PROG_TYPE_SCHED_CLS:
      if (!isTcx(attachType)) return -EINVAL;
      if (target !== LOOPBACK_IFINDEX) return -ENODEV;
      return queryTcx(caller, attr, flags);
    default:
      return -EINVAL;
  }
}

/** Who hangs there: at most one. */
function putFound(
  { memory }: BpfCaller,
  attr: BpfAttr,
  prog: LoadedProgram | undefined,
): 0 | number {
  const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
  const ids = attr.u64(QUERY_PROG_IDS);
  const isWritten =
    memory.write(attr.address + QUERY_ATTACH_FLAGS, word(0)) &&
    memory.write(attr.address + QUERY_PROG_CNT, word(prog === undefined ? 0 : 1)) &&
    (prog === undefined ||
      ids === 0 ||
      attr.u32(QUERY_PROG_CNT) === 0 ||
      memory.write(ids, word(prog.id)));
  return isWritten ? 0 : -EFAULT;
}

/** A device on which nothing hangs. @linux kernel/bpf/mprog.c `bpf_mprog_query` (6.18) */
function queryTcx({ memory }: BpfCaller, attr: BpfAttr, flags: number): number {
  if (flags !== 0 || attr.u32(QUERY_ATTACH_FLAGS) !== 0) return -EINVAL;
  const revision = new Uint8Array(8);
  revision[0] = 1;
  const isWritten =
    memory.write(attr.address + QUERY_ATTACH_FLAGS, new Uint8Array(4)) &&
    memory.write(attr.address + QUERY_REVISION, revision) &&
    memory.write(attr.address + QUERY_PROG_CNT, new Uint8Array(4));
  return isWritten ? 0 : -EFAULT;
}
