/** Contexts of programs that decide for a control group. */
import { BPF_CGROUP_GETSOCKOPT } from "../../uapi.ts";
import { PTR_TO_PACKET, PTR_TO_PACKET_END, PTR_TO_SOCKET } from "../reg-type.ts";
import { type CtxAccess, type CtxRequest, ctxPointer } from "./access.ts";
import { accessIn, type Fields, NARROW_U32, pointerField, WHOLE_U32 } from "./fields.ts";

const DEVICE: readonly Fields[] = [
  // access_type
  { start: 0, bytes: 4, loads: NARROW_U32 },
  // major, minor
  { start: 4, bytes: 8, loads: WHOLE_U32 },
];

/** `struct bpf_cgroup_dev_ctx`. @linux kernel/bpf/cgroup.c `cgroup_dev_is_valid_access` (6.18) */
export function cgroupDeviceIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return accessIn(DEVICE, request);
}

const SYSCTL: readonly Fields[] = [
  // write
  { start: 0, bytes: 4, loads: NARROW_U32 },
  // file_pos
  { start: 4, bytes: 4, loads: NARROW_U32, stores: WHOLE_U32 },
];

/** `struct bpf_sysctl`. @linux kernel/bpf/cgroup.c `sysctl_is_valid_access` (6.18) */
export function cgroupSysctlIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  return accessIn(SYSCTL, request);
}

const CHANGEABLE = { bytes: 4, loads: WHOLE_U32, stores: WHOLE_U32 };
const SOCKOPT: readonly Fields[] = [
  pointerField(0, ctxPointer(PTR_TO_SOCKET)),
  pointerField(8, ctxPointer(PTR_TO_PACKET)),
  pointerField(16, ctxPointer(PTR_TO_PACKET_END)),
  // optlen
  { start: 32, ...CHANGEABLE },
];
const GETSOCKOPT: readonly Fields[] = [
  ...SOCKOPT,
  // level, optname
  { start: 24, bytes: 8, loads: WHOLE_U32 },
  // retval
  { start: 36, ...CHANGEABLE },
];
const SETSOCKOPT: readonly Fields[] = [
  ...SOCKOPT,
  { start: 24, bytes: 8, loads: WHOLE_U32, stores: WHOLE_U32 },
];

/** `struct bpf_sockopt`. @linux kernel/bpf/cgroup.c `cg_sockopt_is_valid_access` (6.18) */
export function cgroupSockoptIsValidAccess(request: CtxRequest): CtxAccess | undefined {
  const isGet = request.expectedAttachType === BPF_CGROUP_GETSOCKOPT;
  return accessIn(isGet ? GETSOCKOPT : SETSOCKOPT, request);
}
