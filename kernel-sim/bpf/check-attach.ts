import { EINVAL } from "../include/errno.ts";
import * as uapi from "./uapi.ts";

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
